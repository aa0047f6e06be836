# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge what ``proftpd.fxp.proftpd_info`` found and print it. Only the controller can print, so this has no half on the hosts."""

from __future__ import annotations

import datetime
import json
import os
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _screen
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import acknowledged as _audit_acknowledged
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import audit as _audit
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import findings as _audit_findings
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import gateway as _audit_gateway
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import report as _audit_report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import rows as _audit_rows
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import acknowledged as _acknowledged
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import digest as _digest
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import said as _said
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import PlanError, Problem, Reader
from ansible_collections.proftpd.fxp.plugins.plugin_utils._refusal import Refusal

COLOURS = {
    _audit_report.HEADING: "bright purple",
    _audit_report.GOOD: "green",
    _audit_report.DOUBTFUL: "yellow",
    _audit_report.BAD: "red",
    _audit_report.PLAIN: None,
}
# A report names every hole of a fleet.
MODE = 0o600


class ActionModule(ActionBase):
    """Show a table of all servers and every finding, and fail if there is a hole."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        options = self.validate_argument_spec(
            {
                "results": {"type": "dict", "required": True},
                "plan": {"type": "dict"},
                "gateways": {"type": "dict"},
                "report": {"type": "path"},
                "show": {"type": "str", "choices": ["everything", "problems", "nothing"], "default": "everything"},
            },
            required_by={"gateways": ("plan",)},
        )[1]
        # Without a plan nobody else has looked.
        slips = _said.slips((task_vars or {})["inventory_hostname"], task_vars or {})
        if slips:
            raise Refusal(str(PlanError(slips)))
        looks, plan, gateways = options["results"], options["plan"], options["gateways"] or {}
        planned = plan["servers"] if plan else {}
        digests = {host: _digest.digest(plan, host) for host in looks if host in planned}
        known = self._acknowledged(looks, plan, task_vars or {})
        today = datetime.date.today().isoformat()
        found = {
            host: _audit_acknowledged.settle(
                host, _audit.judge(host, look or {}, plan, digests.get(host)), known.get(host, ()), today
            )
            for host, look in looks.items()
        }
        led = {host: _audit_gateway.judge(host, look or {}, plan) for host, look in gateways.items()}
        ordered = sorted(
            (each for findings in [*found.values(), *led.values()] for each in findings),
            key=lambda each: _audit_findings.SEVERITIES.index(each.severity),
        )
        if options["show"] != "nothing":
            rows = [row for host, look in looks.items() for row in _audit_rows.rows(host, look or {}, found[host])]
            rows += [_audit_gateway.row(host, findings, plan) for host, findings in led.items()]
            _screen.show([("", _audit_report.PLAIN), *_audit_report.table(rows), ("", _audit_report.PLAIN)], COLOURS)
            _screen.show(_audit_report.findings(ordered, notes=options["show"] == "everything"), COLOURS)
        audit = [each.as_dict() for each in ordered]
        counts = {severity: sum(each.severity == severity for each in ordered) for severity in _audit_findings.SEVERITIES}
        result = {
            "changed": False,
            "failed": bool(counts[_audit_findings.HOLE]),
            "msg": _audit_rows.summary(ordered, len(looks) + len(led)),
            "audit": audit,
            "holes": counts[_audit_findings.HOLE],
            "faults": counts[_audit_findings.FAULT],
            "notes": counts[_audit_findings.NOTE],
            "acknowledged": counts[_audit_findings.KNOWN],
        }
        if options["report"]:
            self._write(
                options["report"],
                {
                    "summary": result["msg"],
                    "hosts": {
                        host: {
                            "verdict": _audit_rows.verdict(found[host]),
                            "findings": [each.as_dict() for each in found[host]],
                            "server": look or None,
                        }
                        for host, look in looks.items()
                    },
                    "gateways": {
                        host: {
                            "verdict": _audit_rows.verdict(findings),
                            "findings": [each.as_dict() for each in findings],
                            "gateway": gateways[host] or None,
                        }
                        for host, findings in led.items()
                    },
                },
            )
        return result

    def _acknowledged(
        self, looks: t.Iterable[str], plan: t.Mapping[str, t.Any] | None, task_vars: dict[str, t.Any]
    ) -> dict[str, list[dict[str, t.Any]]]:
        """Return what is acknowledged of each host; without a plan what the inventory says, never what a host says of itself."""
        if plan:
            return {host: row.get("acknowledged") or [] for host, row in plan["hosts"].items()}
        said = _said.Inventory(self._task, task_vars["hostvars"]).hostvars
        name, known = f"{_vocabulary.PREFIX}{_acknowledged.OPTION}", {}
        problems: list[Problem] = []
        for host in looks:
            if host not in said or name not in said[host] or _vocabulary.is_absent(said[host]):
                continue
            options, told = _vocabulary.options_of(host, said[host], self._templar.is_template)
            told = [problem for problem in told if problem.variable == name]
            known[host] = [] if told else _acknowledged.acknowledged(Reader(host, options, told))
            problems += told
        if problems:
            raise Refusal(str(PlanError(problems)))
        return known

    @staticmethod
    def _write(path: str, report: dict[str, t.Any]) -> None:
        text = json.dumps(report, indent=2, sort_keys=True) + "\n"
        try:
            _files.write(os.path.abspath(path), text, MODE)
        except OSError as exc:
            raise Refusal(f"The report could not be written to {path}: {exc.strerror}; name another file.") from None
