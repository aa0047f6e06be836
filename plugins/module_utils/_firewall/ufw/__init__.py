# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""ufw, which writes and owns rules of iptables."""

from __future__ import annotations

import re


def is_on(conf: str) -> bool:
    """Does ``/etc/ufw/ufw.conf`` say that ufw loads its rules?"""
    return bool(re.search(r"^\s*ENABLED\s*=\s*[\"']?yes", conf, re.MULTILINE | re.IGNORECASE))
