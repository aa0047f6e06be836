# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Situations as data: which servers, how far apart, and what is wrong.

``Fault.at`` and ``Fault.causes`` are the truth. They say what is done to the servers and the way between them, and nothing here
asks the product.
"""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from ansible_collections.proftpd.fxp.tests.integration.languages import LANGUAGES
from ansible_collections.proftpd.fxp.tests.integration.network import CLIENT, DEAD, PASSIVE_PORTS, SOMEBODY

Kind = t.Literal["proftpd", "vsftpd", "pure-ftpd", "pyftpdlib"]
KINDS: tuple[Kind, ...] = ("proftpd", "vsftpd", "pure-ftpd", "pyftpdlib")
# A part in the transfer, a role, or what is no server: both of them, or the way between them.
Where = t.Literal["active", "passive", "source", "destination", "network", "both"]
Settings = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Way:
    """Round trip of the client to a server (milliseconds; twice that between servers), lost packets (percent), NAT."""

    delay: int = 0
    loss: int = 0
    nat: bool = False


NEAR = Way()
FAR = (Way(delay=200), Way(delay=400), Way(delay=800))
LOSSY = tuple(Way(loss=percent) for percent in (1, 2, 3, 4, 5))
TRANSLATED = Way(nat=True)
WAYS = (NEAR, Way(delay=200), TRANSLATED, Way(loss=2), Way(delay=400), Way(loss=4), Way(delay=200, nat=True))


@dataclasses.dataclass(frozen=True)
class Rule:
    """
    A rule of nftables; ``where`` has the hook.

    ``network`` is the bridge that all traffic of the two servers passes; ``{active}`` and ``{passive}`` are their addresses.
    """

    where: Where | t.Literal["client"]
    hook: str
    text: str


@dataclasses.dataclass(frozen=True, eq=False)
class Fault:
    """
    What is wrong, on or with the server ``at``, and the ``causes`` that say so; none if nothing is wrong.

    ``settings`` are those of that server, for each kind that can have the fault; if there are none, all ``kinds`` can.
    ``options`` are the check's of that server and ``check`` the others. ``rules`` are in force meanwhile, ``changes`` those of a
    middlebox, and ``acts`` are done around the check. ``tls`` is whether the fault is one of TLS, or none if it can be had with
    and without. ``planned`` is whether the check knows what the passive server is to announce, and both servers can be asked
    afterwards, as in ``smoke_test``. ``passive`` is who has to listen for it, ``times`` how often each kind has it.
    """

    name: str
    at: Where | None = None
    causes: tuple[str, ...] = ()
    settings: t.Mapping[str, Settings] = dataclasses.field(default_factory=dict)
    options: Settings = dataclasses.field(default_factory=dict)
    check: Settings = dataclasses.field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    acts: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    tls: bool | None = None
    kinds: tuple[Kind, ...] = KINDS
    ways: tuple[Way, ...] = WAYS
    family: str = "server"
    planned: bool = True
    passive: t.Literal["source", "destination"] | None = None
    times: int | None = None

    def had_by(self) -> tuple[Kind, ...]:
        """The kinds of servers that can have it."""
        return tuple(kind for kind in self.kinds if not self.settings or kind in self.settings)


@dataclasses.dataclass(frozen=True)
class Situation:
    """One pair of servers on one way, and what is wrong."""

    fault: Fault
    source: Kind
    destination: Kind
    passive: t.Literal["source", "destination"]
    way: Way
    language: str = "C"  # of the servers that speak another one: ProFTPD
    tls: bool = False

    @property
    def kinds(self) -> dict[str, Kind]:
        """Of both servers."""
        return {"source": self.source, "destination": self.destination}

    @property
    def at(self) -> str | None:
        """The truth: a role, ``network``, ``both``, or none."""
        other = {"source": "destination", "destination": "source"}
        return {"passive": self.passive, "active": other[self.passive]}.get(self.fault.at or "", self.fault.at)

    @property
    def label(self) -> str:
        """In words."""
        way = self.way
        far = [f"{way.delay} ms" * bool(way.delay), f"{way.loss} % lost" * bool(way.loss), "NAT" * way.nat]
        words = [self.fault.name, f"{self.source} -> {self.destination}", f"passive {self.passive}", *far]
        return ", ".join(word for word in (*words, "TLS" * self.tls, self.language * (self.language != "C")) if word)

    @property
    def values(self) -> set[tuple[str, t.Any]]:
        """What of each dimension occurs."""
        kinds = {("kind", kind) for kind in self.kinds.values()}
        way = {("delay", self.way.delay), ("loss", self.way.loss), ("nat", self.way.nat)}
        return {*kinds, *way, ("language", self.language), ("tls", self.tls), ("family", self.fault.family)}


def each(text: t.Mapping[str, t.Any] | None = None, **more: t.Any) -> dict[str, Settings]:
    """Settings by kind; names of keyword arguments have underscores."""
    return {**(text or {}), **{name.replace("_", "-"): value for name, value in more.items()}}


ANNOUNCING = {
    address: {
        "proftpd": {"more": f"MasqueradeAddress {address}"},
        "vsftpd": {"more": f"pasv_address={address}"},
        "pure-ftpd": {"more": ("-P", address)},
        "pyftpdlib": {"more": {"masquerade_address": address}},
    }
    for address in (DEAD, SOMEBODY, "10.99.0.1")
}
FOREIGN = {kind: {"allow": False} for kind in KINDS}
DATA = f"tcp dport {PASSIVE_PORTS}"
UNREACHED = ("data_connection_unreachable", "data_connection_refused", "data_connection_blocked")
ANNOUNCED = (*UNREACHED, "private_address_advertised", "unexpected_address_advertised")
SHUT = ("control_unreachable",)
BUSY = ("server_busy",)
BUSY_OR_BANNED = ("server_busy", "refused_at_connect")
# With these the transfer itself fails before any of it: only what the check's own logins show is seen.
QUICK = (NEAR, Way(delay=200), TRANSLATED)
STEADY = (NEAR, Way(delay=200), TRANSLATED, Way(delay=400))

NOTHING = Fault("nothing", family="nothing")

FAULTS = (
    # Policies.
    Fault("active refuses", "active", ("active_refuses_foreign_address",), FOREIGN, family="policy"),
    Fault("passive refuses", "passive", ("passive_refuses_foreign_address",), FOREIGN, family="policy"),
    # Addresses.
    Fault("announces a dead address", "passive", ANNOUNCED, ANNOUNCING[DEAD], times=1, family="address", planned=False),
    Fault(
        "announces what was not planned",
        "passive",
        ("unexpected_address_advertised",),
        ANNOUNCING[DEAD],
        times=1,
        family="address",
    ),
    Fault(
        "announces another host",
        "passive",
        ANNOUNCED,
        ANNOUNCING[SOMEBODY],
        times=1,
        kinds=("proftpd", "vsftpd"),
        family="address",
        planned=False,
    ),
    Fault("announces a private address", "passive", ANNOUNCED, ANNOUNCING["10.99.0.1"], times=1, family="address", planned=False),
    Fault(
        "ports beside the range",
        "passive",
        ("passive_port_out_of_range",),
        options={"passive_ports": "50200-50299"},
        family="address",
        ways=QUICK,
    ),
    # Filters at the servers.
    Fault(
        "drops its peer's connections",
        "passive",
        ("data_connection_blocked",),
        rules=(Rule("passive", "input", f"{DATA} ip saddr {{active}} drop"),),
        family="filter",
        ways=STEADY,
    ),
    Fault(
        "drops all data connections",
        "destination",
        ("data_connection_blocked",),
        rules=(Rule("destination", "input", f"{DATA} drop"),),
        passive="destination",
        family="filter",
        ways=STEADY,
    ),
    Fault(
        "drops what it opens",
        "active",
        ("data_connection_blocked",),
        rules=(Rule("active", "output", f"{DATA} ip daddr {{passive}} drop"),),
        family="filter",
        ways=STEADY,
    ),
    Fault(
        "drops the answers to what it opens",
        "active",
        ("data_connection_blocked",),
        rules=(Rule("active", "input", f"tcp sport {PASSIVE_PORTS} ip saddr {{passive}} drop"),),
        family="filter",
        ways=(NEAR,),
    ),
    Fault(
        "resets its peer's connections",
        "passive",
        UNREACHED,
        rules=(Rule("passive", "input", f"{DATA} ip saddr {{active}} reject with tcp reset"),),
        family="filter",
        ways=STEADY,
    ),
    Fault(
        "prohibits its peer's connections",
        "passive",
        UNREACHED,
        rules=(Rule("passive", "input", f"{DATA} ip saddr {{active}} reject with icmp type admin-prohibited"),),
        family="filter",
        ways=STEADY,
    ),
    Fault(
        "rejects what it opens",
        "active",
        UNREACHED,
        rules=(Rule("active", "output", f"{DATA} ip daddr {{passive}} reject with tcp reset"),),
        family="filter",
        ways=STEADY,
    ),
    Fault(
        "drops the client's data",
        "source",
        ("data_connection_blocked",),
        rules=(Rule("source", "input", f"{DATA} ip saddr {CLIENT} drop"),),
        times=1,
        kinds=("proftpd", "pyftpdlib"),
        family="filter",
        ways=STEADY,
    ),
    # The way between.
    Fault(
        "a filter between drops",
        "network",
        ("data_connection_blocked",),
        rules=(Rule("network", "forward", f"{DATA} drop"),),
        family="network",
        ways=STEADY,
    ),
    Fault(
        "large packets are lost between the servers",
        "network",
        ("path_mtu",),
        rules=(Rule("network", "forward", "ip protocol tcp meta length > 900 drop"),),
        family="network",
        ways=(NEAR, Way(delay=200), TRANSLATED),
    ),
    Fault(
        "large packets to the client are lost",
        "network",
        ("path_mtu", "tls_login_refused"),
        rules=(Rule("client", "input", "tcp sport 2121 meta length > 600 drop"),),
        times=2,
        family="network",
        tls=True,
        kinds=("proftpd",),
        ways=(NEAR, Way(delay=200)),
    ),
    Fault(
        "large packets of the client are lost",
        "source",
        ("client_data_lost", "path_mtu"),
        rules=(Rule("source", "prerouting", f"{DATA} ip saddr {CLIENT} meta length > 900 drop"),),
        family="network",
        ways=(NEAR, Way(delay=200)),
    ),
    Fault(
        "PORT is lost on its way",
        "network",
        ("command_filtered",),
        rules=(Rule("active", "prerouting", "tcp dport 2121 @th,256,32 0x504f5254 drop"),),
        times=1,
        kinds=("proftpd", "pyftpdlib"),
        family="network",
        tls=False,
        ways=(NEAR, Way(delay=200)),
    ),
    Fault(
        "a device refuses PORT itself",
        "network",
        ("command_filtered", "active_mode_disabled"),
        changes=("PORT 198,51,100,1", "!500 command not allowed"),
        times=1,
        kinds=("proftpd", "vsftpd"),
        family="network",
        tls=False,
        ways=(NEAR,),
    ),
    Fault(
        "a device puts the client into PORT",
        "network",
        ("port_address_rewritten",),
        changes=("PORT 198,51,100,11,", "PORT 198,51,100,1,", "PORT 198,51,100,12,", "PORT 198,51,100,1,"),
        times=1,
        family="network",
        tls=False,
        ways=(NEAR,),
    ),
    Fault(
        "a device announces another address",
        "network",
        ANNOUNCED,
        changes=("(198,51,100,11,", "(198,51,100,99,", "(198,51,100,12,", "(198,51,100,99,"),
        times=1,
        kinds=("proftpd",),
        family="network",
        tls=False,
        ways=(NEAR,),
    ),
    # Reaching a server.
    Fault(
        "control port dropped",
        "destination",
        SHUT,
        rules=(Rule("destination", "input", "tcp dport 2121 drop"),),
        family="server",
        ways=QUICK,
    ),
    Fault(
        "control port rejected",
        "source",
        SHUT,
        rules=(Rule("source", "input", "tcp dport 2121 reject"),),
        family="server",
        ways=QUICK,
    ),
    Fault("nothing listens", "destination", SHUT, options={"port": 2199}, family="server", ways=QUICK),
    Fault(
        "wrong password",
        "source",
        ("login_refused",),
        options={"password": "wrong it is"},
        family="server",
        kinds=("proftpd", "pure-ftpd", "pyftpdlib"),
        ways=QUICK,
    ),
    Fault("wrong account", "destination", ("login_refused",), options={"user": "nobody-known"}, family="server", ways=QUICK),
    Fault(
        "banned",
        "destination",
        ("refused_at_connect", "login_refused"),
        each(proftpd={"more": "<Limit LOGIN>\nDenyAll\n</Limit>"}),
        ways=QUICK,
    ),
    Fault(
        "shut out by tcp_wrappers",
        "source",
        ("refused_at_connect", "login_refused"),
        each(
            proftpd={
                "more": "LoadModule mod_wrap2.c\nLoadModule mod_wrap2_file.c\n"
                "WrapEngine on\nWrapTables file:/dev/null file:{root}/deny"
            }
        ),
        acts=("deny",),
        ways=QUICK,
    ),
    Fault(
        "no more processes",
        "destination",
        BUSY_OR_BANNED,
        each(
            proftpd={"more": "MaxInstances 1"},
            pure_ftpd={"more": ("-c1",)},
            vsftpd={"more": "max_clients=1"},
            pyftpdlib={"most": 2},
        ),
        acts=("hold",),
        ways=QUICK,
    ),
    Fault(
        "no more connections of one host",
        "source",
        BUSY_OR_BANNED,
        each(proftpd={"more": "MaxConnectionsPerHost 1"}, pure_ftpd={"more": ("-C1",)}, vsftpd={"more": "max_per_ip=1"}),
        acts=("hold",),
        ways=(NEAR, Way(delay=200)),
    ),
    Fault("no more clients", "destination", BUSY, each(proftpd={"more": "MaxClients 1"}), acts=("log in",), ways=QUICK),
    Fault(
        "no more clients, in other words",
        "source",
        ("server_busy", "login_refused"),
        each(proftpd={"more": 'MaxClients 1 "Come back later"'}),
        acts=("log in",),
        ways=QUICK,
    ),
    # Files.
    Fault(
        "disk full at the destination",
        "destination",
        ("no_space",),
        acts=("full disk",),
        check={"payload_size": 1000000},
        times=1,
        family="file",
        ways=(NEAR, Way(delay=200), TRANSLATED, Way(loss=2)),
    ),
    Fault(
        "disk full at the source",
        "source",
        ("no_space",),
        acts=("full disk",),
        check={"payload_size": 1000000},
        family="file",
        ways=(NEAR, Way(delay=200)),
    ),
    Fault(
        "the destination is not writable",
        "destination",
        ("file_refused", "write_refused"),
        acts=("locked",),
        family="file",
        kinds=("proftpd", "vsftpd", "pure-ftpd"),
        ways=QUICK,
    ),
    Fault(
        "the source is not writable",
        "source",
        ("file_refused", "write_refused"),
        acts=("locked",),
        family="file",
        kinds=("proftpd", "vsftpd", "pure-ftpd"),
        ways=(NEAR,),
    ),
    Fault("no such file", "source", ("file_refused",), check={"path": "missing"}, family="file", ways=QUICK),
    Fault("no such directory", "destination", ("file_refused",), options={"directory": "missing"}, family="file", ways=QUICK),
    Fault(
        "files are taken away at once",
        "destination",
        ("file_gone",),
        acts=("taken away",),
        family="file",
        ways=(Way(delay=200), Way(delay=400)),
    ),
    Fault("SIZE is denied", family="file", settings=each(proftpd={"more": "<Limit SIZE>\nDenyAll\n</Limit>"}), ways=QUICK),
    Fault(
        "the receiver is slow",
        family="file",
        settings=each(
            proftpd={"more": "HiddenStores on\nTransferRate STOR 30"},
            vsftpd={"more": "anon_max_rate=30000"},
            pure_ftpd={"more": ("-T", "30:30")},
        ),
        check={"payload_size": 300000},
        times=1,
        ways=(NEAR, TRANSLATED),
    ),
    Fault(
        "the source sends no file so large",
        "source",
        ("file_refused",),
        each(proftpd={"more": "MaxRetrieveFileSize 10 Kb"}),
        times=1,
        family="file",
        ways=QUICK,
    ),
    # Commands.
    Fault(
        "PORT is denied",
        "active",
        ("command_limited",),
        each(proftpd={"more": "<Limit PORT>\nDenyAll\n</Limit>"}),
        family="command",
        ways=QUICK,
    ),
    Fault(
        "PASV is denied",
        "destination",
        ("command_limited",),
        each(proftpd={"more": "<Limit PASV>\nDenyAll\n</Limit>"}, vsftpd={"more": "pasv_enable=NO"}),
        passive="destination",
        family="command",
        ways=QUICK,
    ),
    Fault(
        "no active mode",
        "active",
        ("active_mode_disabled",),
        each(vsftpd={"more": "port_enable=NO"}),
        family="command",
        ways=QUICK,
    ),
    # In mid-course.
    Fault(
        "cut in mid-transfer",
        "network",
        ("transfer_stalled",),
        settings=each(proftpd={"more": "TransferRate STOR 300"}),
        acts=("cut",),
        check={"payload_size": 3000000},
        times=1,
        family="network",
        kinds=("proftpd",),
        ways=(NEAR,),
    ),
    Fault(
        "the receiver's session is killed",
        "destination",
        ("control_lost",),
        each(proftpd={"more": "TransferRate STOR 300"}),
        acts=("kill",),
        check={"payload_size": 3000000},
        kinds=("proftpd",),
        family="server",
        ways=(NEAR,),
    ),
    Fault(
        "the sender's session is killed",
        "source",
        ("control_lost",),
        each(proftpd={"more": "TransferRate RETR 300"}),
        acts=("kill",),
        check={"payload_size": 3000000},
        kinds=("proftpd",),
        family="server",
        ways=(NEAR,),
    ),
    # TLS.
    Fault(
        "session reuse is demanded",
        "source",
        ("tls_session_reuse_required",),
        each(proftpd={"tls": {"options": ["EnableDiags"]}}),
        family="tls",
        tls=True,
        ways=STEADY,
    ),
    Fault(
        "the peer's authority is not known",
        "destination",
        ("tls_peer_certificate_unverified",),
        each(proftpd={"tls": {"ca": None, "more": "TLSVerifyServer on"}}),
        times=2,
        family="tls",
        tls=True,
        ways=STEADY,
    ),
    Fault(
        "TLS is not spoken",
        "destination",
        ("tls_login_refused",),
        each(proftpd={"tls": None}),
        family="tls",
        tls=True,
        ways=QUICK,
    ),
    Fault(
        "a certificate of another host",
        "source",
        ("tls_certificate_untrusted",),
        each(proftpd={"tls": {"names": [DEAD]}}),
        family="tls",
        tls=True,
        ways=QUICK,
    ),
    Fault(
        "no version in common",
        "both",
        ("tls_versions_disjoint",),
        each(proftpd={"tls": {"versions": "TLSv1.3"}}),
        family="tls",
        tls=True,
        ways=STEADY,
    ),
    Fault(
        "TLS is demanded",
        "destination",
        ("tls_policy_mismatch",),
        each(proftpd={"tls": {"more": "TLSRequired on"}}),
        options={"tls": "none", "ca_content": None},
        check={"protection": "clear"},
        family="tls",
        tls=True,
        ways=QUICK,
    ),
    Fault(
        "SSCN is denied",
        "destination",
        ("sscn_unsupported",),
        each(proftpd={"tls": {"more": "<Limit SSCN>\nDenyAll\n</Limit>"}}),
        family="tls",
        tls=True,
        ways=QUICK,
    ),
)


def table() -> list[Situation]:
    """All situations."""
    made = [*_healthy(), *itertools.chain.from_iterable(_faulty(number, fault) for number, fault in enumerate(FAULTS))]
    return list(dict.fromkeys(made))


def _healthy() -> t.Iterator[Situation]:
    ways = (*WAYS, *FAR, *LOSSY, Way(delay=400, loss=1), Way(delay=800, nat=True))
    pairs = [pair for pair in itertools.product(KINDS, KINDS) if "proftpd" in pair or pair[0] == pair[1]]
    rotate = itertools.count()
    for pair in pairs:
        for way in ways[next(rotate) % 3 :: 3]:
            number = next(rotate)
            passive: t.Literal["source", "destination"] = "source" if number % 2 else "destination"
            yield Situation(NOTHING, *pair, passive, way, _language(number, pair), number % 3 == 0 and set(pair) == {"proftpd"})
    for number, way in enumerate(ways):
        yield Situation(NOTHING, "proftpd", "proftpd", "source" if number % 2 else "destination", way, tls=True)


def _language(number: int, pair: t.Sequence[str]) -> str:
    return ("C", *LANGUAGES)[number % 4] if "proftpd" in pair else "C"


def _faulty(number: int, fault: Fault) -> t.Iterator[Situation]:
    """Each kind that can have the fault has it, on both sides where it can stand on both, on ways that take turns."""
    rotate = itertools.count(number)
    kinds = fault.had_by()
    for kind in kinds:
        for _again in range(fault.times or max(2, 4 // len(kinds))):
            turn = next(rotate)
            passive: t.Literal["source", "destination"] = "source" if turn % 2 else "destination"
            passive = fault.passive or passive
            at = Situation(fault, "proftpd", "proftpd", passive, NEAR).at
            pair: tuple[Kind, Kind] = ("proftpd", kind) if at in ("destination", "network", "both") else (kind, "proftpd")
            tls = fault.tls if fault.tls is not None else set(pair) == {"proftpd"} and turn % 4 == 1
            yield Situation(fault, *pair, passive, fault.ways[turn % len(fault.ways)], _language(turn // 2, pair), tls)


def sample(situations: t.Sequence[Situation]) -> list[Situation]:
    """A few in which every value of every dimension occurs."""
    chosen: list[Situation] = []
    left = set[tuple[str, t.Any]]().union(*(situation.values for situation in situations))
    while left:
        best = max(situations, key=lambda situation: len(situation.values & left))
        chosen.append(best)
        left -= best.values
    return chosen


__all__ = ("FAULTS", "KINDS", "NOTHING", "Fault", "Kind", "Rule", "Situation", "Way", "sample", "table")
