# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a check in the test's own process, with what holds for every check."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._check.check import run_check
from ansible_collections.proftpd.fxp.plugins.module_utils._check.request import parse_request
from ansible_collections.proftpd.fxp.plugins.module_utils._check.result import RESULT_KEYS
from ansible_collections.proftpd.fxp.tests.integration.daemons import PASSWORD, check_options

LEG_KEYS = {
    "expect",
    "passive",
    "ok",
    "cause",
    "server",
    "certain",
    "also_possible",
    "remedy",
    "evidence",
    "bytes",
    "seconds",
    "bytes_per_second",
    "verified_by",
    "listing",
    "file",
}


@dataclass(frozen=True)
class Checked:
    """The outcome of one check."""

    result: dict[str, t.Any]
    message: str
    warnings: list[str]

    @property
    def legs(self) -> list[dict[str, t.Any]]:
        """The legs of the result."""
        return t.cast("list[dict[str, t.Any]]", self.result["legs"])

    @property
    def causes(self) -> list[str | None]:
        """The cause of each leg."""
        return [leg["cause"] for leg in self.legs]

    @property
    def servers(self) -> list[str | None]:
        """Where to look first, for each leg."""
        return [leg["server"] for leg in self.legs]

    def lines(self, **wanted: t.Any) -> list[str]:
        """The lines of the transcript whose entries have these values."""
        entries = self.result["transcript"]
        return [entry["line"] for entry in entries if all(entry[key] == value for key, value in wanted.items())]


def check(source: t.Mapping[str, t.Any], destination: t.Mapping[str, t.Any], **options: t.Any) -> Checked:
    """Run a check and look at what every result has to fulfil."""
    outcome = run_check(parse_request(check_options(source, destination, **options)))
    return judged(outcome.result, outcome.message, outcome.warnings)


def judged(result: dict[str, t.Any], message: str, warnings: list[str]) -> Checked:
    """A result as ``Checked``, after the tests that no result may fail."""
    dump = json.dumps([result, message, warnings])
    assert PASSWORD not in dump
    assert tuple(result) == RESULT_KEYS
    assert all(set(leg) == LEG_KEYS for leg in result["legs"])
    assert all(set(entry) == {"seconds", "server", "direction", "line", "leg"} for entry in result["transcript"])
    times = [entry["seconds"] for entry in result["transcript"]]
    assert times == sorted(times)
    short = [leg for leg in result["legs"] if not leg["ok"]]
    assert result["ok"] is not bool(short)
    assert [result[key] for key in ("cause", "server", "remedy")] == (
        [short[0][key] for key in ("cause", "server", "remedy")] if short else [None] * 3
    )
    assert bool(message) is bool(short)
    if short and short[0]["cause"]:
        assert f"({short[0]['cause']}" in message
        assert short[0]["remedy"] in message
    return Checked(result, message, warnings)
