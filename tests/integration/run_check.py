# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of a check as JSON in, its outcome as JSON out: for checks that have to run in another network namespace."""

from __future__ import annotations

import dataclasses
import json
import sys

from ansible_collections.proftpd.fxp.plugins.module_utils._check.check import run_check
from ansible_collections.proftpd.fxp.plugins.module_utils._check.request import parse_request

if __name__ == "__main__":
    json.dump(dataclasses.asdict(run_check(parse_request(json.load(sys.stdin)))), sys.stdout)
