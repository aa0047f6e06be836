# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Names to addresses, in bounded time and in one address family for both servers."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.control import Endpoint
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reach import describe
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec

_FAMILIES = {"auto": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}


def resolve_pair(first: ServerSpec, second: ServerSpec, family: str, timeout: float) -> tuple[Endpoint, Endpoint]:
    """
    One endpoint per server, both of the same family. Raises Fault if there is none, or a name is unknown.

    The first one's preferred family (RFC 6724, as the system orders it) wins among those that both have. Only the first address
    of that family is used: trying others would hide one that does not work.
    """
    ones, others = (_lookup(server, _FAMILIES[family], timeout) for server in (first, second))
    families = [endpoint[0] for endpoint in others]
    for endpoint in ones:
        if endpoint[0] in families:
            return endpoint, others[families.index(endpoint[0])]
    raise Fault("no_common_family", second, "one host has only IPv4 and the other only IPv6 addresses")


def resolve(server: ServerSpec, timeout: float, family: str = "auto") -> Endpoint:
    """The first endpoint of one server, in the order of RFC 6724."""
    return _lookup(server, _FAMILIES[family], timeout)[0]


def _lookup(server: ServerSpec, family: socket.AddressFamily, timeout: float) -> list[Endpoint]:
    # getaddrinfo() takes no timeout. A thread that it blocks dies with the process.
    answer: queue.Queue[list[Endpoint] | OSError | UnicodeError] = queue.Queue(1)

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(server.host, server.port, family, socket.SOCK_STREAM)
            answer.put([(row[0], row[4]) for row in rows])
        except (OSError, UnicodeError) as error:
            answer.put(error)

    if _is_literal(server.host):
        ask()  # nobody is asked
    else:
        threading.Thread(target=ask, daemon=True).start()
    try:
        found = answer.get(timeout=timeout)
    except queue.Empty:
        raise Fault("name_unknown", server, f"no answer about the name {server.host} in time") from None
    if isinstance(found, OSError):
        raise Fault("name_unknown", server, f"the name {server.host} is unknown: {describe(found)}")
    if isinstance(found, UnicodeError):
        raise Fault("name_unknown", server, f"the name {server.host} is unknown: it is no host name")
    return found


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        return False
    return True


__all__ = ("resolve", "resolve_pair")
