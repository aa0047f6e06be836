# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The opening in rules of iptables(8), of both variants: one line per family and direction, by the mark of our own table.

The guard, an nftables table of ours, says who may connect, and marks the packets of those connections. Chains of iptables get
one line with the comment ``proftpd.fxp``, which accepts that mark and nothing else. So where the guard is gone, the line opens
nothing. It stands directly in front of what drops everything that is left, as rules of ours in tables of nftables do, because
the same judgement places it: ``translate`` writes rules of iptables as nft lists its own.
"""
