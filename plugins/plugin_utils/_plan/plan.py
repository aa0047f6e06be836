# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Turn an inventory into a plan: what every server must announce, allow, open and prove.

Pure: reads the options of every server, returns plain data without secrets, knows nothing of Ansible.
"""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import addresses as _plan_addresses
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import families as _families
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import tls as _plan_tls
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.acknowledged import acknowledged
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Options, PlanError, Problem, Reader, some

FAMILIES = (4, 6)
# The class that every server's AllowForeignAddress names.
PEER_CLASS = "fxp_peers"
# The states of a server: it serves, or what made it serve is taken off it.
PRESENT, ABSENT = "present", "absent"
# The inventory group of the hosts that forward to servers.
GATEWAYS = "fxp_gateways"

# What an account may do of which nothing is said.
UNLIMITED: dict[str, t.Any] = {"upload": True, "download": True, "max_sessions": None, "transfer_rate": None}


def _server(reader: Reader) -> dict[str, t.Any]:
    """What the others must know of this server: a row of the peers' table."""
    try:
        _values.host_name(reader.host)
    except ValueError as exc:
        reader.problems.append(Problem(reader.host, "inventory_hostname", reader.host, str(exc)))
    address = _addresses(reader)
    control_port = reader.get("control_port", _values.port)
    public_control_port = reader.get("public_control_port", _values.port) or control_port
    passive = reader.get("passive_ports", _values.port_range)
    if passive and control_port and passive[0] <= control_port <= passive[1]:
        reader.complain(
            "passive_ports",
            reader.options["passive_ports"],
            f"contains the control port {control_port}; choose a range without it",
        )
    announced = _announced(reader, address)
    families = [family for family in address if announced[family]]
    egress = _egress(reader, announced)
    members = sorted({*announced.values(), *egress} - {None})
    return {
        # What is said first is what is dialled where one address must do.
        "address": address[families[0]] if families else None,
        "announced": announced[families[0]] if families else None,
        "announced_family": families[0] if families else 4,
        "families": sorted(families),
        **{f"address{family}": address.get(family) for family in FAMILIES},
        **{f"announced{family}": announced.get(family) for family in FAMILIES},
        "control_port": control_port,
        "public_control_port": public_control_port,
        "gateway": reader.options["gateway"],
        "passive_ports": {"first": passive[0], "last": passive[1]} if passive else None,
        "egress": egress,
        # PORT brings the announced address to a peer, the peer's own connection brings the egress address.
        "class_members": members,
        **{f"egress{family}": _values.of_family(egress, family) for family in FAMILIES},
        **{f"class_members{family}": _values.of_family(members, family) for family in FAMILIES},
        "tls": reader.options["tls"],
    }


def _addresses(reader: Reader) -> dict[int, str]:
    """The addresses that clients and peers dial, by family, in the order in which they are said."""
    found: dict[int, str] = {}
    for text in reader.options["address"] or ():
        address = reader.parse("address", _values.address, text)
        family = _values.family(address) if address else 0
        if family in found:
            reader.complain(
                "address",
                reader.options["address"],
                f"has two addresses of IPv{family}; write one, or one of each family, and the others of a server that opens "
                "connections from them into fxp_egress_addresses",
            )
        elif address:
            found[family] = address
    if not reader.options["address"]:
        reader.complain(
            "address",
            None,
            "it is not said and ansible_host is no literal address that others can dial; write the "
            "address that clients and peers dial",
        )
    return found


def _announced(reader: Reader, address: t.Mapping[int, str]) -> dict[int, str]:
    """What the server tells clients of each family to connect to for data. Only IPv4 is translated (PASV, RFC 959)."""
    masquerade = reader.get("masquerade_address", _values.address)
    if masquerade is None:
        return dict(address)
    if _values.family(masquerade) == 6:
        reader.complain(
            "masquerade_address",
            masquerade,
            "is an IPv6 address, which PASV cannot announce (RFC 959); "
            "write an IPv4 address, or leave it out: IPv6 is not behind NAT",
        )
    elif address and 4 not in address:
        reader.complain(
            "masquerade_address",
            masquerade,
            f"is for those who dial an IPv4 address, and fxp_address has {address[6]} alone; add the IPv4 address to it, or "
            "leave this out",
        )
    return {family: masquerade if family == _values.family(masquerade) == 4 else own for family, own in address.items()}


