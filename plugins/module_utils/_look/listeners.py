# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""
Which programs listen on ports that the plan gives to ProFTPD?

On the control port nobody else may. Inside the passive range another's service would be cut off from those who use it now,
because the rules of the plan guard the whole range.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.sockets import Listener
from ansible_collections.proftpd.fxp.plugins.module_utils._look.refusal import Refusal

PROGRAM = "proftpd"


def on_control_port(found: t.Iterable[Listener], port: int, main_pid: int) -> list[Refusal]:
    """Refuse the control port where another than the main process of our service has it, at whatever address."""
    for each in found:
        if each.port == port and (not main_pid or main_pid not in {holder.pid for holder in each.holders}):
            sentence = f"port {port} is taken by {each.named()}, which listens on {each.address}."
            cure = "Stop it, or give the server another fxp_control_port."
            return [Refusal("control_port_taken", "fxp_control_port", port, sentence, cure)]
    return []


class Passive(t.NamedTuple):
    """What is found inside the passive range: what refuses, and what is only told."""

    refusals: list[Refusal]
    warnings: list[str]


def in_passive_range(found: t.Iterable[Listener], span: tuple[int, int], is_reached: t.Callable[[int], bool]) -> Passive:
    """
    Hold everybody else's listeners against the passive range.

    ``is_reached``: whether the rules in force may let somebody from outside in at a port.
    """
    refusals, warnings = [], []
    first, last = span
    for port, name in sorted({(each.port, each.named()) for each in found if _is_cut_off(each, span)}):
        sentence = f"{first}-{last} has port {port} in it, on which {name} listens"
        cure = "Stop it, or choose a range without that port."
        if is_reached(port):
            why = "and the rules of the plan would cut it off from those who are no clients or peers."
            refusals.append(Refusal("passive_port_taken", "fxp_passive_ports", f"{first}-{last}", f"{sentence}, {why}", cure))
        else:
            why = "Nobody gets in there from outside now, but clients and peers would."
            warnings.append(f"fxp_passive_ports: {sentence}. {why} {cure}")
    return Passive(refusals, warnings)


def _is_cut_off(each: Listener, span: tuple[int, int]) -> bool:
    # Sessions of ours listen there, too.
    ours = any(holder.name == PROGRAM for holder in each.holders)
    return span[0] <= each.port <= span[1] and not each.address.is_loopback and not ours


__all__ = ("Passive", "in_passive_range", "on_control_port")
