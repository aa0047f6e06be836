# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What is to be in force, as firewalld has it: sets of addresses, policies with their rules, and the files of both. Pure."""

from __future__ import annotations

import ipaddress
import typing as t
from xml.sax.saxutils import quoteattr

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.text import Rules
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Span

STRANGERS, PARTNERS = "fxp-strangers", "fxp-partners"
# Before and after all else: nothing that others open lets a stranger in, and whatever others deny is asked before a partner
# is accepted (firewalld.policy(5), priority).
PRIORITIES = {STRANGERS: -32768, PARTNERS: 32767}
TITLES = {STRANGERS: "proftpd.fxp: strangers", PARTNERS: "proftpd.fxp: clients and peers"}
SETS = tuple(f"proftpd-fxp-{name}{family}" for name in ("control", "passive") for family in (4, 6))
DESCRIPTION = "Managed by the Ansible collection proftpd.fxp; changes made by hand are overwritten."
_HEADER = '<?xml version="1.0" encoding="utf-8"?>\n'


class Rule(t.NamedTuple):
    """One rich rule of ours (firewalld.richlanguage(5)): whoever is in a set is accepted, or whoever is not is dropped."""

    family: int
    source: str  # name of a set; empty for everybody
    ports: Span
    action: str

    @property
    def _port(self) -> str:
        return "-".join(str(port) for port in dict.fromkeys(self.ports))

    def __str__(self) -> str:
        """As firewalld tells it."""
        inverted = "NOT " if self.action == "drop" else ""
        source = f'source {inverted}ipset="{self.source}" ' if self.source else ""
        return f'rule family="ipv{self.family}" {source}port port="{self._port}" protocol="tcp" {self.action}'

    @property
    def xml(self) -> str:
        """The same in a file."""
        inverted = ' invert="true"' if self.action == "drop" else ""
        source = f'<source ipset="{self.source}"{inverted}/>' if self.source else ""
        port = f'<port port="{self._port}" protocol="tcp"/>'
        return f'  <rule family="ipv{self.family}">{source}{port}<{self.action}/></rule>\n'


class Wanted(t.NamedTuple):
    """What is to be in force: entries of sets by name, and rules of policies by name. What needs none is not there."""

    sets: t.Mapping[str, tuple[str, ...]]
    policies: t.Mapping[str, tuple[Rule, ...]]

    def files(self) -> dict[str, str]:
        """The text of each file, by its path below firewalld's directory."""
        found = {set_file(name): _set(name, entries) for name, entries in self.sets.items()}
        found.update({policy_file(name): _policy(name, rules) for name, rules in self.policies.items()})
        return found


NOTHING = Wanted({}, {})


def wanted(rules: Rules) -> Wanted:
    """What these rules become."""
    sets: dict[str, tuple[str, ...]] = {}
    policies: dict[str, list[Rule]] = {STRANGERS: [], PARTNERS: []}
    for family in (4, 6):
        for name, spans, networks in (
            ("control", rules.control, rules.clients),
            ("passive", rules.passive, (*rules.clients, *rules.peers)),
        ):
            entries, source = _entries(family, networks), f"proftpd-fxp-{name}{family}"
            if entries is None:
                # Everybody may: there are no strangers, and no set that could say so.
                policies[PARTNERS] += [Rule(family, "", span, "accept") for span in spans]
                continue
            sets[source] = entries
            policies[STRANGERS] += [Rule(family, source, span, "drop") for span in spans]
            policies[PARTNERS] += [Rule(family, source, span, "accept") for span in spans]
    return Wanted(sets, {name: tuple(found) for name, found in policies.items() if found})


def _entries(family: int, networks: t.Iterable[str]) -> tuple[str, ...] | None:
    """The entries of a set, none of which holds another; None for everybody."""
    listed = [ipaddress.ip_network(network) for network in networks]
    same: list[t.Any] = [network for network in listed if network.version == family]
    found = list(ipaddress.collapse_addresses(same))
    if any(network.prefixlen == 0 for network in found):
        return None
    return tuple(entry(str(network)) for network in sorted(found))


def entry(said: str) -> str:
    """An entry of a set in one way of writing, whoever wrote it; what is none is left as it is."""
    try:
        network = ipaddress.ip_network(said)
    except ValueError:
        return said
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def family_of(name: str) -> dict[str, str]:
    """The options of a set (firewalld.ipset(5)), by its name."""
    return {"family": "inet6"} if name.endswith("6") else {}


def set_file(name: str) -> str:
    """Where a set is kept, below firewalld's directory."""
    return f"ipsets/{name}.xml"


def policy_file(name: str) -> str:
    """Where a policy is kept, below firewalld's directory."""
    return f"policies/{name}.xml"


# Every file that may be ours, with those that firewall-cmd keeps beside what it edits.
FILES = tuple(path + old for path in (*map(set_file, SETS), *map(policy_file, (STRANGERS, PARTNERS))) for old in ("", ".old"))


def _set(name: str, entries: t.Iterable[str]) -> str:
    options = "".join(f"  <option name={quoteattr(key)} value={quoteattr(value)}/>\n" for key, value in family_of(name).items())
    rows = "".join(f"  <entry>{one}</entry>\n" for one in entries)
    about = f"  <short>{name}</short>\n  <description>{DESCRIPTION}</description>\n"
    return f'{_HEADER}<ipset type="hash:net">\n{about}{options}{rows}</ipset>\n'


def _policy(name: str, rules: t.Iterable[Rule]) -> str:
    about = f"  <short>{TITLES[name]}</short>\n  <description>{DESCRIPTION}</description>\n"
    rows = "".join(rule.xml for rule in rules)
    zones = '  <ingress-zone name="ANY"/>\n  <egress-zone name="HOST"/>\n'
    return f'{_HEADER}<policy priority="{PRIORITIES[name]}" target="CONTINUE">\n{about}{rows}{zones}</policy>\n'


__all__ = (
    "FILES",
    "NOTHING",
    "PARTNERS",
    "PRIORITIES",
    "SETS",
    "STRANGERS",
    "Rule",
    "Wanted",
    "entry",
    "family_of",
    "policy_file",
    "set_file",
    "wanted",
)