def _egress(reader: Reader, announced: t.Mapping[int, str]) -> list[str]:
    """Where connections of the server come from. A family of which nothing is said is not translated."""
    said = [reader.parse("egress_addresses", _values.origin, entry) for entry in reader.options["egress_addresses"]]
    known = {entry for entry in said if entry}
    # Where nothing fits the server, that is a mistake, and is told as one.
    if not said or {_values.family(entry) for entry in known} & announced.keys():
        known |= {own for family, own in announced.items() if not _values.of_family(known, family)}
    return sorted(known)


def _accounts(reader: Reader) -> list[dict[str, t.Any]]:
    """The accounts of this server without their passwords; ``password_from`` says where those are."""
    rows = []
    for user in reader.options["users"]:
        given = [kind for kind in ("password", "password_hash") if user[kind] is not None]
        name = user["name"]
        if len(given) != 1:
            reader.complain("users", name, "needs exactly one of password and password_hash")
        reader.parse("users", _values.password_hash, user["password_hash"], secret=True)
        reader.parse("users", _values.password, user["password"], secret=True)
        for kind in ("uid", "gid"):
            reader.parse("users", _values.owner, user[kind])
        rows.append(
            {
                "name": name,
                "home": user["home"],
                "uid": user["uid"],
                "gid": user["gid"],
                "password_from": "users",
                # Whoever checks needs it, and so do those who have it said.
                "fxp": user["fxp"] or name == reader.options["check_user"],
                **_limits(reader, user),
            }
        )

    check_user, check_password = reader.options["check_user"], reader.options["check_password"]
    if check_user is not None and check_user not in {row["name"] for row in rows}:
        rows.append(
            {"name": check_user, "home": None, "uid": None, "gid": None, "password_from": "check", "fxp": True, **UNLIMITED}
        )
    for row in rows:
        reader.parse("check_user" if row["password_from"] == "check" else "users", _values.account_name, row["name"])
        row["home"] = reader.parse("users", _values.home, row["home"]) or f"/srv/fxp/{row['name']}"
    for name, count in _counts(row["name"] for row in rows).items():
        if count > 1:
            reader.complain("users", name, "stands there more than once; give every account one entry")

    if (check_user is None) != (check_password is None):
        missing = "check_password" if check_password is None else "check_user"
        reader.complain(
            missing, None, "it is not said although its counterpart is; say both fxp_check_user and fxp_check_password"
        )
    printed = [reader.host, *(row[key] for row in rows for key in ("name", "home"))]
    reader.parse("check_password", lambda text: _values.check_password(text, printed), check_password, secret=True)
    for user in reader.options["users"]:
        if user["name"] == check_user and user["password"] is not None and user["password"] != check_password:
            reader.complain(
                "check_password",
                check_password,
                "is not the password that fxp_users gives this account; say the same one twice, or only one of them",
                secret=True,
            )
    return rows


