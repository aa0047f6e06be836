# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
iptables as a firewall manager, of either variant: our own table is the guard, and its mark is what the rules of iptables let by.

The lines in the kernel come with the guard, on trial like that. Those in the files that are loaded at boot come when the rules
are confirmed. Neither opens anything where the guard is gone.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Finding, Fingerprint
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables import marks
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.files import PATHS, RulesFiles
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.kernel import Kernel
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.places import Found, Text, find
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.program import LEGACY, Xtables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.translate import FAMILIES
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.mark import Mark
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.backend import Nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import Defines, read_defines
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.program import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.text import text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Ports, Wish
from ansible_collections.proftpd.fxp.plugins.module_utils._host.run import find as find_program

# What nft lists of a rule that iptables-nft has not written: it knows no sets, and no maps.
_NOT_OF_IPTABLES = re.compile(r'"(set|map|vmap|concat)": |"right": "@')


class Iptables:
    """iptables on this host, or on one whose files are below ``root``."""

    name = "iptables"
    ending = "iptables"
    guard = Nftables.guard
    service = f"{Nftables.service} netfilter-persistent.service"
    keeper = ""
    watched = False

    def __init__(self, root: str = "", nft: Nft | None = None, xtables: Xtables | None = None) -> None:
        self.table = Nftables(root, nft, opened_by=self.name)
        self.package = self.name if self.table.is_installed() else self.table.package  # that which is missing, if one is
        self.xtables = xtables or Xtables()
        self.kernel = Kernel(self.xtables, self.table.nft.ruleset)
        self.files = RulesFiles(root)

    def is_installed(self) -> bool:
        return self.table.is_installed() and find_program("iptables-restore") is not None

    def text(self, wish: Wish) -> str:
        return text_of(wish, wish.mark)

    def ports(self, text: str) -> Ports:
        return self.table.ports(text)

    def examine(self, text: str, recorded: Fingerprint) -> Finding:
        """Refuse a mark that somebody else uses, and what stays shut, too (FirewallError)."""
        found = self.table.examine(text, recorded)
        defines, mark = _read(text)
        texts = list(self.kernel.texts().values())
        self._refuse_collision(mark, [*texts, *self.files.texts()])
        looked = [find(texts, defines), *(find([each], defines) for each in self.files.texts())]
        shut = [*self._unread(texts), *(sentence for each in looked for sentence in each.shut)]
        if shut:
            raise FirewallError(" ".join(dict.fromkeys(shut)))
        return Finding(
            (*found.drift, *self._drift(defines, mark)),
            (*found.rules_in, *_chains(texts, looked[0])),
            tuple(dict.fromkeys((*found.warnings, *(each for one in looked for each in one.warnings), *self._unkept(looked[0])))),
            tuple(
                {"before_header": each.where, "after_header": each.where, "before": "".join(each.saved.lines), "after": after}
                for each, after in self.files.wanted(defines, mark)
                if after != "".join(each.saved.lines)
            ),
        )

    def _refuse_collision(self, mark: Mark, texts: t.Iterable[Text]) -> None:
        """Raise FirewallError if somebody else uses the bits of the mark."""
        known = {"": self.name, LEGACY: "iptables-legacy"}
        used = [(known.get(each.where, each.where), marks.in_saved(each.saved, mark)) for each in texts]
        used.append(("ip rule", marks.in_routing(self.xtables.routing(), mark)))
        rule = marks.in_ruleset(self.table.nft.ruleset(), mark)
        if rule:
            used.append((f"table {rule[0]} {rule[1]}", self.table.nft.text_of(rule[:3], rule[3])))
        for where, said in used:
            if said:
                raise FirewallError(
                    f'fxp_firewall_mark is {mark}, and the rule "{said}" ({where}) uses bits of it, or the whole mark; choose '
                    "bits that nothing else uses here."
                )

    def _unread(self, texts: t.Sequence[Text]) -> t.Iterator[str]:
        """Tables that iptables takes for its own and cannot read, or reads wrong, because nft has written rules there."""
        read = {
            text.family for text in texts if not text.where and any(table == "filter" for table, dummy in text.saved.policies)
        }
        ruleset = self.table.nft.ruleset()
        for family, name in FAMILIES.items():
            keys = [key for key in ruleset.chains if key[:2] == (name, "filter") and ruleset.manager(key) == self.name]
            rules = json.dumps([rule.get("expr") for key in keys for rule in ruleset.rules[key]])
            if keys and (family not in read or _NOT_OF_IPTABLES.search(rules)):
                yield (
                    f"table {name} filter is one of iptables, and has rules of nft that iptables-nft-save cannot read; put those "
                    "into a table of another name."
                )

    def _unkept(self, looked: Found) -> t.Iterator[str]:
        """What an operator with scripts of his own is told."""
        kept = {each.family for each in self.files.texts()}
        for family in sorted({family for (family, dummy), places in looked.places.items() if places} - kept):
            yield (
                f"{PATHS[family]} is not there, so something else loads the rules of iptables for IPv{family}; whenever it does, "
                "the line of proftpd.fxp is lost, and the FTP ports are shut until proftpd starts again or site runs."
            )

    def _drift(self, defines: Defines, mark: Mark) -> list[str]:
        """How lines of ours differ from those that a text wants."""
        looked = self.kernel.lines(self.kernel.texts(), defines, mark)
        found = [f"iptables for IPv{table.family}" for table, lines in looked.items() if not lines.are_in_place()]
        found += [each.where for each, after in self.files.wanted(defines, mark) if after != "".join(each.saved.lines)]
        return [f"{where} has lines of proftpd.fxp elsewhere than in front of what drops by default, or none" for where in found]

    def drift(self, text: str, recorded: Fingerprint) -> list[str]:
        return [*self.table.drift(text, recorded), *self._drift(*_read(text))]

    def shut(self, text: str) -> list[str]:
        return [*self.table.shut(text), *find(list(self.kernel.texts().values()), _read(text)[0]).shut]

    def check(self, text: str) -> None:
        defines, mark = _read(text)
        self.table.check(text)
        self.kernel.check(defines, mark)
        for each, after in self.files.wanted(defines, mark):
            if after != "".join(each.saved.lines):
                self.xtables.check_file(each.family, after)

    def check_removal(self) -> None:
        self.table.check_removal()
        self.kernel.check(None, None)

    def load(self, text: str) -> None:
        # The guard first: until it is there, the lines open nothing.
        self.table.load(text)
        self.kernel.settle(*_read(text))

    def load_guard(self, text: str) -> None:
        self.table.load_guard(text)

    def open(self, text: str) -> None:
        defines, mark = _read(text)
        for each, after in self.files.wanted(defines, mark):
            if after != "".join(each.saved.lines):
                self.xtables.check_file(each.family, after)
            self.files.write(each, after)

    def unload(self) -> None:
        if self.is_installed():
            self.kernel.settle(None, None)
        self.table.unload()

    def leave(self, guard_stays: bool) -> None:
        if self.is_installed():
            self.kernel.settle(None, None)
        self.files.remove()
        self.table.leave(guard_stays)

    def kept(self) -> dict[str, str]:
        return self.files.ours()

    def is_guarded(self, recorded: Fingerprint) -> bool:
        # Where scripts of the operator have taken the lines away since, the start of the server brings them back.
        return self.table.is_guarded(recorded) and set(recorded.get("opened", ())) <= set(self.in_force()["opened"])

    def in_force(self) -> Fingerprint:
        ours: set[str] = set()
        if self.is_installed():
            for table, text in self.kernel.texts().items():
                for rule in text.saved.rules:
                    if rule.is_ours:
                        said = " ".join((str(table.family), table.variant, *rule.chain, *sorted(rule.words)))
                        ours.add(hashlib.sha256(said.encode()).hexdigest())
        return {**self.table.in_force(), "opened": sorted(ours)}


def _read(text: str) -> tuple[Defines, Mark]:
    defines = read_defines(text)
    if defines.mark is None:
        raise FirewallError(
            "iptables decides on connections here, and the rules that are to be loaded put no mark on what they let through; use "
            "the option wish of fxp_firewall instead of content."
        )
    return defines, defines.mark


def _chains(texts: t.Iterable[Text], looked: Found) -> list[str]:
    """Where lines of ours stand, for people."""
    return [
        f"{FAMILIES[text.family]} {place.chain[0]}{text.suffix} {place.chain[1]}"
        for text in texts
        for place in looked.places[text.key]
    ]


__all__ = ("Iptables",)
