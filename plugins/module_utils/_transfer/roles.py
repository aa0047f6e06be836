# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which server of a pair is meant: a server by itself has no role, it gets one where a pair is composed."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec

Role = t.Literal["source", "destination"]
ROLES: tuple[Role, Role] = ("source", "destination")


def other(role: Role) -> Role:
    """The opposite server of the pair."""
    return "destination" if role == "source" else "source"


def named(role: Role, server: ServerSpec) -> str:
    """A server as messages about the pair name it."""
    return f"{role} {server.label}"


__all__ = ("ROLES", "Role", "named", "other")
