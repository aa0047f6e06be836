# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The argument spec of one server, the same in every module that dials one."""

from __future__ import annotations

import typing as t


def dialled_options() -> dict[str, t.Any]:
    """How a server is dialled and logged in to."""
    return {
        "host": {"type": "str", "required": True},
        "port": {"type": "int", "default": 21},
        "user": {"type": "str", "required": True},
        "password": {"type": "str", "required": True, "no_log": True},
        "tls": {"type": "str", "choices": ["none", "explicit", "implicit"], "default": "none"},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "ca_content": {"type": "str"},
        "directory": {"type": "str", "default": "."},
    }


def server_options() -> dict[str, t.Any]:
    """The same, and what the server is expected to announce when it listens."""
    return {**dialled_options(), "passive_ports": {"type": "str"}, "expected_address": {"type": "str"}}


__all__ = ("dialled_options", "server_options")
