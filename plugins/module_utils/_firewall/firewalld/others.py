# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What others have in firewalld: what a reload would take from them or bring them unasked, and what they deny.

A reload makes what is in force what the files say. Rules that somebody gave firewalld for the moment only (fail2ban does, and
whoever leaves ``--permanent`` out) would be gone, and what he wrote down only would be in force.
"""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.layout import PRIORITIES, SETS
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.program import CONFIG, Program, Settings
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.text import Rules
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Defines, Nft, judge

# Prose, and the interfaces: where NetworkManager runs, it binds them again after a reload.
_ASIDE = ("short", "description", "version")
_DENIES = ("DROP", "REJECT", "%%REJECT%%")
_KEYS = {"rules_str": "rich rules", "rich_rules": "rich rules", "ports": "ports", "": "rules"}
_MOST = 5  # of what is told by name


class Others(t.NamedTuple):
    """The settings of others, by what they are of: ``zone public``, ``policy x``, ``ipset y``, ``direct rules``."""

    now: t.Mapping[str, Settings]
    permanent: t.Mapping[str, Settings]

    def lost(self) -> list[str]:
        """What a reload takes out of force."""
        return _more(self.now, self.permanent)

    def brought(self) -> list[str]:
        """What a reload puts in force that is not now."""
        return _more(self.permanent, self.now)

    def objections(self) -> list[str]:
        """A sentence for each of both, with its cure."""
        said = []
        if self.lost():
            said.append(
                f"firewalld has rules in force that are in none of its files ({_listed(self.lost())}), and loading those of "
                "proftpd.fxp would lose them; keep them by 'firewall-cmd --runtime-to-permanent', or drop them by "
                "'firewall-cmd --reload', and run this again."
            )
        if self.brought():
            said.append(
                f"firewalld has rules in its files that are not in force ({_listed(self.brought())}), and loading those of "
                "proftpd.fxp would put them in force; run 'firewall-cmd --reload' if they are meant, take them back if not, and "
                "run this again."
            )
        return said


def look(program: Program, bound_again: bool) -> Others:
    """``bound_again``: whether somebody gives zones their interfaces again after a reload, as NetworkManager does."""
    aside = (*_ASIDE, *(("interfaces",) if bound_again else ()))
    now: dict[str, Settings] = {}
    permanent: dict[str, Settings] = {}

    def take(into: dict[str, Settings], kind: str, name: str, settings: Settings) -> None:
        into[f"{kind} {name}"] = {key: value for key, value in settings.items() if key not in aside and value not in ([], {}, "")}

    for name in program.names("zone", "getZones"):
        take(now, "zone", name, program.settings("zone", "getZoneSettings2", "s", name))
    for name in program.names("config", "getZoneNames", path=CONFIG):
        path = program.call("config", "getZoneByName", "s", name, path=CONFIG)
        take(permanent, "zone", name, program.settings("config.zone", "getSettings2", path=path))
    for name in program.names("policy", "getPolicies") - set(PRIORITIES):
        take(now, "policy", name, program.settings("policy", "getPolicySettings", "s", name))
    for name in program.names("config", "getPolicyNames", path=CONFIG) - set(PRIORITIES):
        path = program.call("config", "getPolicyByName", "s", name, path=CONFIG)
        take(permanent, "policy", name, program.settings("config.policy", "getSettings", path=path))
    for name in program.names("ipset", "getIPSets") - set(SETS):
        take(now, "ipset", name, _set(program.call("ipset", "getIPSetSettings", "s", name)))
    for name in program.names("config", "getIPSetNames", path=CONFIG) - set(SETS):
        path = program.call("config", "getIPSetByName", "s", name, path=CONFIG)
        take(permanent, "ipset", name, _set(program.call("config.ipset", "getSettings", path=path)))
    kinds = (("chain", "getAllChains"), ("rule", "getAllRules"), ("passthrough", "getAllPassthroughs"))
    written: t.Any = program.call("config.direct", "getSettings", path=CONFIG) or [[], [], []]
    for (kind, method), kept in zip(kinds, written):
        take(now, "direct", kind, {"": program.call("direct", method) or []})
        take(permanent, "direct", kind, {"": kept})
    return Others(now, permanent)


def deciding(program: Program, zones: t.Iterable[str]) -> dict[str, Settings]:
    """The settings in force of these zones and of the policies of others, which is all that ``shut`` asks for."""
    found = {f"zone {name}": program.settings("zone", "getZoneSettings2", "s", name) for name in zones}
    for name in program.names("policy", "getPolicies") - set(PRIORITIES):
        found[f"policy {name}"] = program.settings("policy", "getPolicySettings", "s", name)
    return found


def _set(settings: t.Sequence[t.Any]) -> Settings:
    _version, _short, _description, kind, options, entries = settings
    return {"type": kind, "options": options, "entries": entries}


def _more(mine: t.Mapping[str, Settings], yours: t.Mapping[str, Settings]) -> list[str]:
    """What ``mine`` has and ``yours`` has not."""
    said = []
    for name in sorted(mine):
        if name not in yours:
            said += [name] if name.startswith(("zone ", "policy ", "ipset ")) or mine[name] else []
            continue
        for key, value in sorted(mine[name].items()):
            other = yours[name].get(key)
            if isinstance(value, list):
                kept = {json.dumps(one) for one in other or []}
                said += [f"{name}, {_KEYS.get(key, key)}: {_shown(one)}" for one in value if json.dumps(one) not in kept]
            elif value != other and not (value in (False, 0, "default", "CONTINUE") and other is None):
                said.append(f"{name}, {_KEYS.get(key, key)}: {value}")
    return said


def _shown(value: t.Any) -> str:
    if isinstance(value, list):
        return ("/" if len(value) == 2 and not isinstance(value[1], list) else " ").join(map(_shown, value))
    return str(value)


def _listed(said: t.Sequence[str]) -> str:
    more = len(said) - _MOST
    return "; ".join(said[:_MOST]) + (f"; and {more} more" if more > 0 else "")


def shut(others: t.Mapping[str, Settings], active: t.Collection[str], rules: Rules, zones_end: bool = False) -> list[str]:
    """
    A sentence for each decision of the operator by which all of these connections stay shut.

    Who is denied by his address is no matter of this. ``active``: the zones by which connections come. ``zones_end``: whether
    what a zone denies by its target is denied before policies are asked that follow the zones, as before firewalld 1.0.
    """
    said = []
    ways = [f"zone {name}" for name in active]
    for name, settings in sorted(others.items()):
        kind, _space, short = name.partition(" ")
        if (
            kind == "policy"
            and set(settings.get("egress_zones", ())) == {"HOST"}
            and {"ANY", *active} & set(settings.get("ingress_zones", ()))
        ):
            if settings.get("target") in _DENIES:
                said.append(
                    f"The policy {short} of firewalld ({settings['target']}) denies this host to everybody, and proftpd.fxp "
                    f"passes nothing by what is denied; give it the target CONTINUE (firewall-cmd --permanent --policy={short} "
                    "--set-target=CONTINUE), or set fxp_firewall_backend to none for this host."
                )
            ways.append(name)
        elif (
            kind == "policy"
            and "HOST" in settings.get("ingress_zones", ())
            and settings.get("target") in _DENIES
            and rules.outgoing
        ):
            said += _outgoing(short, settings, rules)
    for name in ways:
        settings = others.get(name, {})
        if zones_end and name.startswith("zone ") and settings.get("target") in _DENIES:
            zone = name[len("zone ") :]
            said.append(
                f"The zone {zone} of this release of firewalld denies by its target ({settings['target']}) before policies are "
                f"asked that could let clients and peers in; give it the target default (firewall-cmd --permanent --zone={zone} "
                "--set-target=default, then firewall-cmd --reload), or set fxp_firewall_backend to none for this host."
            )
        for rule in settings.get("rich_rules") or settings.get("rules_str") or []:
            if _denies(rule, rules):
                said.append(
                    f"The rich rule '{rule}' in {name} of firewalld denies FTP ports of the plan to everybody, and proftpd.fxp "
                    "passes nothing by what is denied; remove it, or set fxp_firewall_backend to none for this host."
                )
    return said


def beside(nft: Nft, rules: Rules) -> list[str]:
    """A sentence for each table beside firewalld's in which these connections end: what firewalld accepts, another may drop."""
    outgoing = {f"outgoing{6 if ':' in address else 4}" for address, _span in rules.outgoing}
    defines = Defines(
        rules.planned.control,
        rules.planned.passive,
        frozenset({"incoming", *outgoing}),
        tuple(sorted({span for _address, span in rules.outgoing})),
        rules.addresses,
        interfaces=rules.interfaces,
    )
    judgement = judge(nft.ruleset(), defines, opened_by="firewalld")
    said = [stop.sentence(nft) for stop in judgement.shut]
    for chain in dict.fromkeys(place.chain for place in judgement.places):
        said.append(
            "Chain {} {} {} drops by default, beside firewalld, so what firewalld accepts does not get in; accept the FTP ports "
            "there, or take that table away.".format(*chain)
        )
    return said


