# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess

from ansible_collections.proftpd.fxp.plugins.filter.password_hashes import former_hashes, password_hashes, stable_salt

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
        # As release 0.2.0 wrote it with ansible-core 2.21: without libxcrypt the same hash with its rounds named.
        assert row["former_hashes"][1] == f"$6$rounds=5000{row['password_hash'][2:]}"
    assert rows[1]["former_hashes"] == []
    assert rows[0]["uid"] == 1001
    assert rows[1]["password_hash"] == "$6$made$elsewhere"


def test_the_salt_differs_by_host_and_account() -> None:
    salts = {stable_salt(host, name) for host in ("ftp1", "ftp2") for name in ("mirror", "check")}
    assert len(salts) == 4
    assert all(
        len(salt) == 16 and set(salt) <= set("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") for salt in salts
    )


def test_what_ansible_core_2_21_wrote_with_libxcrypt_is_known() -> None:
    """A hash that ansible.utils.encrypt of 2.21.5 gave for this salt, on Debian 12."""
    wrote = "$6$V7qMYtm93NoF63XA$obG8wuY8f0TgxKxeeIuu5qNTCydbjb2VnH68J/j3ovDWu6Co9mBE/pt1Y9PS0AHcxm9eB92ePCz7SkYNTZR6j/"
    assert wrote in former_hashes("correct-horse-battery", "abcd./EFGH1234zZ")
