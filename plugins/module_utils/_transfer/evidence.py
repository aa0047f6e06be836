# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What one leg showed, before anybody draws conclusions from it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import is_unspecified, same_address
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reach import Reached
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.tls import Agreed, Version
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import Role, other

Stage = t.Literal["connect", "prepare", "protect", "passive", "port", "transfer", "verify", "done"]


@dataclass
class Side:
    """What one server answered to its STOR or RETR; replies are whole texts beginning with the code."""

    preliminary: str | None = None
    final: str | None = None
    seconds: float | None = None  # from the command to the first reply
    ended: float | None = None  # from the command to the final reply, or to the end of the connection
    gone: bool = False  # the connection ended instead of a final reply

    @property
    def code(self) -> int:
        """Code of the final reply, 0 without one."""
        return int(self.final[:3]) if self.final else 0

    @property
    def done(self) -> bool:
        """Whether the final reply is a 2xx."""
        return 200 <= self.code < 300

    @property
    def silent(self) -> bool:
        """Whether there was no answer at all."""
        return self.preliminary is None and self.final is None


@dataclass
class Evidence:
    """
    One leg as the client saw it. ``None`` is "not seen" or "not asked".

    ``stage`` is the step that was reached. ``stopped`` says why the client gave up waiting for final replies: ``stalled``
    (nothing moved for ``timeout``) or ``limit`` (``transfer_timeout``).
    """

    passive: Role
    source: str  # the servers as messages name them
    destination: str
    stage: Stage = "connect"
    fault_kind: str | None = None
    fault_server: Role | None = None
    fault_detail: str | None = None
    fault_command: str | None = None
    vantage_is_peer: bool = False
    client_seen: dict[Role, str | None] | None = None  # at which address each server says that it sees the client
    tls: dict[Role, Agreed | None] | None = None  # what each control connection is encrypted with
    protection: t.Literal["private", "clear"] | None = None  # of the data connection between the servers
    sscn: Role | None = None  # which server is the TLS client of a private data connection
    sscn_taken: bool | None = None  # whether that server has said that it is
    tls_versions: dict[Role, list[Version]] | None = None  # after a failed handshake: what each server takes from the client
    reuse_demanded: bool | None = None  # after a failed handshake: whether the TLS server insists on it with its own client, too
    dialled_address: str | None = None  # of the passive server
    active_address: str | None = None  # of the active server, as dialled
    announced_address: str | None = None
    announced_port: int | None = None
    address_announced: bool = False  # EPSV announces none
    expected_address: str | None = None
    expected_ports: tuple[int, int] | None = None
    port_reply: str | None = None
    port_seconds: float | None = None  # from PORT to its reply
    port_unanswered: bool = False  # nothing came back to PORT in time
    port_unheard: bool | None = None  # after that: whether the server answers anything but PORT, or does not connect for PORT
    own_port_reply: str | None = None  # to PORT with the client's own address, after a refusal
    dialled_port_reply: str | None = None  # to PORT with the passive server's dialled address, after that of the announced one
    active_side: Side | None = None
    passive_side: Side | None = None
    rewritten: bool | None = None  # after a failure: a connection for a PORT with the passive server's address came to the client
    client_reached: Reached | None = None  # after a failure: the client's own connection to the passive port, as dialled
    stopped: t.Literal["stalled", "limit"] | None = None
    small_arrives: bool | None = None  # after a transfer of which nothing arrived: whether the last bytes of the file do
    released: bool = False
    seconds: float | None = None  # of the transfer
    round_trip: float = 0.0  # seconds that the slowest reply to a short command took, of either server
    between: float = 0.0  # seconds that a round trip between the two servers takes at most: those of the client to both
    expected_size: int | None = None
    size: int | None = None
    expected_digest: str | None = None
    digest: str | None = None
    claimed_digest: str | None = None  # what the destination told, where reading back showed something else
    verified_by: str | None = None

    @property
    def active(self) -> Role:
        """The server that connects."""
        return other(self.passive)

    @property
    def address_unexpected(self) -> bool:
        """Whether the announced address is not the one that was planned, or none that anybody could dial."""
        if not (self.address_announced and self.announced_address):
            return False
        if self.expected_address is None:
            return is_unspecified(self.announced_address)
        return not same_address(self.announced_address, self.expected_address)

    @property
    def address_differs(self) -> bool:
        """Whether the passive server announces another address than it was dialled at, and nobody planned that."""
        announced, dialled = self.announced_address, self.dialled_address
        if not (self.address_announced and announced and dialled) or same_address(announced, dialled):
            return False
        return self.expected_address is None or not same_address(announced, self.expected_address)

    @property
    def port_unexpected(self) -> bool:
        """Whether the announced port is outside of the planned range."""
        ports, port = self.expected_ports, self.announced_port
        return ports is not None and port is not None and not ports[0] <= port <= ports[1]

    @property
    def tls_server(self) -> Role | None:
        """The server that is the TLS server of a private data connection."""
        return other(self.sscn) if self.sscn and self.protection == "private" else None

    @property
    def stored(self) -> bool:
        """Whether the destination was told to store the file."""
        return self.side("destination") is not None

    def side(self, role: Role) -> Side | None:
        """What one server answered."""
        return self.active_side if role == self.active else self.passive_side

    def record(self, fault: Fault, server: Role) -> None:
        """Note the fault that ended the leg, and on which server of the pair it happened."""
        self.fault_kind, self.fault_server = fault.kind, server
        self.fault_detail, self.fault_command = fault.detail, fault.command or None

    def as_dict(self) -> dict[str, t.Any]:
        """All fields, nested ones too, as plain data. What ``dataclasses.asdict`` does takes a tenth of a mesh's time."""
        return {name: _plain(value) for name, value in vars(self).items()}


def _plain(value: t.Any) -> t.Any:
    if isinstance(value, (Side, Agreed)):
        return dict(vars(value))
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return list(value) if isinstance(value, list) else value


__all__ = ("Evidence", "Side", "Stage")
