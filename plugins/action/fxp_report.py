# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell what checks found. Only the controller can print, and reports belong there, so this has no half on the hosts."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import time
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis import placing
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _screen
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import html as _report_html
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import json as _report_json
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import junit as _report_junit
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import markdown as _report_markdown
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import results as _results
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import Contents, contents_of

# Blue and yellow stay apart for colour-blind people; Ansible's own switches turn colours off.
COLOURS = {
    _report.SOURCE: "bright blue",
    _report.DESTINATION: "yellow",
    _report.HEADING: "bright purple",
    _report.GOOD: "green",
    _report.BAD: "red",
    _report.PLAIN: None,
}
RETURNED = (
    "source",
    "destination",
    "passive",
    "ok",
    "cause",
    "server",
    "certain",
    "remedy",
    "bytes",
    "seconds",
    "bytes_per_second",
    "verified_by",
    "seen",
    "placed",
    "place",
    "ends",
    "not_asked",
)
FORMATS = {
    "report.html": _report_html.as_html,
    "report.json": _report_json.as_json,
    "junit.xml": _report_junit.as_junit,
    "report.md": _report_markdown.as_markdown,
}


class ActionModule(ActionBase):
    """Show dialogues and a table of all transfers, write the report, and fail if something fell short."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        options = self.validate_argument_spec(
            {
                "results": {"type": "list", "elements": "dict"},
                "legs": {"type": "list", "elements": "dict"},
                "probes": {"type": "list", "elements": "dict", "default": []},
                "bounce": {"type": "dict"},
                "show": {"type": "str", "choices": ["failed", "dialogues", "table", "nothing"], "default": "failed"},
                "directory": {"type": "path"},
                "title": {"type": "str", "default": "Site-to-site transfers"},
                "coverage": {"type": "str"},
                "other_plans": {"type": "list", "elements": "str", "default": []},
                "vantage_untold": {"type": "list", "elements": "str", "default": []},
                "files_left": {"type": "list", "elements": "dict", "default": []},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            },
            required_if=[("state", "present", ("results", "legs", "bounce"), True), ("state", "absent", ("directory",))],
        )[1]
        if options["state"] == "absent":
            return self._forget(os.path.abspath(options["directory"]))
        # What checks return in check mode says nothing about anything.
        results = [result for result in options["results"] or () if not self._task.check_mode or result.get("ok") is not None]
        # The name of the server goes last: what a check returned must not change it. One that ran in check mode says nothing.
        bounce = [
            {**entry, "server": name}
            for name, entry in (options["bounce"] or {}).items()
            if not self._task.check_mode or entry.get("tested") is not None
        ]
        if self._task.check_mode and not (results or options["legs"] or bounce):
            return {"changed": False, "skipped": True, "msg": "Nothing was sent in check mode, so there is nothing to show."}
        wrong = incomplete(options, results)
        if wrong:
            return {"changed": False, "failed": True, "msg": wrong}
        found = [
            leg for result in results for leg in _results.legs_of(result["item"]["source"], result["item"]["destination"], result)
        ]
        legs = _report.listed(placing.placed([*found, *(options["legs"] or ())], options["probes"], told=False))
        beside_legs = [
            _results.side_findings(result["item"]["source"], result["item"]["destination"], result) for result in results
        ]
        contents = contents_of(
            options["title"],
            "",
            options["coverage"],
            legs,
            bounce,
            itertools.chain(options["vantage_untold"], *(untold for untold, left in beside_legs)),
            itertools.chain(options["files_left"], *(left for untold, left in beside_legs)),
            options["other_plans"],
        )
        self._show(legs, contents, options["show"])
        vulnerable = [str(entry["server"]) for entry in bounce if entry.get("vulnerable")]
        # One that could not even be logged in to; where no stranger could be played there still are findings that say so.
        unknown = [str(entry["server"]) for entry in bounce if not entry.get("vulnerable") and not entry.get("findings")]
        meant = [str(entry["server"]) for entry in bounce if _report.is_meant(entry)]
        message = [_report.summary(legs)] if legs or not bounce else []
        if contents.other_plans:
            # Before anything that follows from it is looked for on these servers.
            message.insert(0, next(iter(contents.notes)))
        if vulnerable:
            message.append(f"Strangers can abuse {', '.join(vulnerable)}.")
        elif bounce and not unknown:
            message.append("No server was found that strangers can abuse" + (", but for what is meant." if meant else "."))
        if meant:
            message.append(f"Strangers may take passive data connections of {', '.join(meant)}, as the inventory says.")
        if unknown:
            message.append(f"Whether strangers can abuse {', '.join(unknown)} could not be tested.")
        failed = bool(vulnerable or unknown) or not all(leg.ok for leg in legs)
        result = {
            "changed": False,
            "failed": failed,
            "ok": not failed,
            "passed": sum(leg.ok for leg in legs),
            "tried": len(legs),
            "legs": [{key: getattr(leg, key) for key in RETURNED} for leg in legs],
        }
        if options["directory"]:
            # Relative to where Ansible was started, as pipelines name what they keep. The playbook may lie in a collection.
            directory = os.path.abspath(options["directory"])
            try:
                result.update(self._write(directory, contents))
            except OSError as error:
                result.update(failed=True, ok=False)
                message.append(
                    f"The report cannot be written to {directory}: {error.strerror}. Set directory to one on the "
                    "controller that the "
                    "account that runs Ansible may write to."
                )
        return {**result, "msg": printable(" ".join(message))}

    @staticmethod
    def _show(legs: t.Sequence[_report.Leg], contents: Contents, show: str) -> None:
        """Print the ``legs`` in the order of the checks, then all else."""
        if show == "nothing":
            return
        lines: list[_report.Line] = []
        if show != "table":
            lines += _report.dialogues(legs, failed_only=show == "failed")
        if legs:
            lines += [("", _report.PLAIN), *_report.table(legs), *_report.sentences(legs)]
        if contents.bounce:
            lines += [("", _report.PLAIN), *_report.bounce_table(contents.bounce)]
        if contents.coverage:
            lines += [("", _report.PLAIN), (f"Coverage: {printable(contents.coverage)}", _report.PLAIN)]
        lines += [(note, _report.PLAIN) for note in contents.notes]
        _screen.show(lines, COLOURS)

    def _forget(self, directory: str) -> dict[str, t.Any]:
        """Take the files of an earlier report away."""
        found = [path for path in (os.path.join(directory, name) for name in FORMATS) if os.path.lexists(path)]
        try:
            for path in () if self._task.check_mode else found:
                os.unlink(path)
        except OSError as error:
            return {
                "changed": False,
                "failed": True,
                "msg": f"The earlier report cannot be taken out of {directory}: "
                f"{error.strerror}. Set directory to one on the controller that the account that runs Ansible may write to.",
            }
        return {"changed": bool(found), "directory": directory, "files": found}

    def _write(self, directory: str, contents: Contents) -> dict[str, t.Any]:
        """Bring the files of ``directory`` to what was found. May raise OSError."""
        paths = {name: os.path.join(directory, name) for name in FORMATS}
        before = {name: _files.read_text(path) for name, path in paths.items()}
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        # The same results make the same report: it keeps the time at which it was first written.
        contents = dataclasses.replace(contents, generated=_generated(before["report.json"]) or now)
        after = {name: render(contents) for name, render in FORMATS.items()}
        if after["report.json"] != before["report.json"]:
            contents = dataclasses.replace(contents, generated=now)
            after = {name: render(contents) for name, render in FORMATS.items()}
        stale = [name for name in FORMATS if after[name] != before[name] or not _files.has_mode(paths[name], 0o644)]
        if stale and not self._task.check_mode:
            _make(directory)
            for name in stale:
                _files.write(paths[name], after[name], 0o644)
        result: dict[str, t.Any] = {"changed": bool(stale), "directory": directory, "files": list(paths.values())}
        if self._task.diff and stale:
            # The other files tell the same, in a form that nobody reads line by line.
            result["diff"] = [
                {
                    "before": before["report.md"] or "",
                    "after": after["report.md"],
                    "before_header": paths["report.md"],
                    "after_header": paths["report.md"],
                }
            ]
        return result


def incomplete(options: t.Mapping[str, t.Any], results: t.Iterable[t.Mapping[str, t.Any]]) -> str | None:
    """Return what is missing in the lists that were given, if anything is."""
    for result in results:
        item = result.get("item")
        if not isinstance(item, t.Mapping) or not {"source", "destination"} <= set(item):
            return (
                "results: an entry has no item with the keys source and destination; loop the check over items that name "
                "the two servers "
                "so."
            )
    for number, entry in enumerate(options["legs"] or ()):
        missing = [key for key in ("source", "destination", "ok") if key not in entry]
        if missing:
            return f"legs: entry {number} has no {missing[0]}; give what the check returned, with the names of its servers."
    for name, entry in (options["bounce"] or {}).items():
        if not isinstance(entry, t.Mapping) or "vulnerable" not in entry:
            return f"bounce: the entry of {name} has no vulnerable; give what the check returned."
    return None


def _generated(text: str | None) -> str | None:
    """Return the time of an earlier report, if ``text`` is one."""
    try:
        return str(json.loads(text or "")["generated"])
    except (ValueError, KeyError, TypeError):
        return None


def _make(directory: str) -> None:
    """Make ``directory`` and its parents with mode 0755, whatever the account's mask; leave those that are there as they are."""
    missing = []
    while not os.path.isdir(directory):
        missing.append(directory)
        directory = os.path.dirname(directory)
    for path in reversed(missing):
        os.mkdir(path, 0o755)
        os.chmod(path, 0o755)