def _limits(reader: Reader, user: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What an account may do. ``transfer_rate`` is in units of 1024 bytes per second, as TransferRate wants it."""
    sessions, rate = user["max_sessions"], user["max_rate"]
    for option, number in (("max_sessions", sessions), ("max_rate", rate)):
        if number is not None and not 1 <= number <= _values.MOST:
            reader.complain(
                "users",
                number,
                f"is no {option} of an account; write a number from 1 to {_values.MOST}, or leave it out for no limit",
            )
    return {
        "upload": user["upload"],
        "download": user["download"],
        "max_sessions": sessions,
        "transfer_rate": None if rate is None else f"{max(rate / 1024, 0.001):.3f}",
    }


def _counts(items: t.Iterable[t.Any]) -> dict[t.Any, int]:
    return {key: len(list(group)) for key, group in itertools.groupby(sorted(items))}


def _allow_foreign_address(reader: Reader, has_peers: bool) -> str:
    """The value of AllowForeignAddress: never absent, because ProFTPD may then accept anybody's data connections."""
    wanted = reader.options["foreign_addresses"]
    if wanted == "any":
        if not reader.options["accept_bounce_risk"]:
            reader.complain(
                "foreign_addresses",
                wanted,
                "lets anybody use this server for bounce attacks (RFC 2577); say 'peers', or also fxp_accept_bounce_risk: true",
            )
        return "on"
    return PEER_CLASS if wanted == "peers" and has_peers else "off"


def _host(reader: Reader, server: t.Mapping[str, t.Any], has_peers: bool) -> dict[str, t.Any]:
    """What this server needs beside the peers' table."""
    clients = reader.get("clients", _values.networks) or {4: [], 6: []}
    passive = server["passive_ports"]
    return {
        "accept_open_passive": reader.options["accept_open_passive"],
        "accounts": _accounts(reader),
        "acknowledged": acknowledged(reader),
        "allow_foreign_address": _allow_foreign_address(reader, has_peers),
        "check_user": reader.options["check_user"],
        "clients4": clients[4],
        "clients6": clients[6],
        "firewall_backend": reader.options["firewall_backend"],
        "firewall_mark": reader.get("firewall_mark", _values.mark),
        "masquerade_address": reader.options["masquerade_address"],
        # A session that finds the passive range full gets a port outside of it (ProFTPD src/inet.c), behind the firewall.
        "max_instances": min(100, passive["last"] - passive["first"] + 1) if passive else None,
        "state": PRESENT,
        "take_over": reader.options["take_over"],
        **_plan_tls.host(reader, server),
    }


def _gateway(reader: Reader, gateways: t.Collection[str]) -> None:
    """The gateway that forwards to this server: it must be one, and the server must announce its outer address."""
    name = reader.options["gateway"]
    if name is None:
        if reader.options["public_control_port"] is not None:
            reader.complain(
                "public_control_port",
                reader.options["public_control_port"],
                "is a port of a gateway, and fxp_gateway is not said; say both, or only fxp_control_port",
            )
        return
    if name == reader.host:
        reader.complain("gateway", name, "is the server itself; a gateway stands in front of it")
    elif name not in gateways:
        known = f"has {', '.join(sorted(gateways))}" if gateways else "is missing or empty"
        reader.complain(
            "gateway", name, f"is not in the inventory group {GATEWAYS}, which {known}; put it there, or name one that is"
        )
    if reader.options["masquerade_address"] is None:
        reader.complain(
            "masquerade_address",
            None,
            "it is not said although fxp_gateway is; write the outer address of the gateway, which PASV must announce",
        )


def _cautions(
    readers: t.Mapping[str, Reader], servers: t.Mapping[str, t.Mapping[str, t.Any]], hosts: t.Mapping[str, t.Mapping[str, t.Any]]
) -> list[str]:
    """What works but deserves a word."""
    told: dict[str, list[str]] = {}
    for name, host in hosts.items():
        if host["allow_foreign_address"] != "off" and not any(account["fxp"] for account in host["accounts"]):
            told.setdefault("fxp_users: no account may do FXP; say fxp: true for one, or say fxp_check_user.", []).append(name)
    for name, sentence in [*_families.cautions(servers), *_plan_tls.cautions(readers)]:
        told.setdefault(sentence, []).append(name)
    for name, server in servers.items():
        first, last = _values.EPHEMERAL_PORTS
        said, ports = readers[name].options["passive_ports"], server["passive_ports"]
        if said != _values.DEFAULT_PASSIVE_PORTS and ports["first"] <= last and first <= ports["last"]:
            told.setdefault(
                f"fxp_passive_ports: {said!r} shares ports with {first}-{last}, from which Linux takes ports for "
                f"outgoing connections unless it is told otherwise; ProFTPD passes over those in use, and a range "
                f"below {first} or above {last} has none.",
                [],
            ).append(name)
    return [f"{some(names)}: {sentence}" for sentence, names in told.items()]


def _vantage(
    readers: t.Mapping[str, Reader], address: str | None, gateways: t.Collection[str], problems: list[Problem]
) -> str | None:
    """The one host that checks are driven from, or None without a server. ``address``: its own, where the inventory tells it."""
    by_host = {name: reader.options["vantage"] for name, reader in readers.items()}
    if not by_host:
        return None
    first_host, first = next(iter(by_host.items()))
    for name, vantage in by_host.items():
        if vantage != first:
            problems.append(
                Problem(name, "fxp_vantage", vantage, f"differs from {first!r} of {first_host}; all servers need the same one")
            )
    if first in readers:
        problems.append(
            Problem(
                first_host,
                "fxp_vantage",
                first,
                "is one of fxp_servers; a server always accepts its own "
                "client's address, so such a check proves nothing; choose a third host",
            )
        )
    if first in gateways:
        problems.append(
            Problem(
                first_host,
                "fxp_vantage",
                first,
                f"is one of {GATEWAYS}; what a gateway sends itself is not forwarded, and servers see it at the address of those "
                "behind it, so such a check proves nothing; choose another host",
            )
        )
    for name, reader in readers.items():
        clients = reader.options["clients"]
        if address is not None and not _admits(clients, address):
            problems.append(
                Problem(
                    name,
                    "fxp_clients",
                    clients,
                    f"does not have the address {address} of fxp_vantage {first!r} in it, so no check could log in; add it",
                )
            )
    return str(first)


def _admits(clients: t.Sequence[str], address: str) -> bool:
    """Tell whether ``address`` is among ``clients``; entries that cannot be read have been complained about already."""
    try:
        nets = _values.networks(clients)
    except ValueError:
        return True
    return _values.contains(nets[4] + nets[6], address)


def make_plan(
    options: t.Mapping[str, Options], vantage_address: str | None = None, gateways: t.Collection[str] = (), directory: str = ""
) -> dict[str, t.Any]:
    """
    Return the plan for all servers of a fleet.

    ``options``: for every member of ``fxp_servers`` its options as ``proftpd.fxp.fxp_plan#action`` documents them, with
    defaults filled in. ``vantage_address``: the literal address of the host that checks are driven from, where the inventory
    tells it. ``gateways``: the members of ``fxp_gateways``. ``directory``: where the inventory lies on the controller. Returns
    plain data: ``authority`` (where the certificate of the fleet's authority and its key are), ``families`` (those by which two
    of its servers exchange files), ``servers`` (the peers' table, by name), ``hosts`` (what differs per host), ``refusing`` (the
    servers that take no foreign addresses, so that transfers with them must be refused), ``shut`` (those of them whose passive
    ports nobody opens for peers), ``vantage`` and ``cautions`` (sentences on what works but deserves a word). Passwords are
    looked at and never returned. A server that is to be absent is in ``hosts`` only, with nothing but its state, and nothing
    else that is said of it is looked at.

    Raises PlanError with all problems at once.
    """
    problems: list[Problem] = []
    readers = {name: Reader(name, mine, problems) for name, mine in options.items() if mine["state"] != ABSENT}
    servers = {name: _server(reader) for name, reader in readers.items()}
    hosts = {name: _host(reader, servers[name], len(servers) > 1) for name, reader in readers.items()}
    for reader in readers.values():
        _gateway(reader, gateways)
    problems += [
        *_plan_addresses.disagreements(readers, servers),
        *_families.disagreements(servers),
        *_plan_tls.disagreements(readers),
    ]
    vantage = _vantage(readers, vantage_address, gateways, problems)
    if problems:
        raise PlanError(problems)
    refusing = [name for name in servers if hosts[name]["allow_foreign_address"] == "off"]
    return {
        "authority": _plan_tls.authority(readers, directory),
        "families": _families.of_fleet(servers),
        "servers": servers,
        "hosts": {name: hosts.get(name, {"state": ABSENT}) for name in options},
        # Not a list of pairs: a thousand servers have a million of them.
        "refusing": refusing,
        "shut": [name for name in refusing if not _families.is_open(hosts[name], servers[name]["announced_family"])],
        "vantage": vantage,
        "cautions": _cautions(readers, servers, hosts),
    }
