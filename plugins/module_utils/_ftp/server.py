# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""One server as a client dials it: the options of a module as typed, validated data."""

from __future__ import annotations

import ipaddress
import math
import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import parse_ports

Tls = t.Literal["none", "explicit", "implicit"]


class RequestError(ValueError):
    """An option that cannot be used; the text is one sentence with option, value and cure."""


@dataclass(frozen=True, eq=False)
class ServerSpec:
    """
    One server as the client dials it, and what it is expected to announce.

    It knows nothing of a pair. Two servers may be said in the same words and are two all the same: each is only itself.
    """

    host: str
    port: int
    user: str
    password: str
    directory: str
    passive_ports: tuple[int, int] | None
    expected_address: str | None
    tls: Tls = "none"
    validate_certs: bool = True
    ca_path: str | None = None  # on the host that checks
    ca_content: str | None = None

    @property
    def label(self) -> str:
        """The server by itself, as messages name it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_server(option: str, options: t.Mapping[str, t.Any]) -> ServerSpec:
    """One server; ``option`` is the name of the module's option. Raises ``RequestError``."""
    for name in ("host", "user", "password", "directory"):
        check_line(f"{option}.{name}", options[name], secret=name == "password")
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
        host=options["host"],
        port=parse_port(f"{option}.port", options["port"], "; FTP servers usually have 21"),
        user=options["user"],
        password=options["password"],
        directory=options["directory"],
        passive_ports=passive_ports,
        expected_address=expected_address,
        **_tls(option, options),
    )


def _tls(option: str, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    tls = options.get("tls") or "none"
    validate = options.get("validate_certs", True)
    given = {name: options.get(name) for name in ("ca_path", "ca_content")}
    named = [name for name, value in given.items() if value is not None]
    if len(named) == 2:
        raise RequestError(f"{option}.ca_path and {option}.ca_content are both given; give the CA once.")
    for name in named:
        if tls == "none":
            # Who gives a CA expects encryption.
            raise RequestError(f"{option}.{name} is given, but {option}.tls is none; set {option}.tls: explicit, or remove it.")
        if not validate:
            raise RequestError(
                f"{option}.{name} is given, but {option}.validate_certs is false, so it would not be used; remove one of them."
            )
        if not given[name]:
            raise RequestError(f"{option}.{name} is empty; give a CA, or leave it out to trust those of the system.")
    return {"tls": tls, "validate_certs": validate, **given}


def check_line(option: str, value: str, secret: bool = False) -> None:
    """Refuse text that cannot be a part of a command line of the protocol. Raises ``RequestError``."""
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


def parse_port(option: str, value: int, hint: str = "") -> int:
    """A TCP port. Raises ``RequestError``."""
    if not 0 < value < 65536:
        raise RequestError(f"{option} is {value}, but ports are 1 to 65535{hint}.")
    return value


def is_private(protection: str | None, servers: t.Mapping[str, ServerSpec]) -> bool:
    """
    Whether data is encrypted between servers, given by their options: where all have TLS, and never with ``clear``.

    Raises ``RequestError`` if it must be and cannot.
    """
    plain = next((option for option, server in servers.items() if server.tls == "none"), None)
    if protection == "private" and plain is not None:
        raise RequestError(
            f"protection is private, but {plain}.tls is none, and without TLS on both control connections no data can be "
            f"encrypted; set {plain}.tls, or protection: clear."
        )
    return protection != "clear" and plain is None


def parse_timeout(value: float) -> float:
    """Seconds. Raises ``RequestError``."""
    if not 0 < value < math.inf:
        raise RequestError(f"timeout is {value}, but every step needs some time and must end; write for example 10.")
    return value


__all__ = ("RequestError", "ServerSpec", "check_line", "is_private", "parse_port", "parse_server", "parse_timeout")
