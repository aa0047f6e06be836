# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Gateways that lead connections to the servers behind them: what is said of them, and what each is to forward."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.faces import beside
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.flows import Plan, wish
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Options, Problem, Reader, some

# The inventory group of the hosts that forward to servers.
GROUP = "fxp_gateways"
# What is read of its members; other variables are those of groups that they share with servers.
VARIABLES = ("outer_address", "arrival_address", "firewall_backend", "state")
# The firewall managers in whose language that is written.
MANAGERS = ("auto", "nftables")

Row = t.Mapping[str, t.Any]
Rows = t.Mapping[str, Row]


def rows(options: t.Mapping[str, Options], servers: t.Collection[str], problems: list[Problem]) -> dict[str, dict[str, t.Any]]:
    """
    Return the gateways that are ours to configure, by name; one that goes has nothing but its state.

    One of which no outer address is said, or whose firewall is not ours to open, is left to who administers it.
    """
    found: dict[str, dict[str, t.Any]] = {}
    for name, mine in options.items():
        reader = Reader(name, mine, problems)
        if mine.get("state") == "absent":
            found[name] = {"state": "absent", "outer_address": None, "arrival_address": None}
            continue
        if mine.get("outer_address") is None:
            if mine.get("arrival_address") is not None:
                reader.complain(
                    "arrival_address",
                    mine["arrival_address"],
                    "is where connections to fxp_outer_address arrive, which is not said; say both, or none",
                )
            continue
        backend = mine.get("firewall_backend") or "auto"
        if backend == "none":
            continue
        outer = _ipv4(reader, "outer_address")
        arrival = _ipv4(reader, "arrival_address") or outer
        if backend not in MANAGERS:
            reader.complain(
                "firewall_backend",
                backend,
                "is not what this release configures gateways with; say nftables if that decides there, or none and have the "
                "gateway forward what the rule sheet tells",
            )
        if name in servers:
            reader.complain(
                "outer_address",
                outer,
                "makes this host a gateway, and it is one of fxp_servers too; a gateway is another machine",
            )
        other = next((each for each, row in found.items() if outer and row["outer_address"] == outer), None)
        if other is not None:
            reader.complain("outer_address", outer, f"is also that of {other}, and an address leads to one gateway; correct one")
        if outer:
            found[name] = {"state": "present", "outer_address": outer, "arrival_address": arrival}
    return found


def _ipv4(reader: Reader, option: str) -> str | None:
    value = reader.parse(option, _values.address, reader.options.get(option))
    if value is not None and _values.family(value) != 4:
        reader.complain(option, value, "is no IPv4 address, and nothing else is translated; IPv6 is routed")
        return None
    return t.cast("str | None", value)


def of_server(reader: Reader, gateways: Rows) -> Row | None:
    """Return the gateway in front of a server if it is ours to configure, else None."""
    row = gateways.get(str(reader.options["gateway"]))
    return row if row is not None and row["state"] == "present" else None


def disagreements(
    readers: t.Mapping[str, Reader], servers: Rows, names: t.Collection[str], gateways: Rows
) -> t.Iterator[Problem]:
    """What is wrong with servers and the gateways in front of them. ``names``: the members of the group."""
    for reader in readers.values():
        yield from _named(reader, names, gateways)
        yield from _alien(reader, gateways)
    inner: dict[tuple[str, str], str] = {}
    for name, server in servers.items():
        gateway = of_server(readers[name], gateways)
        own = gateway["outer_address"] if gateway else None
        for each, row in gateways.items():
            if each != server["gateway"] and server["address4"] and server["address4"] == row["outer_address"]:
                yield Problem(
                    name,
                    "fxp_address",
                    server["address4"],
                    f"is fxp_outer_address of {each}, from which ports lead to the servers behind it; say fxp_gateway: {each}, "
                    "or correct the address",
                )
        if gateway and server["address4"] and server["address4"] != own:
            yield Problem(
                name,
                "fxp_address",
                server["address4"],
                f"is not fxp_outer_address of {server['gateway']}, which leads connections to this server; write {own}, or leave "
                "it out",
            )
        if gateway and server["announced4"] not in (None, own, server["address4"]):
            yield Problem(
                name,
                "fxp_masquerade_address",
                server["announced4"],
                f"is not fxp_outer_address of {server['gateway']}, which leads connections to this server; write {own}, or leave "
                "it out",
            )
        if gateway and server["inner_address"]:
            key = (str(server["gateway"]), server["inner_address"])
            if key in inner:
                yield Problem(
                    name,
                    "fxp_inner_address",
                    key[1],
                    f"is also that of {inner[key]} behind the same gateway; give each server its own",
                )
            inner.setdefault(key, name)


