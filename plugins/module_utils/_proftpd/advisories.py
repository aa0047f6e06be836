# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What is known to be wrong with releases of ProFTPD and matters to a server that does FXP, and what cures it.

Sources are ProFTPD's NEWS and issues, and the changelogs of Debian's packages, which mend a release without changing its number.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import describe
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import policy, releases
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language.releases import Span

HOLE, FAULT, NOTE = "hole", "fault", "note"
_ALWAYS = "0.0.0"


@dataclasses.dataclass(frozen=True)
class Site:
    """What a condition may look at: the configuration, its description, the modules that are there."""

    in_force: policy.Policy
    servers: t.Sequence[describe.Described]
    modules: frozenset[str]

    def foreign(self) -> t.Iterator[describe.Described]:
        """AllowForeignAddress of every FTP server that listens, and of every section in it."""
        for server in self.servers:
            if server["listens"] and not server["sftp"]:
                yield server["allow_foreign_address"]
                for each in [*server["anonymous"], *server["overrides"]]:
                    if "allow_foreign_address" in each:
                        yield each["allow_foreign_address"]

    def some(self, directive: str, default: bool) -> bool:
        """Whether *directive* is on for an FTP server that listens."""
        flags = [self.in_force.flag(server, directive) for server in self.in_force.listening]
        return any(default if flag is None else flag for flag in flags)


Condition = t.Callable[[Site], bool]


def _module(*names: str) -> Condition:
    return lambda site: any(f"mod_{name}.c" in site.modules for name in names)


def _copies(site: Site) -> bool:
    return "mod_copy.c" in site.modules and site.some("CopyEngine", default=True)


def _left_to_default(site: Site) -> bool:
    return any(each["said"] is None or each["class_defined"] is False for each in site.foreign())


def _names_class(site: Site) -> bool:
    return any(each["class"] is not None for each in site.foreign())


def _always(_site: Site) -> bool:
    return True


@dataclasses.dataclass(frozen=True)
class Advisory:
    """
    One thing that is wrong with C(affected) releases where the C(condition) holds.

    C(debian) is the first update of Debian's package that mends it, by the word before the number: {"deb12": 3} is +deb12u3, and
    {"deb13": 0} the package that Debian 13 was released with.
    """

    id: str
    severity: str
    what: str
    affected: tuple[Span, ...]
    cure: str
    source: str
    condition: Condition = _always
    needs: str = ""
    debian: t.Mapping[str, int] = dataclasses.field(default_factory=dict)


def _update(fixed: str) -> str:
    return f"update ProFTPD to {fixed} or later, or to a package of your distribution that has the fix"


