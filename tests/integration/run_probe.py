# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A probe in another network namespace: ``connect|insist ADDRESS PORT SECONDS`` or ``watch PORT SECONDS``."""

from __future__ import annotations

import json
import sys

from ansible_collections.proftpd.fxp.plugins.module_utils._probe.probe import probe_connection, watch_port

if __name__ == "__main__":
    *words, seconds = sys.argv[1:]
    if words[0] in ("connect", "insist"):
        json.dump(probe_connection(words[1], int(words[2]), float(seconds), words[0] == "insist"), sys.stdout)
    else:
        json.dump(watch_port(int(words[1]), float(seconds)), sys.stdout)