def _named(reader: Reader, names: t.Collection[str], gateways: Rows) -> t.Iterator[Problem]:
    """The gateway that forwards to this server must be one."""
    name = reader.options["gateway"]
    if name is None:
        if reader.options["public_control_port"] is not None:
            yield Problem(
                reader.host,
                "fxp_public_control_port",
                reader.options["public_control_port"],
                "is a port of a gateway, and fxp_gateway is not said; say both, or only fxp_control_port",
            )
        return
    if name == reader.host:
        yield Problem(reader.host, "fxp_gateway", name, "is the server itself; a gateway stands in front of it")
    elif name not in names:
        known = f"has {some(sorted(names))}" if names else "is missing or empty"
        yield Problem(
            reader.host,
            "fxp_gateway",
            name,
            f"is not in the inventory group {GROUP}, which {known}; put it there, or name one that is",
        )
    elif gateways.get(name, {}).get("state") == "absent":
        yield Problem(reader.host, "fxp_gateway", name, "is to be absent (fxp_state); name another one, or keep it")


def _alien(reader: Reader, gateways: Rows) -> t.Iterator[Problem]:
    """Variables of gateways that a server has: those of a group that both are in do no harm."""
    gateway = of_server(reader, gateways) or {}
    for option in ("outer_address", "arrival_address"):
        said = reader.options.get(option)
        if said is not None and said != gateway.get(option):
            cure = f"say it for that host, in {GROUP}" if reader.options["gateway"] else "say fxp_gateway too, or leave it out"
            yield Problem(reader.host, f"fxp_{option}", said, f"is a variable of gateways; {cure}")


def inner_address(reader: Reader, families: t.Collection[int], gateway: Row | None) -> str | None:
    """Return the server's own address behind its gateway or inside its networks; None where it is behind none, or has no IPv4."""
    said = reader.parse("inner_address", _values.address, reader.options["inner_address"])
    if reader.options["gateway"] is None:
        if said is not None and not reader.options["inner_networks"]:
            reader.complain(
                "inner_address",
                said,
                "is the address behind a gateway, or for hosts in fxp_inner_networks, and neither fxp_gateway nor those are "
                "said; say one of them, or leave it out",
            )
            return None
        return t.cast("str | None", said)
    if gateway is None or 4 not in families:
        return t.cast("str | None", said)
    if said is None:
        reader.complain(
            "inner_address",
            None,
            "it is not said and ansible_host is no literal IPv4 address; write the server's own address behind its gateway",
        )
    elif _values.family(said) != 4:
        reader.complain("inner_address", said, "is no IPv4 address, and nothing else is translated; write the server's own one")
    elif said == gateway["outer_address"]:
        reader.complain(
            "inner_address",
            said,
            "is fxp_outer_address of the gateway; write the server's own address behind it",
        )
    return t.cast("str | None", said)


def behind(plan: Plan, name: str) -> list[str]:
    """Return the servers behind a gateway."""
    return [server for server, row in plan["servers"].items() if row["gateway"] == name]


def gateway_wish(plan: Plan, name: str, pending: t.Collection[str] = (), *, keep: bool = False) -> dict[str, t.Any]:
    """
    Return what one gateway is to forward, as plain data.

    It is what the firewalls of the servers behind it let through, with the addresses that the gateway sees: peers behind the same
    one come from their inner address, and what goes to them is led back in. ``pending`` are servers that may still have other
    ports, ``keep`` says that nothing is taken away yet.
    """
    gateway, names = plan["gateways"][name], behind(plan, name)
    inner = {server: plan["servers"][server]["inner_address"] for server in names}

    def row(server: str) -> dict[str, t.Any]:
        own, known = wish(plan, server), plan["servers"][server]
        own.pop("addresses")
        inside = {address for peer, address in beside(plan, server).items() if peer not in inner}
        peers = [{**peer, "addresses": [inner[peer["name"]]]} if inner.get(peer["name"]) else peer for peer in own["peers4"]]
        return {
            **own,
            "name": server,
            "inner_address": inner[server] if 4 in known["families"] else None,
            "address6": known["address6"],
            "public_control_port": known["public_control_port"],
            "peers4": peers,
            # What goes to an inner address is not for the world, and does not come from the outer one.
            "outgoing4": [
                {**peer, "addresses": [address for address in peer["addresses"] if address not in inside]}
                for peer in own["outgoing4"]
                if peer["name"] not in inner
            ],
            "inner_networks": _values.of_family(known["inner_networks"], 4),
            # Where something else is said, the operator has them come from there.
            "renamed": known["egress4"] == [gateway["outer_address"]],
            "pending": server in pending,
        }

    return {
        "outer_address": gateway["outer_address"],
        "arrival_address": gateway["arrival_address"],
        "servers": [row(server) for server in names],
        "keep": keep,
    }
