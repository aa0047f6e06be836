# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The mark that the guard puts on packets of connections that it lets through, where a firewall manager is told by that. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError

_ALL = 0xFFFFFFFF


class Mark(t.NamedTuple):
    """``value`` in the bits of ``mask``; the other bits of a packet's mark are left alone."""

    value: int
    mask: int

    def __str__(self) -> str:
        return f"{self.value:#x}/{self.mask:#x}"

    @property
    def others(self) -> int:
        """The bits that are not ours."""
        return _ALL & ~self.mask


DEFAULT = Mark(0x46000000, 0xFF000000)


def read_mark(text: str) -> Mark:
    """
    A mark as iptables(8) writes it, ``value/mask``, each in hexadecimal or decimal numbers.

    Raises FirewallError for what is none, or none that can be told from no mark at all.
    """
    said = re.fullmatch(r"(0x[0-9a-fA-F]+|\d+)/(0x[0-9a-fA-F]+|\d+)", text.strip())
    mark = Mark(*(int(part, 0) if part.startswith("0x") else int(part) for part in said.groups())) if said else None
    if mark is None or not 0 < mark.value <= _ALL or not mark.mask <= _ALL or mark.value & mark.others:
        raise FirewallError(
            f"fxp_firewall_mark is {text!r}; write a value and the bits that it is in, {DEFAULT} for example, with at least one "
            "bit set."
        )
    return mark


__all__ = ("DEFAULT", "Mark", "read_mark")
