# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What systemd is told on a host: the unit that loads the rules at boot, and drop-ins for the services concerned."""

from __future__ import annotations

import os
import string
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.kinds import Kind
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.managers import rows_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.state import Host

_HEADER = """\
#
# Managed by the Ansible collection proftpd.fxp; changes made by hand are overwritten.
#
"""

_UNIT = """
[Unit]
Description=$title
Documentation=man:$manual
DefaultDependencies=no
RequiresMountsFor=/etc/proftpd-fxp /usr/local/lib/proftpd-fxp /run
${after}Wants=network-pre.target
Before=${before}network-pre.target ${guarded}shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=$load
ExecReload=$load
${stop}TimeoutStartSec=120
TimeoutStopSec=60

[Install]
WantedBy=sysinit.target
"""

_AFTER = """\
# After $what; before the network and whoever listens on it.
After=$services
"""

_FILES = """\
# $keeper brings the rules back at boot, from files of its own; those are made right before it starts. It keeps
# them when this unit stops, too.
After=systemd-remount-fs.service
"""

_STOP = """\
ExecStop=$unload
"""

_DROP_IN = """
# $service flushes every table when it starts or reloads: put the rules of $owner back at once.
# The minus sign: whatever becomes of them, $service itself has succeeded.
[Service]
ExecStartPost=-$load
ExecReload=-$load
"""
# Where a service has no reload of its own, one of ours would seem to be that.
_DROP_IN_START = """
# $service replaces the rules of iptables when it starts: put the rules of $owner back at once.
# The minus sign: whatever becomes of them, $service itself has succeeded.
[Service]
ExecStartPost=-$load
"""
_WITHOUT_RELOAD = ("netfilter-persistent.service",)

_GUARD = """
# No start without the rules that keep strangers out: where they are missing, they are loaded, and where that fails, the journal
# of this service says why. It depends on nothing else, so that a restart of the rules or of the firewall touches no transfer.
[Unit]
After=$after_guard

[Service]
ExecStartPre=+$program guard
"""

_WATCH = """
# $manager leaves the ports open where somebody takes away the rules that keep strangers off them (nft flush ruleset): those are
# put back within a minute.
[Unit]
Description=$title, looked after
Documentation=man:nft(8)
After=$unit $manager.service
ConditionPathExists=$program

[Service]
Type=oneshot
ExecStart=$program watch
TimeoutStartSec=120
# Not two lines in the journal every minute.
LogLevelMax=notice
"""

_WATCH_TIMER = """
[Unit]
Description=$title, looked after every minute

[Timer]
OnActiveSec=1s
OnUnitInactiveSec=45s
AccuracySec=5s

[Install]
WantedBy=timers.target
"""


class File(t.NamedTuple):
    """One file for systemd."""

    path: str
    text: str
    mode: int = 0o644


def files(host: Host, unit: str | None = None, drop_in: str | None = None) -> tuple[File, ...]:
    """All of them, for rules of this kind and backend; ``unit`` and ``drop_in`` are the caller's own texts for the first two."""
    kind, services, keeper = host.kind, host.backend.service.split(), host.backend.keeper
    words = {
        "title": kind.title,
        "unit": kind.unit,
        "guarded": f"{kind.guarded} " if kind.guarded else "",
        "owner": kind.owner,
        "keeper": keeper,
        "before": f"{keeper} " if keeper else "",
        "after_guard": f"{kind.unit} {keeper}".rstrip(),
        "manual": "firewalld(1)" if keeper else "nft(8)",
        "program": host.program[len(host.root) :],
        "manager": host.backend.name,
    }
    for verb in ("load", "unload"):
        words[verb] = " ".join([words["program"], verb, *kind.arguments])
    words.update(what=_what(services), services=" ".join(services))
    words["after"] = string.Template(_AFTER if services else _FILES if keeper else "").substitute(words)
    words["stop"] = "" if keeper else string.Template(_STOP).substitute(words)

    def text(layout: str, **more: str) -> str:
        return _HEADER + string.Template(layout).substitute(words, **more)

    directory = f"{host.root}/etc/systemd/system"
    found = [File(f"{directory}/{kind.unit}", unit or text(_UNIT))]
    for service in services:
        layout = _DROP_IN_START if service in _WITHOUT_RELOAD else _DROP_IN
        found.append(File(_drop_in(host, service), drop_in or text(layout, service=service)))
    if kind.guarded:
        found.append(File(host.root + guard(kind), text(_GUARD)))
    if host.backend.watched:
        watch, timer = _watch(host)
        found += [File(watch, text(_WATCH)), File(timer, text(_WATCH_TIMER))]
    return tuple(found)


def _watch(host: Host) -> tuple[str, str]:
    stem = f"{host.root}/etc/systemd/system/{host.kind.unit[: -len('.service')]}-watch"
    return f"{stem}.service", f"{stem}.timer"


def switched_on(host: Host) -> list[str]:
    """The units that are enabled and run where the files are in place."""
    return [host.kind.unit, *([os.path.basename(_watch(host)[1])] if host.backend.watched else [])]


def unwanted(host: Host) -> list[str]:
    """Files of units that another manager needed and this one does not, those that systemd runs last."""
    services = {service for row in rows_of(host.kind).values() for service in row.service.split()}
    found = [_drop_in(host, service) for service in sorted(services - set(host.backend.service.split()))]
    return [path for path in [*found, *([] if host.backend.watched else _watch(host))] if os.path.lexists(path)]


def _drop_in(host: Host, service: str) -> str:
    return f"{host.root}/etc/systemd/system/{service}.d/{host.kind.drop_in}"


def _what(services: t.Sequence[str]) -> str:
    """What the services do to rules, in a comment."""
    return f"{' and '.join(services)}, which {'flushes everything' if len(services) == 1 else 'flush rules'}"


def guard(kind: Kind) -> str:
    """Where the drop-in stands that keeps a service from starting without the rules. It changes nothing else of that service."""
    return f"/etc/systemd/system/{kind.guarded}.d/{kind.unit[: -len('.service')]}.conf"


__all__ = ("File", "files", "guard", "switched_on", "unwanted")
