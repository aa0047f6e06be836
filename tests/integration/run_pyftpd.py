# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""pyftpdlib in another network namespace: its arguments as JSON, and it serves until its input ends."""

from __future__ import annotations

import json
import pathlib
import sys

from ansible_collections.proftpd.fxp.tests.integration.pyftpd import Pyftpd

if __name__ == "__main__":
    home, address, arguments = sys.argv[1:]
    with Pyftpd(pathlib.Path(home), address, **json.loads(arguments)):
        sys.stdin.read()
