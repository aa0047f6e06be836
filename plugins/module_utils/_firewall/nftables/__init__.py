# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The rules of an FXP server in the kernel, by nft(8).

The whole wish is one text, ``/etc/proftpd-fxp/firewall.nft``: a few ``define`` lines and one own table, the guard, which
keeps strangers off the FTP ports. An accept there does not overrule the drop of another base chain on the same hook, so
every other chain that drops by default also gets a rule with the comment ``proftpd.fxp``: directly in front of the drop that
every new connection would come to, or at the end in front of the policy. There it lets through nothing but what the very next
step would drop: whatever else the operator denies (block lists, states, rates, a rule that is not understood) stays in front
of it. Tables that another program manages (iptables-nft, ufw, firewalld) are never written to.
"""

from __future__ import annotations

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.batch import batch, removal_batch
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import Defines, read_defines
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.drift import drift, in_force
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.judgement import Judgement, Placement, judge
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.program import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import (
    COMMENT,
    TABLE,
    ChainKey,
    Json,
    Ruleset,
)

__all__ = (
    "COMMENT",
    "TABLE",
    "ChainKey",
    "Defines",
    "FirewallError",
    "Json",
    "Judgement",
    "Nft",
    "Placement",
    "Ruleset",
    "batch",
    "drift",
    "in_force",
    "judge",
    "read_defines",
    "removal_batch",
)
