# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""nftables as a backend: the guard is a table of our own, the openings are rules in front of what drops by default elsewhere."""

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import ufw
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Finding, Fingerprint
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import neighbours
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.batch import batch, removal_batch
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import read_defines
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.drift import drift, in_force
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.judgement import judge
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.program import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.text import text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Ports, Wish
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files


class Nftables:
    """nft on this host, or on one whose files are below ``root``."""

    name = "nftables"
    package = "nftables"
    ending = "nft"
    service = "nftables.service"
    keeper = ""
    guard = "nft"
    watched = False

    def __init__(self, root: str = "", nft: Nft | None = None, opened_by: str = "") -> None:
        """``opened_by``: the manager whose tables are opened by itself (``guarded``)."""
        self.root = root
        self.nft = nft or Nft()
        self.opened_by = opened_by

    def is_installed(self) -> bool:
        return bool(self.nft.path)

    def text(self, wish: Wish) -> str:
        return text_of(wish)

    def ports(self, text: str) -> Ports:
        return read_defines(text).ports

    def examine(self, text: str, recorded: Fingerprint) -> Finding:
        ruleset = self.nft.ruleset()
        defines = read_defines(text)
        judgement = judge(ruleset, defines, self.opened_by)
        judgement.refuse(self.nft)
        deaf = neighbours.sentences(ruleset, defines.addresses, defines.interfaces)
        return Finding(
            tuple(drift(text, ruleset, recorded, self.opened_by)),
            tuple(dict.fromkeys("{} {} {}".format(*place.chain) for place in judgement.places)),
            (*judgement.warnings(self.nft), *deaf),
        )

    def drift(self, text: str, recorded: Fingerprint) -> list[str]:
        return drift(text, self.nft.ruleset(), recorded, self.opened_by)

    def shut(self, text: str) -> list[str]:
        found = [stop.sentence(self.nft) for stop in judge(self.nft.ruleset(), read_defines(text), self.opened_by).shut]
        conf = _files.read_text(f"{self.root}/etc/ufw/ufw.conf") or ""
        if self.opened_by != "ufw" and ufw.is_on(conf) and not any("ufw" in sentence for sentence in found):
            found.append(
                "ufw is switched on and decides here, so proftpd.fxp puts nothing in front of its rules; open the FTP ports in "
                "ufw."
            )
        return found

    def check(self, text: str) -> None:
        ruleset = self.nft.ruleset()
        try:
            self.nft.check(batch(text, ruleset, self.opened_by))
        except FirewallError:
            judgement = judge(ruleset, read_defines(text), self.opened_by)
            judgement._replace(shut=self.nft.owned(judgement.places)).refuse(self.nft)
            raise

    def check_removal(self) -> None:
        self.nft.check(removal_batch(self.nft.ruleset()))

    def load(self, text: str) -> None:
        self.nft.load(text, self.opened_by)

    def load_guard(self, text: str) -> None:
        self.nft.run(text)

    def open(self, text: str) -> None:
        """Nothing is left to do: what is loaded is open."""

    def unload(self) -> None:
        self.nft.unload()

    def leave(self, guard_stays: bool) -> None:
        if not guard_stays:  # else the other one's load has put its rules in the place of ours
            self.nft.unload()

    def kept(self) -> dict[str, str]:
        return {}

    def is_guarded(self, recorded: Fingerprint) -> bool:
        now = self.in_force()["table"]
        return bool(now) and now == recorded.get("table")

    def in_force(self) -> Fingerprint:
        return in_force(self.nft.ruleset())


__all__ = ("Nftables",)
