# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import stat

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import accounts

HASH = "$6$salt$" + "x" * 86


def account(name: str, home: str, password_hash: str = HASH) -> accounts.Account:
    return accounts.Account(name, password_hash, 1234, 1235, home)


def test_lines_are_those_of_passwd_and_sorted() -> None:
    assert accounts.render([account("b", "/srv/b"), account("a", "/srv/a")]) == (
        f"a:{HASH}:1234:1235:a:/srv/a:/usr/sbin/nologin\nb:{HASH}:1234:1235:b:/srv/b:/usr/sbin/nologin\n"
    )


@pytest.mark.parametrize(
    "bad",
    [
        account("a:0:0", "/srv/a"),
        account("a\nroot", "/srv/a"),
        account("a", "/srv/a:b"),
        account("a", "/srv/a", "x\n"),
    ],
)
def test_nothing_breaks_out_of_a_line(bad: accounts.Account) -> None:
    with pytest.raises(HostError, match="control character"):
        bad.line()


def test_apply_makes_file_and_homes_once(tmp_path: pathlib.Path) -> None:
    file, home = tmp_path / "fxp.passwd", tmp_path / "srv" / "a"
    wanted = [account("a", str(home))]
    assert accounts.apply(str(file), wanted, check_mode=True) == (True, [str(home.parent), str(home)])
    assert not file.exists()
    assert not home.exists()
    assert accounts.apply(str(file), wanted, check_mode=False) == (True, [str(home.parent), str(home)])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (home.stat().st_uid, stat.S_IMODE(home.stat().st_mode)) == (1234, 0o750)
    for check_mode in (True, False):
        assert accounts.apply(str(file), wanted, check_mode=check_mode) == (False, [])


def test_what_cannot_be_made_or_written_is_told_by_name_and_with_the_reason(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "fxp.passwd"
    with pytest.raises(HostError) as told:
        accounts.apply(str(file), [account("a", "/proc/nowhere/a")], check_mode=False)
    assert str(told.value).startswith("The home /proc/nowhere/a of the account 'a' cannot be made: No such file or directory. ")
    assert not file.exists()
    with pytest.raises(HostError) as told:
        accounts.apply("/proc/fxp.passwd", [account("a", str(tmp_path / "a"))], check_mode=False)
    assert str(told.value).startswith("The password file /proc/fxp.passwd cannot be written: No such file or directory. ")
    assert HASH not in str(told.value)


def test_an_account_that_is_not_listed_is_gone_and_its_home_stays(tmp_path: pathlib.Path) -> None:
    file = str(tmp_path / "fxp.passwd")
    accounts.apply(file, [account("a", str(tmp_path / "a")), account("b", str(tmp_path / "b"))], check_mode=False)
    assert accounts.apply(file, [account("b", str(tmp_path / "b"))], check_mode=False) == (True, [])
    assert (tmp_path / "a").is_dir()
    assert pathlib.Path(file).read_text().startswith("b:")


def test_removal_takes_the_file_and_leaves_the_homes(tmp_path: pathlib.Path) -> None:
    file, home = tmp_path / "fxp.passwd", tmp_path / "a"
    assert not accounts.remove(str(file), check_mode=False)
    accounts.apply(str(file), [account("a", str(home))], check_mode=False)
    assert accounts.remove(str(file), check_mode=True)
    assert file.exists()
    assert accounts.remove(str(file), check_mode=False)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert not accounts.remove(str(file), check_mode=False)


def test_nothing_is_written_where_one_home_cannot_be_made(tmp_path: pathlib.Path) -> None:
    theirs = tmp_path / "alice"
    theirs.mkdir()
    os.chown(theirs, 1000, 1000)
    file, good = tmp_path / "fxp.passwd", tmp_path / "good"
    for check_mode in (True, False):
        with pytest.raises(HostError, match=r"alice/ftp of the account 'b'.*belongs to uid 1000"):
            accounts.apply(str(file), [account("a", str(good)), account("b", str(theirs / "ftp"))], check_mode=check_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["alice"]


def test_a_hash_of_the_same_password_stays_and_no_other(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "fxp.passwd"
    home = str(tmp_path / "home")
    uid, gid = os.getuid(), os.getgid()

    def written(password_hash: str, *former: str) -> tuple[bool, str]:
        account = accounts.Account("mirror", password_hash, uid, gid, home, former)
        changed, _made = accounts.apply(str(path), [account], check_mode=False)
        return changed, path.read_text().split(":")[1]

    assert written("$6$s$old") == (True, "$6$s$old")
    assert written("$6$t$new", "$6$x$other", "$6$s$old") == (False, "$6$s$old")
    # Another password: none of its hashes is there.
    assert written("$6$t$another", "$6$x$another") == (True, "$6$t$another")
    path.write_text("nonsense\nmirror:$6$s$old:0:0:x:/:/\n")
    assert written("$6$t$new", "$6$s$old") == (True, "$6$s$old")
