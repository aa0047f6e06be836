# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Rules of iptables as nft would list them (libnftables-json(5)), so that one judgement serves both. Pure.

What is not known here becomes something that may hold or not.
"""

from __future__ import annotations

import ipaddress
import socket
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.saved import Rule, Saved
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import COMMENT, IPTABLES, Json, Ruleset
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Span

FAMILIES = {4: "ip", 6: "ip6"}
_PRIORITIES = {"raw": -300, "mangle": -150, "nat": -100, "filter": 0, "security": 50}
_LATE = 100  # of nat at the hooks that are last on their way

# Targets after which the next rule is asked, with nothing changed that rules are asked for here.
_HARMLESS = frozenset(
    (
        "AUDIT",
        "CHECKSUM",
        "CLASSIFY",
        "CONNMARK",
        "CONNSECMARK",
        "DSCP",
        "ECN",
        "HL",
        "HMARK",
        "IDLETIMER",
        "LED",
        "LOG",
        "MARK",
        "NFLOG",
        "RATEEST",
        "SECMARK",
        "SET",
        "TCPMSS",
        "TCPOPTSTRIP",
        "TEE",
        "TOS",
        "TRACE",
        "TTL",
        "ULOG",
    )
)
_VERDICTS: dict[str, Json] = {
    "ACCEPT": {"accept": None},
    "DROP": {"drop": None},
    "REJECT": {"reject": None},
    "RETURN": {"return": None},
    "QUEUE": {"queue": None},
    "NFQUEUE": {"queue": None},
    "SNAT": {"masquerade": None},
    "MASQUERADE": {"masquerade": None},
    "NOTRACK": {"notrack": None},
}
_UNKNOWN: Json = {"xt": {"type": "match", "name": "unknown"}}
_WAY_BACK: Json = {"fib": {"result": "oif", "flags": ["saddr", "iif"]}}
_LIMITS = frozenset(("limit", "hashlimit", "connlimit", "connbytes", "quota", "statistic", "recent"))
# Matches that are nothing without an option, or hold for all.
_MODULES = frozenset(("tcp", "comment", "conntrack", "state", "multiport", "addrtype", "pkttype", "set", "iprange", "mac"))
_FLAGS = ("fin", "syn", "rst", "psh", "ack", "urg")


class Tables(Ruleset):
    """Rules of iptables in the shape of those that nft lists. A line of ours may stand in any of its filter tables."""

    def manager(self, key: tuple[str, str, str]) -> str:
        """Nobody whose rules are not to be written to."""
        return ""


def ruleset(texts: t.Iterable[tuple[int, str, Saved]], opened: t.Sequence[Span] = (), whole: bool = False) -> Tables:
    """
    All tables of some texts, each with its family and the program that it is from.

    With ``whole``, lines of ours count: they accept the ports that are ``opened``, as the guard marks nothing else.
    """
    found: list[Json] = []
    for family, program, saved in texts:
        found += items(family, saved, opened, program)
    return Tables(found, whole=whole)


def items(family: int, saved: Saved, opened: t.Sequence[Span] = (), program: str = "") -> list[Json]:
    """What nft would list of a text. The handle of a rule is the number of its line."""
    found: list[Json] = []
    name = FAMILIES[family]
    for table in sorted({table for table, dummy in saved.policies} & set(IPTABLES)):
        found.append({"table": {"family": name, "name": table + program}})
    for (table, chain), policy in saved.policies.items():
        if table not in IPTABLES:
            continue
        body: Json = {"family": name, "table": table + program, "name": chain}
        hook = IPTABLES[table].get(chain)
        if hook and policy != "-":
            late = table == "nat" and hook in ("input", "postrouting")
            body.update(
                # Rules of ours are for the filter table: there the guard has marked what it lets through.
                type=table if table in ("filter", "nat") else "route",
                hook=hook,
                prio=_LATE if late else _PRIORITIES[table],
                policy="drop" if policy == "DROP" else "accept",
            )
        found.append({"chain": body})
    for rule in saved.rules:
        table, chain = rule.chain
        if table in IPTABLES:
            expr = _ours(opened) if rule.is_ours else expressions(rule, family, saved)
            body = {"family": name, "table": table + program, "chain": chain, "handle": rule.line, "expr": expr}
            body["said"] = saved.shown(rule.line)
            found.append({"rule": {**body, "comment": COMMENT} if rule.is_ours else body})
    return found


def _ours(opened: t.Sequence[Span]) -> list[Json]:
    return [_match(_field("tcp", "dport"), {"set": [{"range": list(span)} for span in opened]}), {"accept": None}]


def _match(left: Json, right: t.Any, negated: bool = False) -> Json:
    return {"match": {"op": "!=" if negated else "==", "left": left, "right": right}}


def _field(protocol: str, field: str) -> Json:
    return {"payload": {"protocol": protocol, "field": field}}


def expressions(rule: Rule, family: int, saved: Saved) -> list[Json]:
    """One rule: what it asks, and its verdict."""
    found: list[Json] = []
    verdict: list[Json] = []
    words, at, negated = rule.words, 0, False
    while at < len(words):
        word, at = words[at], at + 1
        if word == "!":
            negated = True
            continue
        values: list[str] = []
        while at < len(words) and not _is_option(words[at]):
            values.append(words[at])
            at += 1
        if word in ("-j", "-g") and values:
            verdict = [_verdict(rule, word, values[0], words[at:], saved)]
        elif word == "--invert" and found:
            found[-1] = _turned(found[-1])
        else:
            asked = _tried(word, values, negated, family)
            # Behind a target stand options of it, and in files by hand matches too.
            found += asked if not verdict or not word.startswith("--") or asked != [_UNKNOWN] else []
        negated = False
    return found + verdict


def _turned(expression: Json) -> Json:
    """What ``-m rpfilter --invert`` asks for."""
    body = expression.get("match", {})
    return _match(body["left"], False) if body.get("left") == _WAY_BACK else _UNKNOWN


def _tried(word: str, values: list[str], negated: bool, family: int) -> list[Json]:
    try:
        return _asked(word, values, negated, family)
    except (IndexError, ValueError, OSError):
        return [_UNKNOWN]


def _is_option(word: str) -> bool:
    return word == "!" or (word.startswith("-") and len(word) > 1)


def _verdict(rule: Rule, word: str, target: str, options: t.Sequence[str], saved: Saved) -> Json:
    if (rule.chain[0], target) in saved.policies:
        return {"goto" if word == "-g" else "jump": {"target": target}}
    if target == "CT" and "--notrack" in options:
        return {"notrack": None}
    if target in _HARMLESS or target == "CT":
        return {"counter": None}
    if target in ("DNAT", "REDIRECT", "TPROXY"):
        return {"redirect" if target == "REDIRECT" else "dnat": _translated(options)}
    return _VERDICTS.get(target, {"xt": {"type": "target", "name": target}})


def _translated(options: t.Sequence[str]) -> Json:
    """Where a translation leads, if that is one address or one port."""
    said = dict(zip(options, options[1:]))
    address, _colon, port = said.get("--to-destination", ":" + said.get("--to-ports", "")).rpartition(":")
    if not port.isdigit():
        return {"addr": address or port, "port": None} if port and not said.get("--to-ports") else {}
    return {"port": int(port), **({"addr": address} if address else {})}


def _asked(word: str, values: list[str], negated: bool, family: int) -> list[Json]:
    """What one option asks for. Raises ValueError, IndexError or OSError for what is not understood."""
    own = FAMILIES[family]
    if word == "-p":
        name = values[0].lower()
        return [] if name in ("all", "0") and not negated else [_match({"meta": {"key": "l4proto"}}, name, negated)]
    if word in ("-s", "-d"):
        return [_match(_field(own, "saddr" if word == "-s" else "daddr"), {"set": _networks(values[0])}, negated)]
    if word in ("-i", "-o"):
        name = values[0]
        name = f"{name[:-1]}*" if name.endswith("+") else name
        return [] if name == "*" else [_match({"meta": {"key": "iifname" if word == "-i" else "oifname"}}, name, negated)]
    if word in ("--dport", "--dports", "--sport", "--sports"):
        return [_match(_field("tcp", word[2:7]), {"set": [_ports(each) for each in values[0].split(",")]}, negated)]
    if word in ("--ctstate", "--state"):
        return [_match({"ct": {"key": "state"}}, {"set": [each.lower() for each in values[0].split(",")]}, negated)]
    if word == "--ctdir":
        return [_match({"ct": {"key": "direction"}}, values[0].lower(), negated)]
    if word in ("--syn", "--tcp-flags"):
        mask, set_ = (values[0], values[1]) if word == "--tcp-flags" else ("FIN,SYN,RST,ACK", "SYN")
        return [_match({"&": [_field("tcp", "flags"), _flags(mask)]}, _flags(set_) or [0], negated)]
    if word in ("--dst-type", "--src-type"):
        flags = ["daddr" if word == "--dst-type" else "saddr"]
        return [_match({"fib": {"result": "type", "flags": flags}}, {"set": values[0].lower().split(",")}, negated)]
    if word == "--pkt-type":
        return [_match({"meta": {"key": "pkttype"}}, values[0].lower(), negated)]
    if word in ("--src-range", "--dst-range"):
        right = {"range": values[0].split("-")}
        return [_match(_field(own, "saddr" if word == "--src-range" else "daddr"), right, negated)]
    if word == "--mac-source" or (word == "--match-set" and values[1].split(",")[0] in ("src", "dst")):
        # Which of them are in it, nobody here knows; some may be.
        field = "saddr" if word == "--mac-source" or values[1].startswith("src") else "daddr"
        return [_match(_field("ether", field), "unknown", negated)]
    return _module(word, values)


def _module(word: str, values: list[str]) -> list[Json]:
    """What naming a match asks for by itself."""
    if word == "-m" and values[0] in _LIMITS:
        return [{"limit": {}}]
    if word == "-m" and values[0] == "rpfilter":
        return [_match(_WAY_BACK, True)]
    if word == "--comment" or (word == "-m" and values[0] in _MODULES) or word in _PART_OF_LIMITS:
        return []
    return [_UNKNOWN]


_PART_OF_LIMITS = frozenset(
    (
        "--limit",
        "--limit-burst",
        "--hashlimit",
        "--hashlimit-upto",
        "--hashlimit-above",
        "--hashlimit-burst",
        "--hashlimit-mode",
        "--hashlimit-name",
        "--hashlimit-srcmask",
        "--hashlimit-dstmask",
        "--hashlimit-htable-size",
        "--hashlimit-htable-max",
        "--hashlimit-htable-expire",
        "--hashlimit-htable-gcinterval",
        "--connlimit-above",
        "--connlimit-upto",
        "--connlimit-mask",
        "--connlimit-saddr",
        "--connlimit-daddr",
        "--set",
        "--rcheck",
        "--update",
        "--remove",
        "--seconds",
        "--hitcount",
        "--rttl",
        "--reap",
        "--name",
        "--mask",
        "--rsource",
        "--rdest",
        "--mode",
        "--probability",
        "--every",
        "--packet",
        "--quota",
    )
)


def _networks(text: str) -> list[Json]:
    found = [ipaddress.ip_network(each, strict=False) for each in text.split(",")]
    return [{"prefix": {"addr": str(each.network_address), "len": each.prefixlen}} for each in found]


def _ports(text: str) -> t.Any:
    first, colon, last = text.partition(":")
    if not colon:
        return _port(first)
    return {"range": [_port(first or "0"), _port(last or "65535")]}


def _port(text: str) -> int:
    return int(text) if text.isdigit() else socket.getservbyname(text, "tcp")


def _flags(text: str) -> list[str]:
    named = text.lower()
    return list(_FLAGS) if named == "all" else [] if named == "none" else named.split(",")


__all__ = ("Tables", "expressions", "items", "ruleset")
