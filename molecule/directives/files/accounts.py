# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a database with one account, joe, who may store 1000 bytes."""

from __future__ import annotations

import os
import sqlite3
import subprocess

PASSWORD = "lab-joe-Hw3Rk6Ty"
NUMBER = 5000  # of user and group; ProFTPD takes none below 999 from a database

os.makedirs("/srv/joe", mode=0o755)
os.chown("/srv/joe", NUMBER, NUMBER)
digest = subprocess.run(["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True, check=True).stdout.strip()
os.umask(0o077)
with sqlite3.connect("/var/lib/ftp-accounts.db") as base:
    base.execute(
        "CREATE TABLE users (name TEXT, password TEXT, uid INTEGER, gid INTEGER, home TEXT, shell TEXT, bytes INTEGER,"
        " used INTEGER)"
    )
    row = ("joe", digest, NUMBER, NUMBER, "/srv/joe", "/bin/sh", 1000, 0)
    base.execute("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
