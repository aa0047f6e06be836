# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The accounts of one server, without their passwords."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Reader

# What an account may do of which nothing is said.
UNLIMITED: dict[str, t.Any] = {"upload": True, "download": True, "max_sessions": None, "transfer_rate": None}


def accounts(reader: Reader) -> list[dict[str, t.Any]]:
    """The accounts of this server without their passwords; ``password_from`` says where those are."""
    rows = []
    for user in reader.options["users"]:
        given = [kind for kind in ("password", "password_hash") if user[kind] is not None]
        name = user["name"]
        if len(given) != 1:
            reader.complain("users", name, "needs exactly one of password and password_hash")
        reader.parse("users", _values.password_hash, user["password_hash"], secret=True)
        reader.parse("users", _values.password, user["password"], secret=True)
        for kind in ("uid", "gid"):
            reader.parse("users", _values.owner, user[kind])
        rows.append(
            {
                "name": name,
                "home": user["home"],
                "uid": user["uid"],
                "gid": user["gid"],
                "password_from": "users",
                # Whoever checks needs it, and so do those who have it said.
                "fxp": user["fxp"] or name == reader.options["check_user"],
                **_limits(reader, user),
            }
        )

    check_user, check_password = reader.options["check_user"], reader.options["check_password"]
    if check_user is not None and check_user not in {row["name"] for row in rows}:
        rows.append(
            {"name": check_user, "home": None, "uid": None, "gid": None, "password_from": "check", "fxp": True, **UNLIMITED}
        )
    for row in rows:
        reader.parse("check_user" if row["password_from"] == "check" else "users", _values.account_name, row["name"])
        row["home"] = reader.parse("users", _values.home, row["home"]) or f"/srv/fxp/{row['name']}"
    for name, count in _counts(row["name"] for row in rows).items():
        if count > 1:
            reader.complain("users", name, "stands there more than once; give every account one entry")

    if (check_user is None) != (check_password is None):
        missing = "check_password" if check_password is None else "check_user"
        reader.complain(
            missing, None, "it is not said although its counterpart is; say both fxp_check_user and fxp_check_password"
        )
    printed = [reader.host, *(row[key] for row in rows for key in ("name", "home"))]
    reader.parse("check_password", lambda text: _values.check_password(text, printed), check_password, secret=True)
    for user in reader.options["users"]:
        if user["name"] == check_user and user["password"] is not None and user["password"] != check_password:
            reader.complain(
                "check_password",
                check_password,
                "is not the password that fxp_users gives this account; say the same one twice, or only one of them",
                secret=True,
            )
    return rows


def _limits(reader: Reader, user: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What an account may do. ``transfer_rate`` is in units of 1024 bytes per second, as TransferRate wants it."""
    sessions, rate = user["max_sessions"], user["max_rate"]
    for option, number in (("max_sessions", sessions), ("max_rate", rate)):
        if number is not None and not 1 <= number <= _values.MOST:
            reader.complain(
                "users",
                number,
                f"is no {option} of an account; write a number from 1 to {_values.MOST}, or leave it out for no limit",
            )
    return {
        "upload": user["upload"],
        "download": user["download"],
        "max_sessions": sessions,
        "transfer_rate": None if rate is None else f"{max(rate / 1024, 0.001):.3f}",
    }


def _counts(items: t.Iterable[t.Any]) -> dict[t.Any, int]:
    return {key: len(list(group)) for key, group in itertools.groupby(sorted(items))}
