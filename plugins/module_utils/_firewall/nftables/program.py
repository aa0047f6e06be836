# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""nft(8), every call bounded."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.batch import batch, removal_batch
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.judgement import Placement
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import (
    SERVER,
    ChainKey,
    Json,
    Own,
    Ruleset,
    is_own,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ways import Stop
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.run import find, run

NFT_TIMEOUT = 60  # seconds for one call


class Nft:
    """
    The nft program.

    ``prefix`` goes before it on the command line, for another network namespace; ``marks`` is what ours is known by.
    """

    def __init__(self, prefix: t.Sequence[str] = (), marks: Own = SERVER) -> None:
        self.prefix = list(prefix)
        self.marks = marks
        self.path = find("nft")

    def ruleset(self) -> Ruleset:
        """
        All rules, with the elements of our own sets, of verdict maps, and of sets of interfaces or ports.

        Other sets are not read: block lists of 100 000 addresses would take a second each time.
        """
        for _attempt in range(3):
            try:
                return Ruleset(self._items(), marks=self.marks)
            except FirewallError as error:
                problem = error  # what was listed first may be gone by the time its elements are listed
        raise problem

    def everything(self) -> list[Json]:
        """All there is, with every element of every set, as ``nft list ruleset`` tells it."""
        return self._list("list", "ruleset")

    def elements(self, family: str, table: str, name: str) -> list[t.Any]:
        """The elements of one set, as nft lists them."""
        sets = [item["set"] for item in self._list("list", "set", family, table, name) if "set" in item]
        return [element for one in sets for element in one.get("elem", [])]

    def _items(self) -> list[Json]:
        items = self._list("-t", "list", "ruleset")
        table = self.marks.table
        if any(is_own(item, table) for item in items):
            items = [item for item in items if not is_own(item, table)] + self._list("list", "table", "inet", table)
        for item in list(items):
            for kind, body in item.items():
                verdicts = kind == "map" and body.get("map") == "verdict"
                small = kind == "set" and body.get("type") in ("ifname", "inet_service")
                if (verdicts or small) and not is_own(item, table):
                    items += self._list("list", kind, body["family"], body["table"], body["name"])
        return items

    def owned(self, places: t.Sequence[Placement]) -> list[Stop]:
        """Which of these chains belong to a running program: nft 1.0.6 does not list that, but the kernel says so."""
        found = []
        for place in places:
            try:
                self.check("add rule {} {} {} counter\n".format(*place.chain))
            except FirewallError as error:
                if "Operation not permitted" in str(error):
                    found.append(Stop(place.chain, place.before, "owner"))
        return found

    def text_of(self, chain: ChainKey, handle: int | None) -> str:
        """A rule as nft writes it, for people."""
        if handle is None:
            return "policy drop"
        listed = re.search(rf"^\s*(.*) # handle {handle}$", self._run(["-a", "-s", "list", "chain", *chain]), re.MULTILINE)
        return listed.group(1) if listed else f"handle {handle}"

    def _list(self, *arguments: str) -> list[Json]:
        answer = self._run(["-j", "-s", *arguments])
        try:
            items = t.cast(t.List[Json], json.loads(answer)["nftables"]) if answer.strip() else []
        except ValueError:
            # Seen of nft 1.0.6: beside a table with an owner its answer broke off.
            raise FirewallError("nft {} answers no JSON.".format(" ".join(arguments))) from None
        for chain in (item["chain"] for item in items if "chain" in item):
            if chain.get("hook") in ("ingress", "egress") and "dev" not in chain:
                # nft 1.0.6 tells it in its own language only.
                text = self._run(["-t", "list", "chain", chain["family"], chain["table"], chain["name"]])
                said = re.search(r"devices? (?:= \{([^}]*)\}|(\S+))", text)
                chain["dev"] = re.findall(r"[^\s\",]+", said.group(1) or said.group(2)) if said else []
        return items

    def check(self, lines: str) -> None:
        """Have nft read ``lines`` and change nothing; raise FirewallError with what it says."""
        self._run(["-c", "-f", "-"], lines)

    def run(self, lines: str) -> None:
        """Have nft carry out ``lines``, all of them or none; raise FirewallError with what it says."""
        self._run(["-f", "-"], lines)

    def load(self, text: str, opened_by: str = "") -> None:
        """
        Put a rules file in force, atomically. Another program may change its tables in between: look again then.

        ``opened_by``: a manager whose tables are opened by itself.
        """
        self.settle(lambda ruleset: batch(text, ruleset, opened_by))

    def unload(self) -> None:
        """Take everything of ours out of the kernel."""
        self.settle(removal_batch)

    def settle(self, lines_for: t.Callable[[Ruleset], str]) -> None:
        """
        Have nft carry out what follows from the rules in force, anew if those change meanwhile.

        Raises FirewallError if it does not.
        """
        lines = lines_for(self.ruleset())
        for _dummy in range(5):
            try:
                return self.run(lines)
            except FirewallError:
                again = lines_for(self.ruleset())
                if again == lines:
                    raise
                lines = again
        raise FirewallError("Other programs keep changing the nftables rules; stop them, or try again.")

    def _run(self, arguments: list[str], lines: str | None = None) -> str:
        if not self.path:
            raise FirewallError("nft is not installed; install the package nftables.")
        try:
            done = run([*self.prefix, self.path, *arguments], NFT_TIMEOUT, text=lines)
        except HostError as error:
            raise FirewallError(str(error)) from None
        if done.status:
            raise FirewallError("nft {} says: {}".format(" ".join(arguments), done.errors[:1000]))
        return done.output
