# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a bounce check, here or in a network namespace, with what holds for every one."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.bounce import parse_bounce, run_bounce
from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.result import BOUNCE_KEYS
from ansible_collections.proftpd.fxp.tests.integration.daemons import PASSWORD
from ansible_collections.proftpd.fxp.tests.integration.network import run

STRANGER = "127.0.9.9"
FINDING_KEYS = {
    "probe",
    "stranger",
    "result",
    "vulnerable",
    "exposure",
    "proven",
    "server_said",
    "summary",
    "remedy",
}
_DATA_COMMANDS = ("LIST", "RETR", "STOR", "NLST")


@dataclass(frozen=True)
class Probed:
    """The outcome of one bounce check."""

    result: dict[str, t.Any]
    message: str
    warnings: list[str]

    def of(self, probe: str, stranger: str | None = None) -> dict[str, t.Any]:
        """The one finding of a probe, by one stranger if several were played."""
        found = [one for one in self.result["findings"] if one["probe"] == probe and stranger in (None, one["stranger"])]
        assert len(found) == 1, (probe, found)
        return t.cast("dict[str, t.Any]", found[0])

    def answers(self) -> dict[str, str]:
        """The result of each probe."""
        return {one["probe"]: one["result"] for one in self.result["findings"]}

    @property
    def holes(self) -> set[str]:
        """The probes that found the server vulnerable."""
        return {one["probe"] for one in self.result["findings"] if one["vulnerable"]}

    @property
    def lines(self) -> list[str]:
        """The dialogue."""
        return [entry["line"] for entry in self.result["transcript"]]


def bounce_options(server: t.Mapping[str, t.Any], strangers: t.Sequence[str] | None, timeout: float) -> dict[str, t.Any]:
    """All options of the check."""
    return {"server": server, "stranger_sources": strangers, "timeout": timeout}


def bounce(server: t.Mapping[str, t.Any], strangers: t.Sequence[str] | None = (STRANGER,), timeout: float = 5.0) -> Probed:
    """Check in the test's own process."""
    return judged(dataclasses.asdict(run_bounce(parse_bounce(bounce_options(server, strangers, timeout)))))


def bounce_inside(
    namespace: str, server: t.Mapping[str, t.Any], strangers: t.Sequence[str] | None = None, timeout: float = 2.0
) -> Probed:
    """Check in a network namespace."""
    command = (sys.executable, "-m", "ansible_collections.proftpd.fxp.tests.integration.run_bounce")
    text = json.dumps(bounce_options(server, strangers, timeout))
    return judged(json.loads(run("ip", "netns", "exec", namespace, *command, text=text)))


def judged(outcome: dict[str, t.Any]) -> Probed:
    """An outcome as ``Probed``, after the tests that none may fail."""
    assert PASSWORD not in json.dumps(outcome)
    result = outcome["result"]
    assert tuple(result) == BOUNCE_KEYS
    assert all(set(one) == FINDING_KEYS for one in result["findings"])
    assert all(one["summary"] for one in result["findings"])
    assert all(set(entry) == {"seconds", "direction", "line", "probe", "stranger"} for entry in result["transcript"])
    probed = Probed(**outcome)
    assert (result["vulnerable"] is True) is bool(probed.holes)
    for one in result["findings"]:
        assert not one["vulnerable"] or (one["result"] == "accepted" and one["remedy"] and one["remedy"] in probed.message)
    assert not (probed.warnings and (result["tested"] or not result["findings"]))
    assert_no_data_command_after_a_refusal(probed)
    return probed


def assert_no_data_command_after_a_refusal(probed: Probed) -> None:
    """After a refused PORT the previous one is still in force, so what moves data has to follow an accepted one."""
    ready, asked = False, ""
    for entry in probed.result["transcript"]:
        if entry["direction"] == "sent":
            asked = entry["line"].split(" ", 1)[0]
            assert asked not in _DATA_COMMANDS or ready, probed.lines
            ready = ready and asked not in ("PASV", "EPSV", "PORT", "EPRT", "USER")
        elif asked in ("PASV", "EPSV", "PORT", "EPRT"):
            ready = bool(re.match(r"2[0-9][0-9]", entry["line"])) or (ready and not re.match(r"[45][0-9][0-9]", entry["line"]))


__all__ = ("STRANGER", "Probed", "bounce", "bounce_inside")