def _denies(rule: str, rules: Rules) -> bool:
    """Whether a rich rule drops or rejects what comes to one of the ports of the plan, whoever comes."""
    action = re.search(r"\b(drop|reject)\b(?! prefix)", re.sub(r'"[^"]*"', "", rule))
    if not action or re.search(r"\b(source|destination|limit|source-port|mac|protocol value|forward-port|icmp)\b", rule):
        return False
    if 'service name="ftp"' in rule:
        return rules.planned.control == 21
    port = re.search(r'\bport port="(\d+)(?:-(\d+))?" protocol="tcp"', rule)
    if not port:
        return not re.search(r"\b(port|service|protocol)\b", rule)
    first, last = int(port.group(1)), int(port.group(2) or port.group(1))
    return any(first <= low and high <= last for low, high in ((rules.planned.control,) * 2, rules.planned.passive))


def _outgoing(name: str, settings: Settings, rules: Rules) -> list[str]:
    """A policy that denies what this host opens, unless it accepts all that this server opens to its peers."""
    accepted = []
    for rule in settings.get("rich_rules", ()):
        port = re.search(r'\bport port="(\d+)(?:-(\d+))?" protocol="tcp"', rule)
        if port and rule.endswith("accept") and not re.search(r"\b(source|limit)\b", rule):
            far = re.search(r'destination address="([^"]+)"', rule)
            if far is None:
                accepted.append((int(port.group(1)), int(port.group(2) or port.group(1))))
    for said, protocol in settings.get("ports", ()):
        first, _dash, last = said.partition("-")
        if protocol == "tcp":
            accepted.append((int(first), int(last or first)))
    missing = sorted({span for _address, span in rules.outgoing if not any(a <= span[0] and span[1] <= b for a, b in accepted)})
    if not missing:
        return []
    ports = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in missing)
    return [
        f"The policy {name} of firewalld ({settings['target']}) denies what this host opens itself, so the data connections that "
        f"this server opens to its peers (TCP ports {ports}) stay shut; accept them there (firewall-cmd --permanent "
        f"--policy={name} --add-port={ports.partition(', ')[0]}/tcp, then firewall-cmd --reload), or set fxp_firewall_backend to "
        "none for this host."
    ]


__all__ = ("Others", "beside", "deciding", "look", "shut")
