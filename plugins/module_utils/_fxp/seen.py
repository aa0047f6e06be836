# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
From which address a server sees the client, in its own words: behind NAT that is not the address that the client knows.

Words are of the server's vendor and language, addresses are not.
"""

from __future__ import annotations

import ipaddress
import re
import socket

from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.addresses import port_command, same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.control import ControlConnection

_WORD = re.compile(r"[0-9A-Fa-f:.]+")


def seen_by(control: ControlConnection) -> str | None:
    """
    The address that a server tells for the client, none if it tells none. Raises ``Fault``.

    ProFTPD and vsftpd tell it in reply to STAT, pure-ftpd when it refuses another one in PORT; pyftpdlib does not.
    """
    reply = control.command("STAT")
    told = client_in(reply.text, control) if reply.positive else None
    if told is not None or _of_server(reply.text, control):
        return told
    # No data command follows. pyftpdlib would connect at once, and complain when that ends; it was told by its STAT.
    with socket.socket(control.af, socket.SOCK_STREAM) as listener:
        listener.bind((control.own_address, 0))
        listener.listen(1)
        reply = control.command(port_command(control.own_address, listener.getsockname()[1]))
    return None if reply.positive else _other(addresses_in(reply.text), control)


def _of_server(text: str, control: ControlConnection) -> bool:
    """Whether a text names the server's own socket: address and port."""
    return any(word.endswith(f":{control.port}") for word in _WORD.findall(text))


def client_in(text: str, control: ControlConnection) -> str | None:
    """The client's address among those in a text: its own one if that is there, else the only one that may be it."""
    if _of_server(text, control):
        return None
    found = addresses_in(text)
    if any(same_address(address, control.own_address) for address in found):
        return control.own_address
    return _other(found, control)


def _other(found: list[str], control: ControlConnection) -> str | None:
    known = (control.own_address, control.peer_address)
    left = [address for address in found if not any(same_address(address, one) for one in known)]
    return left[0] if len(left) == 1 else None


def addresses_in(text: str) -> list[str]:
    """All literal addresses in a text, each once."""
    found: list[str] = []
    for word in _WORD.findall(text):
        try:
            address = ipaddress.ip_address(word.rstrip(".") if "." in word else word)
        except ValueError:
            continue
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        plain = str(mapped or address)
        # "::" and "::1" are also what is left of words and times.
        if plain not in found and not address.is_unspecified:
            found.append(plain)
    return found


__all__ = ("addresses_in", "client_in", "seen_by")
