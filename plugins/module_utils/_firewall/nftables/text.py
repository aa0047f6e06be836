# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The text of ``/etc/proftpd-fxp/firewall.nft``: what a wish looks like in the language of nft, for the kernel and for people. Pure.

The same wish makes the text that releases before 0.3 made of it, so their hosts keep the rules that they have in force.
"""

from __future__ import annotations

import string
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.mark import Mark
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Peer, Span, Wish, data_ports
from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable

# Of the guard's chains where it marks: in front of all that other managers filter, behind what they do to packets before that.
PRIORITY = "filter - 5"


class _Text(string.Template):
    """nft has its own use for the dollar sign."""

    delimiter = "%"


_RULES = """\
#
# Managed by the Ansible collection proftpd.fxp; changes made by hand are overwritten.
#

# Control connections of clients, and data connections that clients and peers open to this server.
define control_port = %control_port
define passive_ports = %passive_ports
%{former}define incoming = { $control_port, $passive_ports%{more} }
# Addresses of this server: they tell by which interface those connections come.
%{known_here}define addresses = { %addresses }
%{outgoing4}%{outgoing6}%{mark}
# The first line makes sure that there is something to delete.
table inet proftpd_fxp
delete table inet proftpd_fxp

table inet proftpd_fxp {
    set clients4 {
        type ipv4_addr
        flags interval
        auto-merge
%{clients4}    }

    set peers4 {
        type ipv4_addr
        flags interval
        auto-merge
%{peers4}    }

    set clients6 {
        type ipv6_addr
        flags interval
        auto-merge
%{clients6}    }

    set peers6 {
        type ipv6_addr
        flags interval
        auto-merge
%{peers6}    }

    # Nothing but the FTP ports is looked at here; everything else is left to other tables.
    chain input {
        type filter hook input priority %{priority}; policy accept;
%{unmarked}        iifname "lo" accept
        tcp dport $incoming jump ftp
%{replies}    }

    chain ftp {
        ct state established,related %{accept}
        ip saddr @clients4 %{accept}
        ip6 saddr @clients6 %{accept}
        tcp dport $%{data_ports} ip saddr @peers4 %{accept}
        tcp dport $%{data_ports} ip6 saddr @peers6 %{accept}
        counter drop
    }
%{marking}}
"""

_MARK = """
# The mark on packets that are let through here. Another firewall manager opens the way to what has it, and to nothing else, so
# that nothing stands open without this table.
define packet_mark = %{value}
define packet_mark_bits = %{mask}
"""

_UNMARKED = """\
        meta mark & %{mask} == %{value} meta mark set meta mark & %{others}
"""

_MARKING = """
    chain output {
        type filter hook output priority %{priority}; policy accept;
%{unmarked}        oifname "lo" accept
        tcp sport $incoming ct state established,related goto allow
%{dials}    }

    chain allow {
        meta mark set meta mark & %{others} | %{value} accept
    }
"""

_FORMER = """\
# Ports that the server still has beside those of the plan; guarded alike until it has changed to those.
define former_ports = { %former_ports }
define planned = { $control_port, $passive_ports }
# Where peers come in meanwhile.
define data_ports = { %data_ports }
"""

_OUTGOING = """
# Data connections that this server opens to a peer that listens; on any of its addresses, as it may be moving to another one.
define outgoing%family = {
%{rows}}
"""


def text_of(wish: Wish, mark: Mark | None = None) -> str:
    """The rules file for a wish. With a ``mark``, its table marks what it lets through, in front of what others filter."""
    words = {
        "control_port": str(wish.ports.control),
        "passive_ports": _span(wish.ports.passive),
        "addresses": ", ".join(wish.addresses),
        "known_here": known_here(wish.here, wish.interfaces),
        "former": "",
        "more": "",
        "data_ports": "passive_ports",
        **_marking(wish, mark),
    }
    if wish.former.spans:
        ports = {"former_ports": _list(wish.former.spans), "data_ports": _list(data_ports(wish))}
        words.update(former=_filled(_FORMER, ports), more=f", {ports['former_ports']}", data_ports="data_ports")
    for family in (4, 6):
        words[f"outgoing{family}"] = _outgoing(family, wish.outgoing[family])
        words[f"clients{family}"] = _elements(f"{network}," for network in wish.clients[family])
        words[f"peers{family}"] = _elements(
            f"{address}, # {printable(peer.name)}" for peer in wish.peers[family] for address in peer.addresses
        )
    return _filled(_RULES, words)


def _marking(wish: Wish, mark: Mark | None) -> dict[str, str]:
    """The words that a rules file has for a mark, empty where it has none."""
    if mark is None:
        return {"priority": "filter", "accept": "accept", "mark": "", "unmarked": "", "replies": "", "marking": ""}
    bits = {"value": f"0x{mark.value:08x}", "mask": f"0x{mark.mask:08x}", "others": f"0x{mark.others:08x}"}
    protocols = [
        (family, "ip" if family == 4 else "ip6") for family in (4, 6) if any(peer.addresses for peer in wish.outgoing[family])
    ]
    words = {
        **bits,
        "priority": PRIORITY,
        "unmarked": _filled(_UNMARKED, bits),
        "dials": "".join(f"\t\t{ip} daddr . tcp dport $outgoing{family} goto allow\n" for family, ip in protocols),
    }
    replies = "".join(
        f"\t\t{ip} saddr . tcp sport $outgoing{family} ct state established,related goto allow\n" for family, ip in protocols
    )
    marking = _filled(_MARKING, words)
    return {**words, "accept": "goto allow", "mark": _filled(_MARK, bits), "replies": replies, "marking": marking}


def known_here(here: t.Sequence[str], interfaces: t.Sequence[str]) -> str:
    """The lines that say what only the host knows: which of the addresses it holds, and by which interfaces connections come."""
    lines = [f"define here = {{ {', '.join(here)} }}\n"] if here else []
    names = ", ".join(f'"{name}"' for name in interfaces)
    return "".join([*lines, f"define interfaces = {{ {names} }}\n"] if names else lines)


def _filled(layout: str, words: t.Mapping[str, str]) -> str:
    return _Text(layout.replace(" " * 4, "\t")).substitute(words)


def _elements(rows: t.Iterable[str]) -> str:
    lines = "".join(f"\t\t\t{row}\n" for row in rows)
    return f"\t\telements = {{\n{lines}\t\t}}\n" if lines else ""


def _outgoing(family: int, peers: t.Iterable[Peer]) -> str:
    rows = "".join(
        f"\t{address} . {_span(peer.ports)}, # {printable(peer.name)}\n" for peer in peers for address in peer.addresses
    )
    return _filled(_OUTGOING, {"family": str(family), "rows": rows}) if rows else ""


def _list(spans: t.Iterable[Span]) -> str:
    return ", ".join(str(span[0]) if span[0] == span[1] else _span(span) for span in spans)


def _span(span: Span) -> str:
    return f"{span[0]}-{span[1]}"


__all__ = ("known_here", "text_of")
