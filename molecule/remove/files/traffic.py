# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send small files between two servers, both ways and with either side listening, until a file appears; then tell how it went."""

from __future__ import annotations

import json
import os
import sys
import time

from ansible_collections.proftpd.fxp.plugins.module_utils._check.check import run_check
from ansible_collections.proftpd.fxp.plugins.module_utils._check.request import parse_request


def server(said: dict[str, object]) -> dict[str, object]:
    return {"port": 21, "directory": ".", "passive_ports": None, "expected_address": said["host"], **said}


def main(stop: str) -> None:
    servers = [server(said) for said in json.load(sys.stdin)]
    sent, short = 0, []
    while not os.path.exists(stop):
        for source, destination in (servers, servers[::-1]):
            outcome = run_check(
                parse_request(
                    {
                        "source": source,
                        "destination": destination,
                        "passive": "both",
                        "family": "auto",
                        "path": None,
                        "payload_size": 65536,
                        "timeout": 10,
                        "transfer_timeout": 0,
                        "expect": "allowed",
                    }
                )
            )
            sent += sum(leg["ok"] for leg in outcome.result["legs"])
            if not outcome.result["ok"]:
                short.append(outcome.message)
        time.sleep(0.1)  # the plays need the processor too
    json.dump({"sent": sent, "short": short}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
