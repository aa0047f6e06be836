# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What a wish becomes on this gateway: the rules beside what is forwarded now, and everything that may stand against them."""

from __future__ import annotations

import contextlib

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import detect, lockout, make, units
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway import found
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.backend import Gateway
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.leads import Leads, meanwhile, moved, planned
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.text import read, text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.wish import Wish
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.kinds import KINDS
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.state import Host
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.transaction import Texts
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host import forwarding, sockets

BY_HAND = "or leave fxp_outer_address of this gateway out and have it forward what the rule sheet tells"


def host(root: str = "") -> Host:
    """The files of a gateway on this host, below ``root``."""
    return Host(Gateway(root), root, KINDS["gateway"])


def leads(here: Host, wish: Wish, commands: detect.Commands) -> Leads:
    """
    What is to stand here for a wish now.

    Raises FirewallError for everything that stands against it but rules of others.
    """
    _refuse_managers(here, commands)
    sides = found.sides(wish, commands)
    closed = forwarding.is_ours(here.root) or not forwarding.is_on(4, here.root)
    wanted = meanwhile(wish, _former(here))._replace(outside=sides.outside, inside=sides.inside, closed=closed)
    found.refuse_taken(wanted, lockout.ssh_connection(), sockets.listeners(), lockout.listening())
    if wanted.ports[6]:
        forwarding.refuse_ipv6(here.root)
    return wanted


def texts(here: Host, wanted: Leads) -> Texts:
    """Everything that is to stand on the host for that."""
    return Texts(text_of(wanted), units.files(here), make.program())


def is_final(here: Host, wish: Wish, wanted: Leads) -> bool:
    """Whether the plan wants no other rules than those that are in force, by what the host keeps, also at the end of the run."""
    last = planned(wish)._replace(outside=wanted.outside, inside=wanted.inside, closed=wanted.closed)
    return _files.read_text(here.rules) == text_of(last)


def moves(here: Host, wish: Wish) -> list[str]:
    """Return the servers that a port will lead to which leads elsewhere now."""
    return moved(wish, _former(here))


def _former(here: Host) -> Leads | None:
    text = _files.read_text(here.rules)
    # What somebody made of it by hand is no state of ours.
    with contextlib.suppress(FirewallError, ValueError):
        return None if text is None else read(text)
    return None


def _refuse_managers(here: Host, commands: detect.Commands) -> None:
    if not here.backend.is_installed():
        raise FirewallError(f"nftables is not installed on this gateway; install it, {BY_HAND}.")
    deciding = detect.active(commands, Nft().ruleset(), ("FORWARD",))
    if deciding:
        raise FirewallError(
            f"{' and '.join(deciding)} decides on what this gateway forwards, and this release of proftpd.fxp writes that in "
            f"rules of nftables only; switch {deciding[0]} off there, {BY_HAND}."
        )


__all__ = ("host", "is_final", "leads", "moves", "texts")
