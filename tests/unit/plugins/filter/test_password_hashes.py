# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess

from ansible_collections.proftpd.fxp.plugins.filter.password_hashes import password_hashes, stable_salt

ACCOUNTS = [
    {"name": "mirror", "home": "/srv/mirror", "uid": 1001, "gid": None, "password_from": "users"},
    {"name": "ready", "home": "/srv/ready", "uid": None, "gid": None, "password_from": "users"},
    {"name": "check", "home": "/srv/fxp/check", "uid": None, "gid": None, "password_from": "check"},
]
USERS = [{"name": "mirror", "password": "first secret"}, {"name": "ready", "password_hash": "$6$made$elsewhere"}]


def test_hashes_are_those_of_crypt_and_the_same_in_every_run() -> None:
    rows = password_hashes(ACCOUNTS, USERS, "second secret", host="ftp1")
    assert rows == password_hashes(ACCOUNTS, USERS, "second secret", host="ftp1")
    for row, password in ((rows[0], "first secret"), (rows[2], "second secret")):
        salt = stable_salt("ftp1", str(row["name"]))
        openssl = subprocess.run(["openssl", "passwd", "-6", "-salt", salt, password], check=True, capture_output=True, text=True)
        assert row["password_hash"] == openssl.stdout.strip()
    assert rows[0]["uid"] == 1001
    assert rows[1]["password_hash"] == "$6$made$elsewhere"


def test_the_salt_differs_by_host_and_account() -> None:
    salts = {stable_salt(host, name) for host in ("ftp1", "ftp2") for name in ("mirror", "check")}
    assert len(salts) == 4
    assert all(len(salt) == 16 and set(salt) <= set("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
               for salt in salts)
