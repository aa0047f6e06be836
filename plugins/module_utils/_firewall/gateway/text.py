# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The text of ``/etc/proftpd-fxp/gateway.nft``, for the kernel and for people, and what it says. Pure.

One table of our own has translation and filter. It is a plain rule for each thing, because a gateway has few servers behind it,
and because nft 0.9.8 knows no maps to an address and a port.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.leads import (
    BOTH,
    Clients,
    Lead,
    Leads,
    Out,
    Peers,
    Port,
    outermost,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Span
from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable

TABLE = "proftpd_fxp_gateway"
# In front of all that others translate at the usual places: a rule of theirs that leads everything elsewhere comes later.
DSTNAT, SRCNAT = -101, 99

_HEADER = """\
#
# Managed by the Ansible collection proftpd.fxp; changes made by hand are overwritten.
#

# What the world dials, where such connections arrive, and the interfaces by which they come and go on.
"""
_DELETED = f"""
# The first line makes sure that there is something to delete.
table inet {TABLE}
delete table inet {TABLE}

"""
_IP = {4: "ip", 6: "ip6"}
_KINDS = {False: "control connections", True: "data connections"}


def text_of(leads: Leads) -> str:
    """The rules file for what is to stand on a gateway."""
    return "".join([_HEADER, *_defines(leads), _DELETED, *_table(leads)])


def _defines(leads: Leads) -> t.Iterator[str]:
    yield f"define outer = {leads.outer}\n"
    yield f"define arrival = {{ {', '.join(dict.fromkeys((leads.arrival, leads.outer)))} }}\n"
    for name, interfaces in (("outside", leads.outside), ("inside", leads.inside)):
        if interfaces:
            yield f"define {name} = {_set(_quoted(each) for each in interfaces)}\n"
    if leads.closed:
        yield "# This host forwarded nothing before, so nothing else passes.\ndefine closed = 1\n"
    if any(leads.ports[family] for family in BOTH):
        yield "# Ports of the servers behind this host, as they have them.\n"
    for family in BOTH:
        rows = [
            f"{port.inner} . {_span(port.ports)}, # {_KINDS[port.files]} of {printable(port.name)}"
            for port in leads.ports[family]
        ]
        yield _define(f"forwarded{family}", rows)
    if any(leads.out[family] for family in BOTH):
        yield "# Data connections that those open to peers elsewhere.\n"
    for family in BOTH:
        rows = [f"{out.inner} . {out.address} . {_span(out.ports)}, # {printable(out.name)}" for out in leads.out[family]]
        yield _define(f"passing{family}", rows)


def _define(name: str, rows: t.Sequence[str]) -> str:
    return "".join([f"define {name} = {{\n", *(f"\t{row}\n" for row in rows), "}\n"]) if rows else ""


def _table(leads: Leads) -> t.Iterator[str]:
    yield f"table inet {TABLE} {{\n"
    yield "\t# Each port leads to one server.\n"
    yield from _chain(
        "prerouting", f"type nat hook prerouting priority dstnat - {-100 - DSTNAT}; policy accept;", _translations(leads)
    )
    yield "\n\t# Peers know the servers by one address, those behind this host too, whose answers come back so.\n"
    yield from _chain(
        "postrouting", f"type nat hook postrouting priority srcnat - {100 - SRCNAT}; policy accept;", _renamings(leads)
    )
    yield "\n\t# Nothing but the ports of those servers is looked at here; everything else is left to other tables.\n"
    yield from _chain("forward", "type filter hook forward priority filter; policy accept;", _forward(leads))
    yield "\n"
    yield from _chain("ftp", "ct state established,related accept", [*_admitted(leads), "counter drop"])
    yield "}\n"


def _chain(name: str, first: str, rules: t.Iterable[str]) -> t.Iterator[str]:
    yield f"\tchain {name} {{\n\t\t{first}\n"
    yield from (f"\t\t{rule}\n" for rule in rules)
    yield "\t}\n"


def _translations(leads: Leads) -> t.Iterator[str]:
    for lead in leads.leads:
        target = lead.inner if lead.port is None else f"{lead.inner}:{lead.port}"
        yield f"ip daddr $arrival tcp dport {_span(lead.ports)} dnat ip to {target} comment {_quoted(printable(lead.name))}"


def _renamings(leads: Leads) -> t.Iterator[str]:
    if leads.inners:
        inside = outermost([*leads.inners, *leads.lan])
        yield f"ct status dnat ip saddr {_set(inside)} ip daddr . tcp dport $forwarded4 snat ip to $outer"
    for inner in leads.renamed:
        peers = list(dict.fromkeys(out.address for out in leads.out[4] if out.inner == inner))
        if peers:
            yield f"ip saddr {inner} ip daddr {_set(peers)} meta l4proto tcp snat ip to {leads.arrival}"


def _forward(leads: Leads) -> t.Iterator[str]:
    for family in BOTH:
        if leads.ports[family]:
            yield f"{_IP[family]} daddr . tcp dport $forwarded{family} jump ftp"
    if leads.closed:
        yield "meta nfproto ipv4 ct state established,related accept"
        if leads.out[4]:
            yield "ip saddr . ip daddr . tcp dport $passing4 accept"
        yield "meta nfproto ipv4 counter drop"


def _admitted(leads: Leads) -> t.Iterator[str]:
    for family in BOTH:
        for clients in leads.clients[family]:
            yield f"{_IP[family]} saddr {_set(clients.networks)} {_IP[family]} daddr {_set(clients.inners)} accept"
        for peers in leads.peers[family]:
            who = f"{_IP[family]} saddr {_set(peers.addresses)}"
            yield f"{_IP[family]} daddr {peers.inner} tcp dport {_span(peers.ports)} {who} accept"


def _set(values: t.Iterable[str]) -> str:
    return f"{{ {', '.join(values)} }}"


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace('"', "'"))


