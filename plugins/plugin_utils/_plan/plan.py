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

import types
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import addresses as _plan_addresses
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import faces as _faces
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import families as _families
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import gateways as _gateways
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import own as _own
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import partner_rows as _partner_rows
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import server as _server
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import tls as _plan_tls
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.accounts import accounts
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.acknowledged import acknowledged
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Options, PlanError, Problem, Reader, some
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.vantage import vantage_of

# The class that every server's AllowForeignAddress names.
PEER_CLASS = "fxp_peers"
# The states of a server: it serves, or what made it serve is taken off it.
PRESENT, ABSENT = "present", "absent"


def _allow_foreign_address(reader: Reader, *, has_peers: bool) -> str:
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


def _host(
    reader: Reader,
    server: t.Mapping[str, t.Any],
    is_alone: bool,
    partners: list[str],
    gateway: t.Mapping[str, t.Any] | None,
) -> dict[str, t.Any]:
    """What this server needs beside the peers' table."""
    clients = reader.get("clients", _values.networks) or {4: [], 6: []}
    passive = server["passive_ports"]
    masquerade = _server.masquerade(reader, gateway, server["families"])
    return {
        "accept_open_passive": reader.options["accept_open_passive"],
        "accounts": accounts(reader),
        "acknowledged": acknowledged(reader),
        "allow_foreign_address": _allow_foreign_address(reader, has_peers=bool(partners) or not is_alone),
        "check_user": reader.options["check_user"],
        "clients4": clients[4],
        "clients6": clients[6],
        "extra_peers": partners,
        "firewall_backend": reader.options["firewall_backend"],
        "firewall_mark": reader.get("firewall_mark", _values.mark),
        "inner_masquerade_address": _faces.masquerade(server, masquerade),
        "masquerade_address": masquerade,
        # A session that finds the passive range full gets a port outside of it (ProFTPD src/inet.c), behind the firewall.
        "max_instances": min(100, passive["last"] - passive["first"] + 1) if passive else None,
        "state": PRESENT,
        "take_over": reader.options["take_over"],
        **_own.row(reader, server),
        **_plan_tls.host(reader, server),
    }


def _cautions(
    readers: t.Mapping[str, Reader], servers: t.Mapping[str, t.Mapping[str, t.Any]], hosts: t.Mapping[str, t.Mapping[str, t.Any]]
) -> list[str]:
    """What works but deserves a word."""
    told: dict[str, list[str]] = {}
    for name, host in hosts.items():
        if host["allow_foreign_address"] != "off" and not any(account["fxp"] for account in host["accounts"]):
            told.setdefault("fxp_users: no account may do FXP; say fxp: true for one, or say fxp_check_user.", []).append(name)
    for name, sentence in [*_families.cautions(servers), *_faces.cautions(servers), *_plan_tls.cautions(readers)]:
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


def make_plan(
    options: t.Mapping[str, Options],
    vantage_address: str | None = None,
    gateways: t.Mapping[str, Options] = types.MappingProxyType({}),
    directory: str = "",
) -> dict[str, t.Any]:
    """
    Return the plan for all servers of a fleet.

    ``options``: for every member of ``fxp_servers`` its options as ``proftpd.fxp.fxp_plan#action`` documents them, with
    defaults filled in. ``vantage_address``: the literal address of the host that checks are driven from, where the inventory
    tells it. ``gateways``: the same of the members of ``fxp_gateways``. ``directory``: where the inventory lies on the
    controller. Returns plain data: ``authority`` (where the certificate of the fleet's authority and its key are),
    ``families`` (those by which two of its servers exchange files), ``gateways`` (those that are ours to configure, by name),
    ``servers`` (the peers' table, by name), ``partners`` (the same of servers outside the inventory), ``hosts`` (what differs
    per host), ``refusing`` (the servers that take no foreign addresses, so that transfers with them must be refused), ``shut``
    (those of them whose passive ports nobody opens for peers), ``vantage`` and ``cautions`` (sentences on what works but
    deserves a word). Passwords are looked at and never returned. A server that is to be absent is in ``hosts`` only, with
    nothing but its state, and nothing else that is said of it is looked at.

    Raises PlanError with all problems at once.
    """
    problems: list[Problem] = []
    readers = {name: Reader(name, mine, problems) for name, mine in options.items() if mine["state"] != ABSENT}
    boxes = _gateways.rows(gateways, options, problems)
    in_front = {name: _gateways.of_server(reader, boxes) for name, reader in readers.items()}
    servers = {name: _server.row(reader, in_front[name]) for name, reader in readers.items()}
    partners = _partner_rows.read(readers, servers)
    hosts = {
        name: _host(reader, servers[name], len(servers) == 1, partners.of_server[name], in_front[name])
        for name, reader in readers.items()
    }
    problems += [
        *_gateways.disagreements(readers, servers, gateways, boxes),
        *_plan_addresses.disagreements(readers, servers),
        *_families.disagreements(servers, partners.of_server),
        *_faces.disagreements(servers),
        *_plan_tls.disagreements(readers),
    ]
    vantage = vantage_of(readers, vantage_address, gateways, problems)
    if problems:
        raise PlanError(problems)
    refusing = [name for name in servers if hosts[name]["allow_foreign_address"] == "off"]
    return {
        "authority": _plan_tls.authority(readers, directory),
        "families": _families.of_fleet({**servers, **partners.rows}),
        "gateways": boxes,
        "servers": servers,
        "partners": {
            partner: {
                **row,
                "servers": [name for name, own in partners.of_server.items() if partner in own and name not in refusing],
            }
            for partner, row in partners.rows.items()
        },
        "hosts": {name: hosts.get(name, {"state": ABSENT}) for name in options},
        # Not a list of pairs: a thousand servers have a million of them.
        "refusing": refusing,
        "shut": [name for name in refusing if not _families.is_open(hosts[name], servers[name]["announced_family"])],
        "vantage": vantage,
        "cautions": _cautions(readers, servers, hosts),
    }
