# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Where in a configuration of ours the site's own lines begin, which people say elsewhere than they are read."""

from __future__ import annotations

import typing as t

HEADING = "# The site's own (fxp_extra_config). What stands once in ProFTPD stands here in the place of ours."


def is_own(lines: t.Sequence[str], number: int) -> bool:
    """Tell whether line ``number`` of a configuration, which counts from 1, is one of the site's own."""
    return HEADING in lines[: number - 1]


__all__ = ("HEADING", "is_own")
