# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What is to be checked: the options of a check as typed, validated data."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.addresses import parse_ports
from ansible_collections.proftpd.fxp.plugins.module_utils._fxp.faults import ROLES, Role


class RequestError(ValueError):
    """An option that cannot be used; the text is one sentence with option, value and cure."""


@dataclass(frozen=True)
class ServerSpec:
    """One server as the client dials it, and what it is expected to announce."""

    role: Role
    host: str
    port: int
    user: str
    password: str
    directory: str
    passive_ports: tuple[int, int] | None
    expected_address: str | None

    @property
    def label(self) -> str:
        """The server as messages name it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.role} {host}:{self.port}"


@dataclass(frozen=True)
class Request:
    """One ordered pair of servers. Times are seconds, sizes bytes; ``passive`` lists the roles that listen, a leg each."""

    servers: t.Mapping[Role, ServerSpec]
    passive: tuple[Role, ...]
    family: str
    path: str | None
    payload_size: int
    timeout: float
    transfer_timeout: float
    expect: str


def parse_request(options: t.Mapping[str, t.Any]) -> Request:
    """Options of the module, with its types and defaults applied, as a request. Raises ``RequestError``."""
    path = options["path"]
    if path is not None:
        _line("path", path)
    if options["payload_size"] < 0:
        raise RequestError(f"payload_size is {options['payload_size']}, but a size is 0 or more; write for example 1MB.")
    if not options["timeout"] > 0:
        raise RequestError(f"timeout is {options['timeout']}, but every step needs some time; write for example 10.")
    if not options["transfer_timeout"] >= 0:
        raise RequestError(f"transfer_timeout is {options['transfer_timeout']}; write seconds, or 0 for no limit.")
    return Request(
        servers={role: parse_server(role, options[role]) for role in ROLES},
        passive=ROLES if options["passive"] == "both" else (options["passive"],),
        family=options["family"],
        path=path,
        payload_size=options["payload_size"],
        timeout=options["timeout"],
        transfer_timeout=options["transfer_timeout"],
        expect=options["expect"],
    )


def parse_server(role: Role, options: t.Mapping[str, t.Any], option: str | None = None) -> ServerSpec:
    """One server; ``option`` is the name of the module's option if that is not the role. Raises ``RequestError``."""
    option = option or role
    for name in ("host", "user", "password", "directory"):
        _line(f"{option}.{name}", options[name], secret=name == "password")
    if not 0 < options["port"] < 65536:
        raise RequestError(f"{option}.port is {options['port']}, but ports are 1 to 65535; FTP servers usually have 21.")
    ports, address = options["passive_ports"], options["expected_address"]
    try:
        passive_ports = None if ports is None else parse_ports(ports)
    except ValueError as error:
        raise RequestError(f"{option}.passive_ports: {error}.") from None
    try:
        expected_address = None if address is None else str(ipaddress.ip_address(address))
    except ValueError:
        raise RequestError(
            f"{option}.expected_address is {address!r}, but PASV announces literal addresses; write one, not a name."
        ) from None
    return ServerSpec(
        role=role,
        host=options["host"],
        port=options["port"],
        user=options["user"],
        password=options["password"],
        directory=options["directory"],
        passive_ports=passive_ports,
        expected_address=expected_address,
    )


def _line(option: str, value: str, secret: bool = False) -> None:
    # These become part of a command line of the protocol, where CR or LF would begin a command of their own.
    shown = "" if secret else f" is {value!r}, which"
    if not value:
        raise RequestError(f"{option} is empty; give a value.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise RequestError(f"{option}{shown} is not valid UTF-8; remove the bytes that are not.") from None
    if any(character in value for character in "\r\n\0"):
        raise RequestError(f"{option}{shown} contains a line break or NUL; remove it.")


__all__ = ("Request", "RequestError", "ServerSpec", "parse_request", "parse_server")
