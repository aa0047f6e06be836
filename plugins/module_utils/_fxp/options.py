# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The argument spec of one server, the same in every module that dials one, and of a check of two."""

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


__all__ = ("check_options", "dialled_options", "server_options")
