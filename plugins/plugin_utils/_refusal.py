# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""How actions tell the operator what to mend."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable_lines


class Refusal(AnsibleActionFail):
    """
    A sentence for the operator, or several, a line each, and nothing but that.

    ansible-core 2.18 puts the traceback of the moment into the result of every other failure, and shows "An exception occurred"
    above it.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(printable_lines(sentence))  # type: ignore[no-untyped-call]
        self.result.pop("exception", None)
