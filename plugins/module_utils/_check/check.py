# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""A whole check: a pair of servers put to the test, each leg diagnosed, and the result as plain data."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._check.request import Request
from ansible_collections.proftpd.fxp.plugins.module_utils._check.result import whole_result
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.result import leg_result, message_of
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import Masker, Transcript
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.leftovers import clear_earlier
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.trial import try_pair


@dataclass(frozen=True)
class Outcome:
    """The result with exactly ``RESULT_KEYS``, a sentence for people when it is not ok, and what is left to be deleted."""

    result: dict[str, t.Any]
    message: str
    warnings: list[str]


def run_check(request: Request) -> Outcome:
    """Check one ordered pair of servers. Whatever the servers do ends up in the outcome, nothing is raised for it."""
    masker = Masker(server.password for server in request.terms.servers.values())
    transcript = Transcript(masker)
    terms = request.terms
    earlier = clear_earlier(terms.servers, terms.family, terms.timeout)
    shown = try_pair(terms, transcript)
    legs = [leg_result(leg, request.expect, masker) for leg in shown.legs]
    vantage_told = None if shown.untold is None else not shown.untold
    result = whole_result(legs, transcript.entries(), earlier.files_left + shown.files_left, vantage_told)
    return Outcome(result, message_of(legs), earlier.warnings + shown.warnings)


__all__ = ("Outcome", "run_check")
