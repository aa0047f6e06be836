# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
On which ports the server of this host is now, if it is one of ours: that, and not what an earlier run wished, is to be guarded.

A run that was killed may have left two configurations of ours, and a daemon that has read either of them.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host import sockets
from ansible_collections.proftpd.fxp.plugins.module_utils._host.platform import Platform
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import describe
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser, policy
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import swap

Span = t.Tuple[int, int]


class Served(t.NamedTuple):
    """Control ports, and ranges of passive ports."""

    control: frozenset[int] = frozenset()
    passive: frozenset[Span] = frozenset()


def served(row: Platform, main_pid: t.Callable[[str], int] | None = None) -> Served:
    """Return what the configurations of ours say that are in force here, and where the daemon listens; nothing without one."""
    target = swap.Target(row.configuration, row.unit, 0, 0, platform=row)
    texts = [text for path in (target.path, target.previous) for text in [_files.read_text(path)] if text and swap.is_ours(text)]
    if not texts:
        return Served()
    control: set[int] = set()
    passive: set[Span] = set()
    others: set[int] = set()
    for text in texts:
        try:
            main, *more = describe.describe(policy.effective(parser.parse(text)))
        except parser.ParseError:  # edited since we wrote it
            continue
        control.add(main["control_port"] or 0)
        passive.update((span["first"], span["last"]) for span in [main["passive_ports"]] if span)
        others.update(server["control_port"] or 0 for server in more)
    pid = (main_pid or Systemd().main_pid)(row.unit)
    # What it was told before somebody edited the file; servers of the site's own are the site's to guard.
    control.update({port for _address, port in sockets.of(pid) or ()} - others if pid else ())
    return Served(
        frozenset(port for port in control if 1 <= port <= 65535),
        frozenset((first, last) for first, last in passive if 1 <= first <= last <= 65535),
    )


__all__ = ("Served", "served")
