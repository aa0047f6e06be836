# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: password_hashes
short_description: Give planned accounts their password hashes
description:
  - The plan names accounts without their passwords. This filter adds RV(_value[].password_hash) to each of them, on the
    controller, so that no password leaves it.
  - The salt is derived from host and account, so the same password gives the same hash in every run and another one on every
    host.
  - RV(_value[].former_hashes) are what release 0.2.0 wrote for the same password where ansible-core, or a library of the
    controller, took the salt otherwise; accounts that have one of them keep it.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - The accounts as RV(proftpd.fxp.fxp_plan#module:hosts) has them.
    type: list
    elements: dict
    required: true
  users:
    description:
      - The variable C(fxp_users) of the host.
    type: list
    elements: dict
    required: true
  check_password:
    description:
      - The variable C(fxp_check_password) of the host, if it is said.
    type: str
    default: ''
  host:
    description:
      - The inventory name of the host.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Give every account its password and its home
  proftpd.fxp.proftpd_accounts:
    accounts: >-
      {{ _plan_fleet.hosts[inventory_hostname].accounts
         | proftpd.fxp.password_hashes(users=fxp_users | default([]), check_password=fxp_check_password | default(''),
                                       host=inventory_hostname) }}
  no_log: true
"""

RETURN = r"""
_value:
  description:
    - The accounts, each with name, home, uid, gid, password_hash and former_hashes.
  type: list
  elements: dict
  contains:
    password_hash:
      description: The password as crypt(3) hashes it with SHA-512.
      type: str
    former_hashes:
      description: The same password as earlier releases hashed it; none where C(password_hash) is said in C(fxp_users).
      type: list
      elements: str
"""

import base64
import hashlib
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._sha_crypt import ROUNDS, libxcrypt_salt, sha512_crypt


def stable_salt(host: str, name: str) -> str:
    """Return 16 characters of crypt's alphabet that only ``host`` and account ``name`` decide."""
    digest = hashlib.sha256(f"proftpd.fxp\0{host}\0{name}".encode()).digest()
    return base64.b64encode(digest, altchars=b"./").decode()[:16]


def former_hashes(password: str, salt: str) -> list[str]:
    """
    Return what ansible-core 2.21 and later made of ``password`` and ``salt`` for release 0.2.0.

    Where the controller has libxcrypt it had the salt encoded once more; elsewhere it named the rounds. Earlier ones wrote what
    is written today.
    """
    named = sha512_crypt(password, salt).replace("$6$", f"$6$rounds={ROUNDS}$", 1)
    return [sha512_crypt(password, libxcrypt_salt(salt)), named]


def password_hashes(
    accounts: list[dict[str, t.Any]], users: list[dict[str, t.Any]], check_password: str = "", *, host: str
) -> list[dict[str, t.Any]]:
    """Return ``accounts`` with their hashes, in the shape that ``proftpd.fxp.proftpd_accounts`` takes."""
    # The plan has every name as text, as the vocabulary wants it; YAML may have read it as something else.
    secrets = {str(user["name"]): user for user in users}
    rows = []
    for account in accounts:
        name = account["name"]
        own = secrets[name] if account["password_from"] == "users" else {"password": check_password}
        row = {"name": name, "home": account["home"], "uid": account["uid"], "gid": account["gid"]}
        if own.get("password_hash"):
            rows.append({**row, "password_hash": str(own["password_hash"]), "former_hashes": []})
        else:
            # A template's value may be a tagged or vaulted string; crypt wants a plain one.
            password, salt = str(own["password"]), stable_salt(host, name)
            rows.append({**row, "password_hash": sha512_crypt(password, salt), "former_hashes": former_hashes(password, salt)})
    return rows


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"password_hashes": password_hashes}