ADVISORIES: tuple[Advisory, ...] = (
    Advisory(
        "issue-2272",
        HOLE,
        "anybody may take a passive data connection where AllowForeignAddress is not said or names a class that is not defined",
        releases.ABSENT_FAILS_OPEN,
        "say AllowForeignAddress off, or the name of a class that is defined, in every server; 1.3.9d and later "
        "refuse by themselves",
        "ProFTPD issue 2272",
        _left_to_default,
        "a server whose AllowForeignAddress is not said or names no class that is defined",
    ),
    Advisory(
        "issue-1346",
        HOLE,
        "AllowForeignAddress with the name of a class lets anybody take a passive data connection",
        releases.CLASS_FAILS_OPEN,
        "update ProFTPD to 1.3.7d, 1.3.8 or later; until then say AllowForeignAddress off",
        "ProFTPD issue 1346",
        _names_class,
        "a server whose AllowForeignAddress names a class",
    ),
    Advisory(
        "class-unsupported",
        FAULT,
        "AllowForeignAddress takes no name of a class, so the daemon does not start",
        (Span(_ALWAYS, releases.CLASS_SINCE),),
        "update ProFTPD to 1.3.7d, 1.3.8 or later",
        "ProFTPD NEWS 1.3.7rc1",
        _names_class,
        "a server whose AllowForeignAddress names a class",
    ),
    Advisory(
        "sscn-unusable",
        FAULT,
        "SSCN fails, so no file flows between two servers over encrypted data connections",
        (Span(_ALWAYS, "1.3.6a"),),
        _update("1.3.6a"),
        "ProFTPD issue 618",
        _module("tls"),
        "mod_tls",
    ),
    Advisory(
        "CVE-2015-3306",
        HOLE,
        "mod_copy lets anybody copy files without a login",
        (Span(_ALWAYS, "1.3.5a"),),
        "do not load mod_copy, or " + _update("1.3.5a"),
        "CVE-2015-3306",
        _copies,
        "mod_copy",
    ),
    Advisory(
        "CVE-2019-12815",
        HOLE,
        "mod_copy copies files whatever Limit says",
        (Span(_ALWAYS, "1.3.6a"),),
        "do not load mod_copy, or say CopyEngine off, or " + _update("1.3.6a"),
        "CVE-2019-12815, ProFTPD bug 4372",
        _copies,
        "mod_copy",
    ),
    Advisory(
        "issue-2095",
        NOTE,
        "SITE COPY reads files that <Limit READ> denies",
        (Span(_ALWAYS, "1.3.10rc2"),),
        "do not load mod_copy, or say CopyEngine off",
        "ProFTPD issue 2095",
        _copies,
        "mod_copy",
    ),
    Advisory(
        "CVE-2017-7418",
        FAULT,
        "AllowChrootSymlinks off is got round by a symbolic link further up in the path",
        (Span(_ALWAYS, "1.3.5e"), Span("1.3.6rc1", "1.3.6")),
        _update("1.3.6"),
        "CVE-2017-7418",
        lambda site: not site.some("AllowChrootSymlinks", default=True),
        "AllowChrootSymlinks off",
    ),
    Advisory(
        "CVE-2019-18217",
        FAULT,
        "an overlong command makes the server spin for ever, without a login",
        (Span(_ALWAYS, "1.3.6b"), Span("1.3.7rc1", "1.3.7rc2")),
        _update("1.3.6b"),
        "CVE-2019-18217",
    ),
    Advisory(
        "CVE-2020-9272",
        FAULT,
        "mod_cap reads beyond its memory",
        (Span(_ALWAYS, "1.3.6c"), Span("1.3.7rc1", "1.3.7rc3")),
        _update("1.3.6c"),
        "CVE-2020-9272",
        _module("cap"),
        "mod_cap",
    ),
    Advisory(
        "CVE-2020-9273",
        HOLE,
        "a data transfer that is interrupted lets a user run code in the server",
        (Span(_ALWAYS, "1.3.6c"), Span("1.3.7rc1", "1.3.7rc3")),
        _update("1.3.6c"),
        "CVE-2020-9273",
    ),
    Advisory(
        "CVE-2023-48795",
        NOTE,
        "mod_sftp lets somebody in between drop the first packets (Terrapin); FTP itself is not concerned",
        (Span(_ALWAYS, "1.3.8b"), Span("1.3.9rc1", "1.3.9rc2")),
        _update("1.3.8b"),
        "CVE-2023-48795",
        _module("sftp"),
        "mod_sftp",
        {"deb11": 3, "deb12": 3},
    ),
    Advisory(
        "CVE-2023-51713",
        FAULT,
        "a command with quotes and backslashes makes a session read beyond its memory and end",
        (Span(_ALWAYS, "1.3.8a"),),
        _update("1.3.8a"),
        "CVE-2023-51713",
        debian={"deb11": 3, "deb12": 3},
    ),
    Advisory(
        "CVE-2024-48651",
        FAULT,
        "accounts without supplemental groups get the group root",
        (Span(_ALWAYS, "1.3.8c"), Span("1.3.9rc1", "1.3.9rc3")),
        _update("1.3.8c"),
        "CVE-2024-48651",
        debian={"deb11": 3, "deb12": 4},
    ),
    Advisory(
        "CVE-2024-57392",
        FAULT,
        "a crafted message makes a session write beyond its memory and end",
        # It was published for 1.3.9 and before; no release names it as mended.
        (Span(_ALWAYS, "1.3.9a"),),
        _update("1.3.9a"),
        "CVE-2024-57392",
        debian={"deb11": 5, "deb12": 5, "deb13": 0},
    ),
    Advisory(
        "CVE-2026-42167",
        HOLE,
        "mod_sql lets a user name carry SQL of its own",
        (Span(_ALWAYS, "1.3.9a"),),
        _update("1.3.9a"),
        "CVE-2026-42167",
        _module("sql"),
        "mod_sql",
        {"deb12": 5, "deb13": 2},
    ),
    Advisory(
        "CVE-2026-44331",
        HOLE,
        "mod_wrap2_sql lets the name of a client's address carry SQL of its own",
        (Span(_ALWAYS, "1.3.9b"),),
        "say UseReverseDNS off, or " + _update("1.3.9b"),
        "CVE-2026-44331",
        lambda site: "mod_wrap2_sql.c" in site.modules and site.in_force.flag(site.in_force.main, "UseReverseDNS") is not False,
        "mod_wrap2_sql with UseReverseDNS",
        {"deb13": 3},
    ),
    Advisory(
        "issue-2146",
        FAULT,
        "MLSD and MLST of very long paths make a session write beyond its memory",
        (Span(_ALWAYS, "1.3.9c"),),
        _update("1.3.9c"),
        "ProFTPD issue 2146",
        _module("facts"),
        "mod_facts",
    ),
    Advisory(
        "issue-2158",
        NOTE,
        "MaxTransfersPerUser is not enforced",
        (Span(_ALWAYS, "1.3.9c"),),
        _update("1.3.9c"),
        "ProFTPD issue 2158",
        lambda site: any(scope.own("MaxTransfersPerUser") is not None for scope in site.in_force.contexts),
        "MaxTransfersPerUser",
    ),
    Advisory(
        "issue-2210",
        FAULT,
        "the controls socket lets more local users in than it says",
        (Span(_ALWAYS, "1.3.9c"),),
        "say ControlsEngine off, or " + _update("1.3.9c"),
        "ProFTPD issue 2210",
        lambda site: "mod_ctrls.c" in site.modules and site.in_force.flag(site.in_force.main, "ControlsEngine") is not False,
        "ControlsEngine on",
    ),
    Advisory(
        "issue-2286",
        NOTE,
        "RANG and REST take negative offsets",
        (Span(_ALWAYS, "1.3.10rc5"),),
        _update("1.3.10rc5"),
        "ProFTPD issue 2286",
    ),
)


