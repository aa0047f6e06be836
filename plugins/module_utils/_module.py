# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What every module of this collection is made of: whatever it returns can be shown.

Ansible prints it as it is: of results what turns a line, of messages and warnings everything that steers a terminal, too.
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable_data, printable_sentence
from ansible_collections.proftpd.fxp.plugins.module_utils._masked import without


class Module(AnsibleModule):
    """An ``AnsibleModule`` that tells nothing which its reader cannot see."""

    def __init__(self, argument_spec: dict[str, t.Any], **rules: t.Any) -> None:
        super().__init__(argument_spec=argument_spec, **rules)  # type: ignore[no-untyped-call]

    def warn(self, warning: str, **more: t.Any) -> None:
        """The same with one line."""
        super().warn(printable_sentence(self._masked(warning)), **more)

    def exit_json(self, **kwargs: t.Any) -> t.NoReturn:
        """The same with data that can be shown."""
        super().exit_json(**printable_data(self._masked(kwargs)))

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        """The same with a message of one line, and data that can be shown."""
        super().fail_json(printable_sentence(self._masked(msg)), **printable_data(self._masked(kwargs)))

    def _masked(self, value: t.Any) -> t.Any:
        # Ansible looks for secrets as they are, and so it must look before anything in them is written as an escape.
        return without(value, self.no_log_values)


__all__ = ("Module",)
