# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""
The parts of a server, each held against the plan by the same code that puts it into force, which changes nothing in check mode.

Whatever one of them refuses becomes data, so that all are asked.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import (
    choose,
    detect,
    kinds,
    lockout,
    make,
    managers,
    removal,
    state,
    transaction,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Wish, former
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files, record, root, systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.platform import Platform
from ansible_collections.proftpd.fxp.plugins.module_utils._look import passive
from ansible_collections.proftpd.fxp.plugins.module_utils._look.refusal import Refusal
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import accounts
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import files as certificate
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.certificate import pair
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import removal as withdrawal
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import served, swap, uncork

# What any of the parts may say instead of doing it.
PROBLEMS = (HostError, OSError)
GREETING_TIMEOUT = 10  # seconds
CHECKER = "what ProFTPD's own checker (proftpd -t) says of the configuration"
RULES = "whether the rules can be loaded, and what other rules deny"


@dataclasses.dataclass(frozen=True)
class Part:
    """
    What was found of one part.

    ``in_place`` tells that there is nothing to do. ``not_asked`` has what nobody could tell yet, each the end of a sentence.
    """

    in_place: bool = False
    about: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    not_asked: tuple[str, ...] = ()


def refused(code: str, variable: str | None, problem: Exception) -> Part:
    """A part that cannot be done, in the words of who was to do it."""
    return Part(refusals=(Refusal(code, variable, None, root.told(problem)),))


def rules(row: Platform, wish: Wish, connection: str, ssh: t.Iterable[int], backend: str = choose.AUTO) -> Part:
    """
    The firewall rules.

    ``connection`` is SSH_CONNECTION, ``ssh`` the ports that administrators come in by besides, ``backend`` what
    fxp_firewall_backend says.
    """
    commands = detect.Commands()
    try:
        host = state.Host(choose.choose(commands, backend))
    except PROBLEMS as exc:
        return refused("firewall_manager", "fxp_firewall_backend", exc)
    about: dict[str, t.Any] = {"manager": host.backend.name, "package": host.backend.package}
    try:
        lockout.refuse_lockout(wish.ports, connection, ssh)
    except PROBLEMS as exc:
        return dataclasses.replace(refused("ssh_port", None, exc), about=about)
    if not host.backend.is_installed():
        return Part(about=about, not_asked=(RULES,))
    try:
        has = served.served(row)
        left = former(wish.ports, has.control, has.passive, lockout.ways_in(connection, ssh))
        about["former_ports"] = [{"first": first, "last": last} for first, last in left.spans]
        texts = make.texts(host, wish._replace(former=left), commands)
        found = transaction.Transaction(host, systemd.Systemd(), texts).apply(0, check_mode=True)
    except PROBLEMS as exc:
        return dataclasses.replace(refused("firewall_rules", None, exc), about=about)
    told = tuple(f"The firewall is not as it was left: {sentence}. The playbook site mends that." for sentence in found.drift)
    return Part(not found.changed, {**about, "drift": list(found.drift)}, warnings=(*found.warnings, *told))


def no_rules() -> Part:
    """The firewall is not ours to open: nothing of ours is to be left there."""
    return Part(not removal.is_found(state.Host(managers.in_use())))


def gone(row: Platform) -> dict[str, Part]:
    """The parts of a server that is to go: in place is what nothing of ours is left of."""
    target = swap.Target(row.configuration, row.unit, 0, GREETING_TIMEOUT, platform=row)
    place = certificate.Place(row.certificate, row.trust)
    found: dict[str, t.Callable[[], bool]] = {
        "configuration": lambda: withdrawal.remove(target, check_mode=True).changed or record.plan_digest() is not None,
        "accounts": lambda: accounts.remove(row.password_file, check_mode=True),
        "certificate": lambda: certificate.remove(place, check_mode=True),
        "rules": lambda: removal.is_found(state.Host(managers.in_use())),
    }
    parts = {}
    for name, is_found in found.items():
        try:
            parts[name] = Part(not is_found())
        except PROBLEMS as exc:
            parts[name] = refused(name, None, exc)
    return parts


def files_of(row: Platform) -> list[str]:
    """What tells whether somebody has changed one of the parts."""
    rules = managers.texts("", kinds.KINDS["server"])
    return [row.configuration, row.password_file, row.certificate, row.trust, *rules]


def password_file(row: Platform, rows: t.Sequence[t.Mapping[str, t.Any]]) -> Part:
    """The accounts and their homes. Nothing of a password is told."""
    owner = accounts.owner(row.owner)
    try:
        changed, made = accounts.apply(row.password_file, accounts.of(rows, owner or (0, 0)), check_mode=True)
    except PROBLEMS as exc:
        return refused("accounts", "fxp_users", exc)
    return Part(not changed and owner is not None, {"homes_to_make": made})


def certified(row: Platform, wish: t.Mapping[str, t.Any]) -> Part:
    """Key, certificate and authorities."""
    place = certificate.Place(row.certificate, row.trust)
    brought = wish["private_key"] is not None
    wanted = pair.Wanted(tuple(wish["addresses"]), wish["name"], wish["trust"], not brought, wish["renew_before"])
    try:
        found = certificate.apply(place, wanted, wish["certificate"], wish["private_key"], check_mode=True)
    except PROBLEMS as exc:
        return refused("certificate", "fxp_tls_certificate" if brought else "fxp_tls_ca_cert", exc)
    about = {
        "trusted": list(found.trusted),
        "reason": found.reason,
        "expires": None if found.ends is None else pair.day(found.ends),
    }
    return Part(found.in_place, about, warnings=found.warnings)


@dataclasses.dataclass(frozen=True)
class Configuration:
    """
    The text, the port that it says, whether work of others may go for it, and the digest of the plan that it comes from.

    ``secrets`` are what its placeholders stand for, ``packages`` what it needs beside ProFTPD.
    ``accept_open_passive``: whether it is meant for a release that lets anybody take passive data connections, too. ``uncork``:
    whether the service is to start with nothing corked.
    """

    text: str
    control_port: int
    take_over: bool
    plan_digest: str | None
    accept_open_passive: bool = False
    uncork: bool = False
    secrets: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


def configuration(row: Platform, wish: Configuration, port_is_free: bool, is_certified: bool = True) -> Part:
    """
    The configuration and its service.

    Where the port is not free, or the server waits for its certificate (not ``is_certified``), that is told elsewhere; the rest
    is asked all the same.
    """
    found = _configuration(row, wish, port_is_free, is_certified)
    if wish.accept_open_passive:
        return found
    opens = passive.opens(row, row.fill(wish.text, wish.secrets))
    # Told as what it refuses.
    warnings = [each for each in found.warnings if not any(sentence in each for sentence in opens.sentences)]
    return dataclasses.replace(found, refusals=(*opens.refusals, *found.refusals), warnings=tuple(warnings))


def _configuration(row: Platform, wish: Configuration, port_is_free: bool, is_certified: bool) -> Part:
    """The same without what only the release says."""
    port = wish.control_port if port_is_free else 0
    target = swap.Target(
        row.configuration,
        row.unit,
        port,
        GREETING_TIMEOUT,
        platform=row,
        is_secret=bool(wish.secrets),
        packages=wish.packages,
    )
    old, content = files.read_text(target.path), row.fill(wish.text, wish.secrets)
    about = {"ours": old is not None and swap.is_ours(old), "by_hand": swap.stands_by_hand(target)}
    if about["by_hand"] and not wish.take_over:
        sentence = f"{target.path} (or a file in conf.d beside it) was made by hand and is left as it is."
        cure = "Say fxp_take_over: true to replace it; the old file is kept then."
        return Part(about=about, refusals=(Refusal("configuration_by_hand", "fxp_take_over", False, sentence, cure),))
    if not port_is_free and old == content:
        return Part(about=about)
    try:
        found = swap.apply(target, content, take_over=wish.take_over, check_mode=True, is_certified=is_certified)
    except PROBLEMS as exc:
        return dataclasses.replace(refused("configuration", None, exc), about=about)
    try:
        times = (wish.control_port, GREETING_TIMEOUT, 0)
        started = uncork.apply(uncork.Place(row.unit), wish.uncork, *times, check_mode=True)
    except PROBLEMS as exc:
        return dataclasses.replace(refused("uncork", "fxp_tls_uncork", exc), about=about)
    in_place = not found.changed and not started.changed and record.plan_digest() == wish.plan_digest
    not_asked = (CHECKER,) if found.validated is None else ()
    return Part(in_place, about, warnings=found.warnings, not_asked=not_asked)


__all__ = (
    "Configuration",
    "Part",
    "certified",
    "configuration",
    "files_of",
    "gone",
    "no_rules",
    "password_file",
    "rules",
)
