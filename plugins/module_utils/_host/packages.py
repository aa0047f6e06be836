# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!


"""
Which Debian packages are not installed? Asking dpkg takes milliseconds, while the module C(apt) opens its whole cache first.
"""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import run


def missing(names: t.Sequence[str], output: t.Callable[..., str] = run.output) -> list[str]:
    """Return those of *names* that dpkg has no installed package of, in their order; all of them where there is no dpkg."""
    if not names:
        return []
    told = output("dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\\n", *names)
    # A package that was removed is still known for its configuration.
    installed = {line.split()[0] for line in told.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in installed]
