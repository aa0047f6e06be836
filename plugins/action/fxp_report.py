# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print what checks found. Only the controller can print, so this has no half on the hosts."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.proftpd.fxp.plugins.plugin_utils import _report

# Blue and yellow stay apart for colour-blind people; Ansible's own switches turn colours off.
COLOURS = {
    _report.SOURCE: "bright blue",
    _report.DESTINATION: "yellow",
    _report.HEADING: "bright purple",
    _report.GOOD: "green",
    _report.BAD: "red",
    _report.PLAIN: None,
}
RETURNED = ("source", "destination", "passive", "ok", "cause", "server", "certain", "remedy", "bytes", "seconds",
            "bytes_per_second", "verified_by", "seen")


class ActionModule(ActionBase):
    """Show every dialogue and a table of all transfers, and fail if one of them fell short."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        options = self.validate_argument_spec({
            "results": {"type": "list", "elements": "dict", "required": True},
            "probes": {"type": "list", "elements": "dict", "default": []},
            "show": {"type": "str", "choices": ["dialogues", "table", "nothing"], "default": "dialogues"},
        })[1]
        if self._task.check_mode:
            return {"changed": False, "skipped": True, "msg": "Nothing was sent in check mode, so there is nothing to show."}
        legs = [_report.placed(leg, options["probes"]) for result in options["results"]
                for leg in _report.legs_of(result["item"]["source"], result["item"]["destination"], result)]
        if options["show"] == "dialogues":
            for leg in legs:
                self._print(_report.dialogue(leg))
        if options["show"] != "nothing":
            self._print(_report.table(legs))
        failed = not all(leg.ok for leg in legs)
        return {"changed": False, "failed": failed, "msg": _report.summary(legs),
                "passed": sum(leg.ok for leg in legs), "tried": len(legs),
                "legs": [{key: getattr(leg, key) for key in RETURNED} for leg in legs]}

    @staticmethod
    def _print(lines: t.Iterable[_report.Line]) -> None:
        display = Display()
        display.display("")
        for text, part in lines:
            display.display(text, color=COLOURS[part])
