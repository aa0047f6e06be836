# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A probe in another network namespace: ``connect|insist ADDRESS PORT SECONDS [SIZE]`` or ``watch|whole PORT SECONDS [SIZE]``."""

from __future__ import annotations

import json
import sys

from ansible_collections.proftpd.fxp.plugins.module_utils._probe.probe import probe_connection, watch_port

if __name__ == "__main__":
    word, *words = sys.argv[1:]
    if word in ("connect", "insist"):
        address, port, seconds, *size = words
        json.dump(probe_connection(address, int(port), float(seconds), word == "insist", *map(int, size)), sys.stdout)
    else:
        port, seconds, *size = words
        json.dump(watch_port(int(port), float(seconds), *map(int, size or ["0"]), word == "whole"), sys.stdout)
