# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A firewalld whose rules in force are one file, for faults at each of its answers: a real one needs a bus and a host of its own.

It reads the files that the backend writes, and answers what busctl would. What a real one makes of them is tried on hosts of the
lab.
"""

from __future__ import annotations

import json
import pathlib
import typing as t
from xml.etree import ElementTree

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.program import PATH, Program

# What an operator has: a zone for everybody.
ZONE = {"target": "default", "services": ["ssh"], "forward": True}


class StandIn(Program):
    """A firewalld that runs while its file ``memory`` is there."""

    def __init__(self, root: str, memory: pathlib.Path) -> None:
        super().__init__(root)
        self.memory = memory
        self.told = "RUNNING"
        self.release = "1.3.3"
        self.has_sets = True
        self.reloads = 0

    def ask(self, verb: str) -> None:
        """Where its program is run, and a fault may come."""

    def is_installed(self) -> bool:
        return True

    def start(self) -> None:
        """Begin with what the files say, as at boot."""
        written = self.written()
        self._remember({**written, "zone": {"public": ZONE}, "policy": {**written["policy"]}})

    def stop(self) -> None:
        self.memory.unlink(missing_ok=True)

    def now(self) -> dict[str, t.Any]:
        """What is in force."""
        return t.cast("dict[str, t.Any]", json.loads(self.memory.read_text()))

    def change(self, kind: str, name: str, value: t.Any) -> None:
        """Let somebody change what is in force, and no file."""
        now = self.now()
        now[kind][name] = value
        self._remember(now)

    def _remember(self, now: dict[str, t.Any]) -> None:
        new = self.memory.with_suffix(".new")
        new.write_text(json.dumps(now))
        new.replace(self.memory)

    def written(self) -> dict[str, t.Any]:
        """What the files say."""
        sets, policies = {}, {}
        for path in pathlib.Path(self.directory).glob("ipsets/*.xml"):
            tree = ElementTree.parse(path).getroot()
            sets[path.stem] = [entry.text for entry in tree.iter("entry")]
        for path in pathlib.Path(self.directory).glob("policies/*.xml"):
            tree = ElementTree.parse(path).getroot()
            policies[path.stem] = {
                "priority": int(tree.attrib["priority"]),
                "target": tree.attrib["target"],
                "rich_rules": [_rule(rule) for rule in tree.iter("rule")],
                "ingress_zones": [zone.attrib["name"] for zone in tree.iter("ingress-zone")],
                "egress_zones": [zone.attrib["name"] for zone in tree.iter("egress-zone")],
            }
        return {"ipset": sets, "policy": policies}

    def state(self) -> str:
        self.ask("state")
        return self.told if self.memory.exists() else ""

    def version(self) -> str:
        return self.release

    def knows_sets(self) -> bool:
        return self.has_sets

    def uses_nftables(self) -> bool:
        return True

    def reload(self) -> None:
        self.ask("reload")
        self.reloads += 1
        self.start()

    def check(self, files: t.Mapping[str, str]) -> None:
        self.ask("check")
        for text in files.values():
            ElementTree.fromstring(text)

    def set_entries(self, name: str, entries: t.Sequence[str]) -> None:
        self.ask("setEntries")
        self.change("ipset", name, list(entries))

    def call(self, interface: str, method: str, *arguments: str, path: str = PATH, seconds: float = 60) -> t.Any:
        self.ask(method)
        now, name = self.now(), arguments[1] if len(arguments) > 1 else path.rpartition("/")[2]
        written = {**self.written(), "zone": {"public": ZONE}}
        kind = {"Zone": "zone", "Policy": "policy", "IPSet": "ipset"}
        asked: dict[tuple[str, str], t.Callable[[], t.Any]] = {
            ("", "getDefaultZone"): lambda: "public",
            ("zone", "getZones"): lambda: list(now["zone"]),
            ("zone", "getZoneOfInterface"): lambda: "",
            ("zone", "getZoneSettings2"): lambda: _told(now["zone"][name]),
            ("policy", "getPolicies"): lambda: list(now["policy"]),
            ("policy", "getPolicySettings"): lambda: _told(now["policy"][name]),
            ("ipset", "getIPSets"): lambda: list(now["ipset"]),
            ("ipset", "getEntries"): lambda: now["ipset"][name],
            ("ipset", "getIPSetSettings"): lambda: ["", "", "", "hash:net", {}, now["ipset"][name]],
            ("config.zone", "getSettings2"): lambda: _told(written["zone"][name]),
            ("config.policy", "getSettings"): lambda: _told(written["policy"][name]),
            ("config.ipset", "getSettings"): lambda: ["", "", "", "hash:net", {}, written["ipset"][name]],
            ("config.direct", "getSettings"): lambda: [[], [], []],
        }
        if (interface, method) in asked:
            return asked[interface, method]()
        if interface == "direct":
            return []
        for word, of in kind.items():
            if interface == "config" and method == f"get{word}Names":
                return list(written[of])
            if interface == "config" and method == f"get{word}ByName":
                return f"/config/{of}/{name}"
        raise FirewallError(f"{interface}.{method} is not known.")


def _told(settings: dict[str, t.Any]) -> dict[str, t.Any]:
    return {name: {"data": value} for name, value in settings.items()}


def _rule(rule: ElementTree.Element) -> str:
    words = [f'rule family="{rule.attrib["family"]}"']
    for part in rule:
        if part.tag == "source":
            words.append(f'source {"NOT " if "invert" in part.attrib else ""}ipset="{part.attrib["ipset"]}"')
        elif part.tag == "port":
            words.append(f'port port="{part.attrib["port"]}" protocol="{part.attrib["protocol"]}"')
        else:
            words.append(part.tag)
    return " ".join(words)
