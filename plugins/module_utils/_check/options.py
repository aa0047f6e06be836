# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The argument spec of a check of two servers."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.options import server_options


def check_options() -> dict[str, t.Any]:
    """Two servers, and what is to be proven of them."""
    return {
        "source": {"type": "dict", "required": True, "options": server_options()},
        "destination": {"type": "dict", "required": True, "options": server_options()},
        "passive": {"type": "str", "choices": ["both", "source", "destination"], "default": "both"},
        "family": {"type": "str", "choices": ["auto", "ipv4", "ipv6"], "default": "auto"},
        "path": {"type": "str"},
        "payload_size": {"type": "bytes", "default": "1MB"},
        "timeout": {"type": "float", "default": 10},
        "transfer_timeout": {"type": "float", "default": 0},
        "expect": {"type": "str", "choices": ["allowed", "refused"], "default": "allowed"},
        "protection": {"type": "str", "choices": ["private", "clear"]},
        "sscn": {"type": "str", "choices": ["auto", "source", "destination"], "default": "auto"},
    }


__all__ = ("check_options",)
