# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What a gateway forwards to servers behind it, and whom it lets through to them, by nft(8).

``wish`` is what the plan wants, ``leads`` what is to stand on the host for that while servers still have other ports,
``text`` how that is written and read back, ``judgement`` where rules of others need one of ours, ``found``
what only the host knows, ``backend`` all of it as ``_firewall.backend`` wants it, ``make`` what a wish becomes here.
"""
