# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The text of ``/etc/proftpd-fxp/firewall.firewalld``: a wish for people and for this backend, a line each. Pure."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Peer, Ports, Span, Wish
from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable

_HEADER = """\
#
# Managed by the Ansible collection proftpd.fxp; changes made by hand are overwritten.
#
# What firewalld lets in, a line each; on these ports it drops everybody else before its zones are asked. It becomes
# ipsets/proftpd-fxp-*.xml and policies/fxp-*.xml in /etc/firewalld.
#
"""
_COMMENTS = {
    "former-control": "Ports that the server still has beside those of the plan; guarded alike until it has changed to those.",
    "address": "Addresses of this server, and the interfaces by which connections to them come.",
    "client": "Who may come to all of these ports.",
    "peer": "Who may come to the passive ports.",
    "outgoing": "What this server itself opens: data connections to a peer that listens.",
}

_AS = {"former-passive": "former-control", "interface": "address"}  # what stands under the comment of another


class Rules(t.NamedTuple):
    """What a text says."""

    control: tuple[Span, ...]  # for clients: the port of the plan, and those that the server still has
    passive: tuple[Span, ...]  # for clients and peers, likewise
    clients: tuple[str, ...]
    peers: tuple[str, ...]
    outgoing: tuple[tuple[str, Span], ...]  # addresses with the ports on which they listen
    interfaces: tuple[str, ...] = ()  # by which connections to this server come; none if that is not known
    addresses: tuple[str, ...] = ()  # of this server

    @property
    def planned(self) -> Ports:
        """The ports of the plan."""
        return Ports(self.control[0][0], self.passive[0])

    @property
    def spans(self) -> tuple[Span, ...]:
        """All ports."""
        return (*self.control, *self.passive)


def text_of(wish: Wish) -> str:
    """The text for a wish."""
    rows: dict[str, list[str]] = {
        "control": [str(wish.ports.control)],
        "passive": [_span(wish.ports.passive)],
        "address": list(wish.addresses),
        "interface": [name for name in wish.interfaces if name == printable(name)],
        "former-control": [_span(span) for span in wish.former.control],
        "former-passive": [_span(span) for span in wish.former.passive],
        "client": [network for family in (4, 6) for network in wish.clients[family]],
        "peer": [row for family in (4, 6) for peer in wish.peers[family] for row in _named(peer)],
        "outgoing": [row for family in (4, 6) for peer in wish.outgoing[family] for row in _named(peer, f" {_span(peer.ports)}")],
    }
    lines: list[str] = []
    commented = ""
    for word, found in rows.items():
        comment = _COMMENTS.get(_AS.get(word, word), "")
        if found and comment != commented:
            lines += ["", f"# {comment}"]
            commented = comment
        lines += [f"{word} {row}" for row in found]
    return _HEADER + "\n".join(lines) + "\n"


def read_text(text: str) -> Rules:
    """Read such a text; raise FirewallError if it is none."""
    found: dict[str, list[list[str]]] = {}
    for line in text.split("\n"):
        words = line.partition("#")[0].split()
        if words:
            found.setdefault(words[0], []).append(words[1:])
    try:
        spans = {
            word: tuple(_spans(row[0]) for row in found.pop(word, []))
            for word in ("control", "passive", "former-control", "former-passive")
        }
        addresses = {word: tuple(_network(row[0]) for row in found.pop(word, [])) for word in ("client", "peer", "address")}
        interfaces = tuple(row[0] for row in found.pop("interface", []))
        outgoing = tuple((_network(row[0]), _spans(row[1])) for row in found.pop("outgoing", []))
    except (ValueError, IndexError):
        found = {"": []}
    if found or len(spans["control"]) != 1 or len(spans["passive"]) != 1:
        raise FirewallError(
            "The rules are no text of the backend firewalld: it has one line with control and a port, one with passive and a "
            "range of ports, and a line for each client, peer and outgoing address."
        )
    return Rules(
        (*spans["control"], *spans["former-control"]),
        (*spans["passive"], *spans["former-passive"]),
        addresses["client"],
        addresses["peer"],
        outgoing,
        interfaces,
        addresses["address"],
    )


def _named(peer: Peer, more: str = "") -> list[str]:
    return [f"{address}{more} # {printable(peer.name)}" for address in peer.addresses]


def _span(span: Span) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}"


def _spans(word: str) -> Span:
    first, dash, last = word.partition("-")
    return int(first), int(last if dash else first)


def _network(word: str) -> str:
    ipaddress.ip_network(word)
    return word


__all__ = ("Rules", "read_text", "text_of")
