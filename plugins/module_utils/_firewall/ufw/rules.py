# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""
The rules that ufw keeps, as data. Pure.

``/etc/ufw/user.rules`` and ``user6.rules`` have a line ``### tuple ###`` for each, in the order in which they count, and behind
it what iptables is told (ufw-framework(8)). The first that holds for a connection decides.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.opener import Opening
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Span, without

APP = "proftpd-fxp"  # our profile for what comes in; those for what goes out have the ports in their names
COMMENT = "proftpd.fxp"
FILES = {4: "/etc/ufw/user.rules", 6: "/etc/ufw/user6.rules"}
_TO = f"{APP}-to-"
ANYWHERE = ("0.0.0.0/0", "::/0")
_TUPLE = re.compile(
    r"^### tuple ### (?P<route>route:)?(?P<action>[a-z]+)(?:_log(?:-all)?)? (?P<protocol>\S+) (?P<ports>\S+) (?P<to>\S+)"
    r" (?P<source_ports>\S+) (?P<source>\S+)(?: (?P<app>\S+) \S+)? (?P<direction>in|out)(?:_(?P<interface>[^\s!]+))?\S*"
    r"(?: comment=(?P<comment>[0-9a-f]*))?$"
)


class Rule(t.NamedTuple):
    """One rule; addresses and networks as they stand there."""

    action: str  # allow, deny, reject or limit
    protocol: str
    ports: str  # as ufw writes them: any, 21, 21,2121 or 61000:61049
    to: str
    source_ports: str
    source: str
    app: str
    direction: str  # in or out
    interface: str
    lines: tuple[str, ...] = ()  # for iptables

    @property
    def is_ours(self) -> bool:
        """Whether it is for a profile of ours, whoever has said what becomes of it."""
        return self.app == APP or self.app.startswith(_TO)

    @property
    def denies(self) -> bool:
        """Whether it keeps somebody out, if only above a rate."""
        return self.action in ("deny", "reject", "limit")

    @property
    def spans(self) -> list[Span]:
        """Its ports."""
        return spans(self.ports)

    def command(self) -> list[str]:
        """What ufw is told to make it, and after ``delete`` to remove it, if it is ours."""
        if self.direction == "in":
            return [self.action, self.app]
        return [self.action, "out", "to", self.to, "app", self.app]

    def __str__(self) -> str:
        words = [self.action, self.direction, *(["on", self.interface] if self.interface else [])]
        words += [] if self.source in ANYWHERE else ["from", self.source]
        words += [] if self.to in ANYWHERE else ["to", self.to]
        what = self.ports if self.protocol == "any" else f"{self.ports}/{self.protocol}"
        return " ".join([*words, *(["port", what] if what != "any" else []), *([f"({self.app})"] if self.app else [])])


def spans(ports: str) -> list[Span]:
    """Ports as ufw and iptables write them."""
    if ports == "any":
        return [(1, 65535)]
    ends = [part.split(":") for part in ports.split(",")]
    return [(int(each[0]), int(each[-1])) for each in ends]


def read(text: str) -> list[Rule]:
    """The rules of one of the files, without those for what is forwarded."""
    found: list[Rule] = []
    for part in re.split(r"\n(?=###)", text):
        head, *lines = part.strip().splitlines() or [""]
        match = _TUPLE.match(head)
        if match and not match.group("route"):
            words = {name: value or "" for name, value in match.groupdict().items() if name not in ("route", "comment")}
            words["app"] = "" if words["app"] == "-" else words["app"]
            found.append(Rule(**words, lines=tuple(line for line in lines if line.startswith("-A "))))
    return found


def strip(text: str) -> str:
    """The file without what is ours, where there is no ufw any more to do it."""
    parts = re.split(r"\n(?=###)", text)
    return "\n".join(part for part in parts if not any(rule.is_ours for rule in read(part)))


def shown(rules: t.Sequence[Rule]) -> str:
    """
    What is ours among the rules of one family, a line each, for people and to be compared.

    A rule that the operator has given a limit is the same to us: his limit holds.
    """
    lines = sorted(
        {str(rule._replace(action="allow" if rule.action == "limit" else rule.action)) for rule in rules if rule.is_ours}
    )
    late = next(iter(behind(rules)), None)
    if late:
        lines.append(f'in front of the rule "{late}"')
    return "".join(f"{line}\n" for line in lines)


