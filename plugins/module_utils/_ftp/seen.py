# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
From which address a server sees the client, in its own words: behind NAT that is not the address that the client knows.

Words are of the server's vendor and language, addresses are not. If it is the address of the server's peer, the server takes that
for its own client, so a transfer between the two proves nothing about the policy.
"""

from __future__ import annotations

import ipaddress
import re
import select
import socket
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import is_private, port_command, same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import ControlConnection

VAIN = 425  # pyftpdlib accepted the address in PORT, and could not connect there
_WORD = re.compile(r"[0-9A-Fa-f:.]+")

Vantage = t.Literal["peer", "stranger", "untold"]


class View(t.NamedTuple):
    """The client and one server as seen from one another."""

    own: str  # the client's address, as it knows it itself
    seen: str | None  # the same as the server tells it
    dialled: str  # the server's address
    expected: str | None  # the one that it is to announce
    announced: t.Callable[[], str | None]  # the one that it announces, if that has to be asked


def vantage(server: View, peer: View) -> Vantage:
    """Whether ``server`` takes the client for its peer, or what is told does not show it."""
    at = server.seen or server.own
    known = [peer.dialled, peer.expected]
    translated = not same_address(at, server.own)
    # Elsewhere a server's address is the one that it is dialled at.
    if translated or not same_address(server.own, peer.own):
        known.append(peer.announced())
    if any(address is not None and same_address(at, address) for address in known):
        return "peer"
    if server.seen is None:
        return "untold"
    # No NAT between client and peer, one NAT between client and server: the peer may have to pass the same one.
    beside = peer.seen is not None and same_address(peer.seen, peer.own)
    if translated and beside and known[-1] is not None and same_address(known[-1], peer.dialled):
        return "untold"
    return "stranger"


def seen_by(control: ControlConnection, disposable: bool = False) -> str | None:
    """
    The address at which a server sees the client, none if it does not tell. Raises ``Fault``.

    ProFTPD and vsftpd tell it in reply to STAT. Others show it when they are told the client's own address in PORT: who refuses
    that sees another one, and pure-ftpd says which; who accepts it sees that, or lets everybody in, so that nothing is hidden.
    A server whose STAT names a socket (pyftpdlib) would connect at once; that is asked only of a ``disposable`` connection.
    """
    reply = control.command("STAT")
    told = client_in(reply.text, control) if reply.positive else None
    if told is not None or (names_socket(reply.text) and not disposable):
        return told
    own = control.own_address
    with socket.socket(control.af, socket.SOCK_STREAM) as listener:
        listener.bind((own, 0))
        listener.listen(1)
        reply = control.command(port_command(own, listener.getsockname()[1]))
        # It forgets the connection that it has made already.
        if reply.positive and not disposable and select.select([listener], [], [], 0)[0]:
            control.passive_port()
    if not reply.positive and reply.code != VAIN:
        return client_in_refusal(reply.text, control)
    # Between public hosts ProFTPD takes a private address for the one that it sees.
    return None if is_private(own) and not is_private(control.peer_address) else own


def names_socket(text: str) -> bool:
    """Whether a text names an address together with a port."""
    for word in _WORD.findall(text):
        address, _colon, port = word.rpartition(":")
        if port.isdigit() and "." in address and _parsed(address) is not None:
            return True
    return False


def client_in(text: str, control: ControlConnection) -> str | None:
    """The client's address in what a server says of the connection: the only one that is not the server's own."""
    own, peer = control.own_address, control.peer_address
    left = [address for address in addresses_in(text) if same_address(address, own) or not same_address(address, peer)]
    return left[0] if len(left) == 1 else None


def client_in_refusal(text: str, control: ControlConnection) -> str | None:
    """The only address in a text that is neither the client's, as it knows it, nor the server's."""
    known = (control.own_address, control.peer_address)
    left = [address for address in addresses_in(text) if not any(same_address(address, one) for one in known)]
    return left[0] if len(left) == 1 else None


def addresses_in(text: str) -> list[str]:
    """All literal addresses in a text, each once."""
    found: list[str] = []
    for word in _WORD.findall(text):
        # A dot or colon behind an address ends a sentence or begins a list.
        address = _parsed(word) or _parsed(word.rstrip(".:"))
        if address is not None and address not in found:
            found.append(address)
    return found


def _parsed(word: str) -> str | None:
    try:
        address = ipaddress.ip_address(word)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    # "::" is also what is left of words.
    return None if address.is_unspecified else str(mapped or address)


__all__ = ("VAIN", "Vantage", "View", "addresses_in", "names_socket", "seen_by", "vantage")