def advisories(
    release: releases.Release | None,
    package: str | None,
    in_force: policy.Policy,
    servers: t.Sequence[describe.Described],
    modules: t.Iterable[str],
) -> list[dict[str, t.Any]]:
    """
    Return what is known to be wrong with *release*, and whether it applies to a configuration.

    *package* is the version of the distribution's package, None where there is none or it is not known: its fixes count.
    *modules*: those that are compiled in or loaded. Each entry has C(id), C(severity), C(what), C(applies), C(needs) (what must
    be there for it to apply; empty if nothing), C(certain) (false if the package may have the fix without saying so here),
    C(cure) and C(source).
    """
    if release is None:
        return []
    site = Site(in_force, servers, frozenset(modules))
    return [
        {
            "id": each.id,
            "severity": each.severity,
            "what": each.what,
            "applies": each.condition(site),
            "needs": each.needs,
            "certain": _certain(each, package),
            "cure": each.cure,
            "source": each.source,
        }
        for each in ADVISORIES
        if releases.among(release, each.affected) and not _mended(each, package)
    ]


# What Debian was released with; updates count on from these.
_RELEASED = {"1.3.7a+dfsg-12": "deb11", "1.3.8+dfsg-4": "deb12", "1.3.8.c+dfsg-4": "deb13"}


def _update_of(package: str | None) -> tuple[str, int] | None:
    if package in _RELEASED:
        return _RELEASED[package], 0
    match = re.search(r"\+(deb\d{1,3})u(\d{1,4})", package or "")
    return (match.group(1), int(match.group(2))) if match else None


def _mended(advisory: Advisory, package: str | None) -> bool:
    """Tell whether the package's changelog says that it mends this."""
    update = _update_of(package)
    return update is not None and update[0] in advisory.debian and update[1] >= advisory.debian[update[0]]


def _certain(advisory: Advisory, package: str | None) -> bool:
    """
    Tell whether the release decides. What the configuration shows does (the first entries: their fixes are in no package), and so
    does a package whose changelog was read here.
    """
    if package is None or advisory.condition in (_left_to_default, _names_class):
        return True
    update = _update_of(package)
    return update is not None and (update[0] == "deb12" or update[0] in advisory.debian)