def behind(rules: t.Sequence[Rule]) -> list[Rule]:
    """What the operator denies, in part, of the ports that a rule of ours in front of it lets in."""
    found, opened = [], []
    for rule in rules:
        if rule.direction != "in":
            continue
        if rule.is_ours:
            opened += rule.spans
        elif rule.denies and rule.protocol in ("tcp", "any") and _meet(rule.spans, opened):
            found.append(rule)
    return found


def wanted(opening: Opening, family: int, out: bool) -> list[Rule]:
    """The rules of ours in one family; ``out``: what leaves is denied by default."""
    anywhere = ANYWHERE[family == 6]
    rules = [Rule("allow", "tcp", _ports(span), anywhere, "any", anywhere, APP, "in", "") for span in opening.incoming]
    for address, span in dict.fromkeys(opening.outgoing[family] if out else ()):
        rules.append(Rule("allow", "tcp", _ports(span), address, "any", anywhere, to(span), "out", ""))
    return rules


def to(span: Span) -> str:
    """The name of the profile for ports of peers."""
    return f"{_TO}{span[0]}-{span[1]}"


def profiles(rules: t.Iterable[Rule]) -> str:
    """The file with the profiles of ours that these rules are of."""
    ports: dict[str, dict[str, None]] = {}
    for rule in rules:
        ports.setdefault(rule.app, {})[f"{rule.ports}/{rule.protocol}"] = None
    titles = {APP: ("FXP server", "Control and data connections; who may connect is said in /etc/proftpd-fxp/firewall.ufw")}
    peers = ("Peers of the FXP server", "Data connections that it opens to its peers")
    text = "# Managed by the Ansible collection proftpd.fxp; changes made by hand are overwritten.\n"
    for app in sorted(ports):
        title, description = titles.get(app, peers)
        text += f"\n[{app}]\ntitle={title}\ndescription={description}\nports={'|'.join(ports[app])}\n"
    return text


def denied(rules: t.Sequence[Rule], opening: Opening) -> Rule | None:
    """A rule by which the operator keeps everybody off a port of the plan, wherever ours stands; None if there is none."""
    left = list(opening.planned)
    for rule in rules:
        if rule.is_ours and rule.action in ("allow", "limit"):
            continue
        if rule.direction == "in" and rule.protocol in ("tcp", "any") and _is_for_all(rule, opening):
            if rule.action in ("deny", "reject") and _meet(rule.spans, left):
                return rule
            left = without(left, rule.spans)
    return None


def denied_out(rules: t.Sequence[Rule], rows: t.Iterable[tuple[str, Span]]) -> Rule | None:
    """A rule by which the operator denies all of what the host is to open to one of its peers; None if there is none."""
    for address, span in rows:
        left = [span]
        for rule in rules:
            if rule.direction == "out" and rule.protocol in ("tcp", "any") and not rule.interface and _holds(rule.to, address):
                if rule.action in ("deny", "reject") and _meet(rule.spans, left):
                    return rule
                left = without(left, rule.spans)
    return None


def limited(rules: t.Sequence[Rule], opening: Opening) -> list[Rule]:
    """Rules of the operator by which a port of the plan takes so many connections a time only."""
    return [rule for rule in rules if rule.action == "limit" and rule.direction == "in" and _meet(rule.spans, opening.planned)]


def _is_for_all(rule: Rule, opening: Opening) -> bool:
    return (
        rule.source in ANYWHERE
        and rule.source_ports == "any"
        and (rule.to in ANYWHERE or rule.to in opening.addresses)
        and (not rule.interface or rule.interface in opening.interfaces)
    )


def _holds(network: str, address: str) -> bool:
    try:
        outer, inner = ipaddress.ip_network(network, strict=False), ipaddress.ip_network(address, strict=False)
    except ValueError:
        return False
    return outer.version == inner.version and int(outer[0]) <= int(inner[0]) <= int(outer[-1])


def _meet(ports: t.Iterable[Span], others: t.Iterable[Span]) -> bool:
    return any(first <= high and low <= last for first, last in ports for low, high in others)


def _ports(span: Span) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]}:{span[1]}"


__all__ = (
    "ANYWHERE",
    "APP",
    "COMMENT",
    "FILES",
    "Rule",
    "behind",
    "denied",
    "denied_out",
    "limited",
    "profiles",
    "read",
    "shown",
    "spans",
    "strip",
    "wanted",
)
