# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The rules of a gateway as a backend: one table of our own, and rules in front of what drops forwarded packets by default."""

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Finding, Fingerprint
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.judgement import MARKS, judge
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.text import read
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.backend import Nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.batch import put
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.drift import differences
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.program import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Ports, Wish


class Gateway(Nftables):
    """
    nft on this host, for other rules than those of a server.

    What a wish becomes is made elsewhere (``make``), because it depends on what is forwarded now.
    """

    guard = "gateway"

    def __init__(self, root: str = "", nft: Nft | None = None) -> None:
        super().__init__(root, nft or Nft(marks=MARKS))

    def text(self, wish: Wish) -> str:
        """Of a gateway ``make`` writes it. Raises FirewallError."""
        raise FirewallError("The wish of a server is none of a gateway.")

    def ports(self, text: str) -> Ports:
        """None of this host. Raises FirewallError."""
        raise FirewallError("The rules of a gateway govern ports of other hosts.")

    def examine(self, text: str, recorded: Fingerprint) -> Finding:
        ruleset = self.nft.ruleset()
        judgement = judge(ruleset, read(text))
        judgement.refuse(self.nft)
        return Finding(
            tuple(differences(ruleset, recorded, judgement.places)),
            tuple(dict.fromkeys("{} {} {}".format(*place.chain) for place in judgement.places)),
            tuple(judgement.warnings(self.nft)),
        )

    def drift(self, text: str, recorded: Fingerprint) -> list[str]:
        ruleset = self.nft.ruleset()
        return differences(ruleset, recorded, judge(ruleset, read(text)).places)

    def shut(self, text: str) -> list[str]:
        return [stop.sentence(self.nft) for stop in judge(self.nft.ruleset(), read(text)).shut]

    def check(self, text: str) -> None:
        ruleset = self.nft.ruleset()
        judgement = judge(ruleset, read(text))
        try:
            self.nft.check(put(text, ruleset, judgement.places))
        except FirewallError:
            judgement._replace(shut=self.nft.owned(judgement.places)).refuse(self.nft)
            raise

    def load(self, text: str) -> None:
        leads = read(text)
        self.nft.settle(lambda ruleset: put(text, ruleset, judge(ruleset, leads).places))


__all__ = ("Gateway",)
