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
    files: tuple[str, ...] = ()

    def __init__(self, root: str = "", nft: Nft | None = None) -> None:
        self.root = root
        self.nft = nft or Nft()

    def is_installed(self) -> bool:
        return bool(self.nft.path)

    def text(self, wish: Wish) -> str:
        return text_of(wish)

    def ports(self, text: str) -> Ports:
        return read_defines(text).ports

    def examine(self, text: str, recorded: Fingerprint) -> Finding:
        ruleset = self.nft.ruleset()
        judgement = judge(ruleset, read_defines(text))
        judgement.refuse(self.nft)
        return Finding(
            tuple(drift(text, ruleset, recorded)),
            tuple(dict.fromkeys("{} {} {}".format(*place.chain) for place in judgement.places)),
            tuple(judgement.warnings(self.nft)),
        )

    def drift(self, text: str, recorded: Fingerprint) -> list[str]:
        return drift(text, self.nft.ruleset(), recorded)

    def shut(self, text: str) -> list[str]:
        found = [stop.sentence(self.nft) for stop in judge(self.nft.ruleset(), read_defines(text)).shut]
        conf = _files.read_text(f"{self.root}/etc/ufw/ufw.conf") or ""
        if ufw.is_on(conf) and not any("ufw" in sentence for sentence in found):
            found.append(
                "ufw is switched on and decides here, so proftpd.fxp puts nothing in front of its rules; open the FTP ports in "
                "ufw."
            )
        return found

    def check(self, text: str) -> None:
        ruleset = self.nft.ruleset()
        try:
            self.nft.check(batch(text, ruleset))
        except FirewallError:
            judgement = judge(ruleset, read_defines(text))
            judgement._replace(shut=self.nft.owned(judgement.places)).refuse(self.nft)
            raise

    def check_removal(self) -> None:
        self.nft.check(removal_batch(self.nft.ruleset()))

    def load(self, text: str) -> None:
        self.nft.load(text)

    def load_guard(self, text: str) -> None:
        self.nft.run(text)

    def unload(self) -> None:
        self.nft.unload()

    def is_guarded(self, recorded: Fingerprint) -> bool:
        now = self.in_force()["table"]
        return bool(now) and now == recorded.get("table")

    def in_force(self) -> Fingerprint:
        return in_force(self.nft.ruleset())


__all__ = ("Nftables",)