def _span(span: Span) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}"


def read(text: str) -> Leads:
    """
    What a rules file says that was written here.

    Raises FirewallError if it is none.
    """
    outer, arrival = re.search(r"^define outer = (\S+)$", text, re.M), re.search(r"^define arrival = \{ ([^\s,]+)", text, re.M)
    if not outer or not arrival:
        raise FirewallError("The rules of the gateway do not say which address the world dials; they were changed by hand.")
    chains = dict(re.findall(r"^\tchain (\w+) \{\n(.*?)^\t\}", text, re.M | re.S))
    admitted = chains.get("ftp", "")
    renamed = re.findall(r"^\t\tip saddr (\S+) ip daddr \{", chains.get("postrouting", ""), re.M)
    inside = re.search(r"^\t\tct status dnat ip saddr \{ (.*?) \}", chains.get("postrouting", ""), re.M)
    leads = tuple(
        Lead(_ports(ports), inner, int(port) if port else None, name)
        for ports, inner, port, name in re.findall(
            r'^\t\tip daddr \$arrival tcp dport (\S+) dnat ip to ([\d.]+)(?::(\d+))? comment "(.*)"$',
            chains.get("prerouting", ""),
            re.M,
        )
    )
    inners = {lead.inner for lead in leads}
    return Leads(
        outer.group(1),
        arrival.group(1),
        leads,
        {family: tuple(_forwarded(text, family)) for family in BOTH},
        {family: tuple(_clients(admitted, family)) for family in BOTH},
        {family: tuple(_peers(admitted, family)) for family in BOTH},
        {family: tuple(_passing(text, family)) for family in BOTH},
        tuple(renamed),
        outside=_names(text, "outside"),
        inside=_names(text, "inside"),
        lan=tuple(each for each in _listed(inside.group(1)) if each not in inners) if inside else (),
        closed=bool(re.search(r"^define closed = 1$", text, re.M)),
    )


def _ports(text: str) -> Span:
    first, _dash, last = text.partition("-")
    return int(first), int(last or first)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\s,]+", text))


def _names(text: str, name: str) -> tuple[str, ...]:
    found = re.search(rf"^define {name} = \{{ (.*) \}}$", text, re.M)
    return tuple(re.findall(r'"([^"]*)"', found.group(1))) if found else ()


def _rows(text: str, name: str) -> list[tuple[str, ...]]:
    """The elements of a set in a ``define``, each with what its comment says."""
    found = re.search(rf"^define {name} = \{{\n(.*?)^\}}", text, re.M | re.S)
    rows = re.findall(r"^\t(.*?), # (.*)$", found.group(1), re.M) if found else []
    return [(*element.split(" . "), comment) for element, comment in rows]


def _forwarded(text: str, family: int) -> t.Iterator[Port]:
    for inner, ports, comment in _rows(text, f"forwarded{family}"):
        kind, _of, name = comment.partition(" of ")
        yield Port(inner, _ports(ports), kind == _KINDS[True], name)


def _passing(text: str, family: int) -> t.Iterator[Out]:
    for inner, address, ports, name in _rows(text, f"passing{family}"):
        yield Out(inner, address, _ports(ports), name)


def _clients(chain: str, family: int) -> t.Iterator[Clients]:
    ip = _IP[family]
    for networks, inners in re.findall(rf"^\t\t{ip} saddr \{{ (.*?) \}} {ip} daddr \{{ (.*?) \}} accept$", chain, re.M):
        yield Clients(_listed(networks), _listed(inners))


def _peers(chain: str, family: int) -> t.Iterator[Peers]:
    ip = _IP[family]
    rule = rf"^\t\t{ip} daddr (\S+) tcp dport (\S+) {ip} saddr \{{ (.*?) \}} accept$"
    for inner, ports, addresses in re.findall(rule, chain, re.M):
        yield Peers(inner, _ports(ports), _listed(addresses))


__all__ = ("DSTNAT", "SRCNAT", "TABLE", "read", "text_of")
