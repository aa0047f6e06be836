# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's half of the look: its clock, its run and whether another one is over, and whether this was asked already."""

from __future__ import annotations

import hashlib
import json
import time
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.proftpd.fxp.plugins.plugin_utils import _run

MODULE = "proftpd.fxp.fxp_look"
# Where the role keeps what a host answered.
KNOWN = "_look_host"
# Of an account that decide nothing about where a look is still good, and are not to leave a trace.
SECRETS = ("password_hash", "former_hashes", "private_key")


class ActionModule(ActionBase):
    """
    Look once per play.

    The roles that change a host each ask for the look. It is taken again only if something else is asked, or if an earlier play
    looked for its own sake: after that play the host may have changed.
    """

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        arguments = {"run": _run.this_run(), **self._task.args}
        again, ahead = (boolean(arguments.pop(name, False)) for name in ("again", "ahead"))
        # ansible-core gives an action no public way to its play.
        play, asked = str(self._task.get_play()._uuid), digest(arguments)
        known = task_vars.get(KNOWN) or {}
        is_good = known.get("asked") == asked and "refusals" in known and (known.get("ahead") or known.get("play") == play)
        if is_good and not again:
            return {**known, "ahead": False, "play": play}
        here = {"_now": time.time(), "_host": task_vars.get("inventory_hostname")}
        result = self._execute_module(module_name=MODULE, module_args={**arguments, **here}, task_vars=task_vars)
        # Nothing of what was passed is to be seen, at any verbosity.
        result.pop("invocation", None)
        _run.forget_what_is_over(result)
        return {**result, "ahead": ahead, "asked": asked, "play": play}


def digest(arguments: t.Mapping[str, t.Any]) -> str:
    """A short form of what is asked, without its secrets."""

    def plain(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {str(key): plain(inner) for key, inner in value.items() if key not in SECRETS}
        return [plain(inner) for inner in value] if isinstance(value, (list, tuple)) else str(value)

    return hashlib.sha256(json.dumps(plain(arguments), sort_keys=True).encode()).hexdigest()
