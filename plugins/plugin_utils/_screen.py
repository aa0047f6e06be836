# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Print what actions lay out for people, and only where people read: nothing may stand beside the stream of another program."""

from __future__ import annotations

import functools
import typing as t

from ansible import constants
from ansible.plugins.callback.default import CallbackModule as Default
from ansible.plugins.loader import callback_loader
from ansible.utils.display import Display

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable

# Those that are made for people, beside the descendants of Ansible's default; that itself may be loaded twice, as two classes.
FOR_PEOPLE = ("default", "minimal", "oneline", "selective")


def show(lines: t.Iterable[tuple[str, str]], colours: t.Mapping[str, str | None]) -> None:
    """Print ``lines`` of text, each with the part that it plays, which has one of ``colours``."""
    if not is_for_people():
        return
    display = Display()
    for text, part in lines:
        display.display(printable(text), color=colours[part])


@functools.lru_cache(maxsize=1)
def is_for_people() -> bool:
    """Tell whether what Ansible writes to its standard output (``stdout_callback``) is read by people."""
    name = str(constants.config.get_config_value("DEFAULT_STDOUT_CALLBACK")).removeprefix("ansible.builtin.")
    if name.removeprefix("community.general.") in FOR_PEOPLE:
        return True
    plugin = callback_loader.get(name, class_only=True)
    return isinstance(plugin, type) and issubclass(plugin, Default)
