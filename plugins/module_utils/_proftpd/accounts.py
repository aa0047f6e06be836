# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""ProFTPD's own password file and the homes of its accounts (contrib: mod_auth_file, passwd(5) format)."""

from __future__ import annotations

import dataclasses
import os
import pwd
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import directories as _directories
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError

# mod_auth_file reads the file as root, before a session gives its privileges away.
MODE = 0o600
HOME_MODE = 0o750
NO_SHELL = "/usr/sbin/nologin"


@dataclasses.dataclass(frozen=True)
class Account:
    """
    One line of the file. ``uid`` and ``gid`` own what the account writes.

    ``former_hashes`` are of the same password; the file may keep one of them.
    """

    name: str
    password_hash: str
    uid: int
    gid: int
    home: str
    former_hashes: tuple[str, ...] = ()

    def line(self) -> str:
        """Return the account as a line of passwd(5) with its line end. Raises HostError for what would break the line."""
        fields = (self.name, self.password_hash, str(self.uid), str(self.gid), self.name, self.home, NO_SHELL)
        for field in fields:
            if ":" in field or any(ord(character) < 32 for character in field):
                raise HostError(f"The account {self.name!r} has ':' or a control character in a field; remove it.")
        return ":".join(fields) + "\n"


def options() -> dict[str, t.Any]:
    """The argument spec of one account, the same in every module that takes them."""
    return {
        "name": {"type": "str", "required": True},
        "password_hash": {"type": "str", "required": True, "no_log": True},
        "former_hashes": {"type": "list", "elements": "str", "default": [], "no_log": True},
        "home": {"type": "path", "required": True},
        "uid": {"type": "int"},
        "gid": {"type": "int"},
    }


def owner(name: str) -> tuple[int, int] | None:
    """Return uid and gid of the system account ``name``, or None if it is not there yet."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return entry.pw_uid, entry.pw_gid


def of(rows: t.Iterable[t.Mapping[str, t.Any]], owner: tuple[int, int]) -> list[Account]:
    """Return the accounts that a module's option has; those without an owner of their own write as ``owner``."""
    return [
        Account(
            row["name"],
            row["password_hash"],
            owner[0] if row["uid"] is None else row["uid"],
            owner[1] if row["gid"] is None else row["gid"],
            row["home"],
            tuple(row["former_hashes"]),
        )
        for row in rows
    ]


def render(accounts: t.Iterable[Account]) -> str:
    """Return the text of the password file, sorted by name."""
    return "".join(account.line() for account in sorted(accounts, key=lambda account: account.name))


def apply(path: str, accounts: t.Sequence[Account], *, check_mode: bool) -> tuple[bool, list[str]]:
    """
    Write the password file, make missing homes; return whether anything changed and which directories were made.

    Raises HostError.
    """
    present = _files.read_text(path)
    text = render(_with_hashes_of(present or "", accounts))
    changed = present != text or not _files.has_mode(path, MODE)
    # All homes are looked at before the first one is made.
    missing = list(dict.fromkeys(name for account in accounts for name in _make_home(account, check_mode=True)))
    if check_mode:
        return changed or bool(missing), missing
    _files.remove(_files.staged_name(path))  # left by a run that was killed
    made: list[str] = []
    for account in accounts:
        made += _make_home(account)
    if changed:
        try:
            _files.write(path, text, MODE)
        except OSError as exc:
            raise HostError(
                f"The password file {path} cannot be written: {exc.strerror}. The old one is still in force; mend "
                "that and run it again."
            ) from None
    return changed or bool(made), made


def _with_hashes_of(text: str, accounts: t.Iterable[Account]) -> list[Account]:
    """Return the accounts, with the hashes that the file has in ``text`` where those are of the same password."""
    hashes = dict(line.split(":")[:2] for line in text.splitlines() if ":" in line)
    return [
        dataclasses.replace(account, password_hash=hashes[account.name])
        if hashes.get(account.name) in account.former_hashes
        else account
        for account in accounts
    ]


def _make_home(account: Account, *, check_mode: bool = False) -> list[str]:
    try:
        return _directories.make(account.home, HOME_MODE, account.uid, account.gid, check_mode=check_mode)
    except HostError as exc:
        raise HostError(
            f"The home {account.home} of the account {account.name!r} cannot be made safely: {exc}. Make it by "
            "hand, or choose one below directories that belong to root alone (home in fxp_users)."
        ) from None
    except OSError as exc:
        raise HostError(
            f"The home {account.home} of the account {account.name!r} cannot be made: {exc.strerror}. Mend that, "
            "or choose another one (home in fxp_users)."
        ) from None


def remove(path: str, *, check_mode: bool) -> bool:
    """Take the password file away, homes stay; return whether there was anything to take away."""
    found = [name for name in (path, _files.staged_name(path)) if os.path.lexists(name)]
    if not check_mode:
        for name in found:
            _files.remove(name)
    return bool(found)
