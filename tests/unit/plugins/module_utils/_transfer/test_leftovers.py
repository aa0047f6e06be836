# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of interrupted checks, as the next one finds it. tests/integration/test_interrupts.py interrupts some."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec
from ansible_collections.proftpd.fxp.plugins.module_utils._host import lock
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer import leftovers
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.leftovers import Cleared, clear_earlier
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.payload import unguessable_name
from ansible_collections.proftpd.fxp.tests.integration.scripted import ScriptedServer
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils.conftest import server_at

NAME = unguessable_name()


class Home(t.NamedTuple):
    """A user who has kept a name, and the server that has the file."""

    directory: pathlib.Path
    kept: pathlib.Path
    server: ScriptedServer
    spec: ServerSpec

    def clear(self) -> Cleared:
        """What a check of the server finds."""
        return clear_earlier({"ftp1": self.spec}, "auto", 0.5)


@pytest.fixture
def home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[Home]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with ScriptedServer("127.0.0.1", {"CWD": b"250 there\r\n"}) as server:
        spec = server_at("127.0.0.1", server.port, "in")
        assert leftovers._keep([leftovers.Left(spec.host, spec.port, spec.user, spec.directory, NAME)])
        (kept,) = (tmp_path / "proftpd-fxp").iterdir()
        yield Home(kept.parent, kept, server, spec)


def test_a_file_is_deleted_and_told_once(home: Home) -> None:
    assert [home.kept.stat().st_mode & 0o777, home.directory.stat().st_mode & 0o777] == [0o600, 0o700]
    label = home.spec.label
    told = f"{label}: the file {NAME} in in, which an interrupted check had left there, is gone now."
    assert home.clear() == Cleared([told], [])
    assert [command for command in home.server.commands if NAME in command] == [f"DELE {NAME}"]
    assert list(home.directory.iterdir()) == []
    assert home.clear() == Cleared([], [])
    assert home.server.connections == 1


def test_a_server_that_is_away_keeps_the_name(home: Home) -> None:
    home.server.__exit__(None, None, None)
    cleared = home.clear()
    assert cleared.files_left == [{"server": "ftp1", "directory": "in", "file": NAME}]
    assert [NAME in warning for warning in cleared.warnings] == [True]
    assert NAME in home.kept.read_text()


@pytest.mark.parametrize("differs", [{"host": "127.0.0.9"}, {"port": 1}, {"user": "another"}, {"directory": "."}])
def test_what_another_check_can_reach_is_left_to_it(home: Home, differs: dict[str, t.Any]) -> None:
    rows = json.loads(home.kept.read_text())
    home.kept.write_text(json.dumps([list({**dict(zip(leftovers.Left._fields, rows[0])), **differs}.values())]))
    assert home.clear() == Cleared([], [])
    assert (home.server.connections, NAME in home.kept.read_text()) == (0, True)


@pytest.mark.parametrize("text", ["", "{", "[[]]", "[7]", '{"a": 1}', '[["h", 21, "u", ".", 7]]', "[[1, 2, 3, 4, 5, 6]]"])
def test_what_cannot_be_read_is_removed(home: Home, text: str) -> None:
    home.kept.write_text(text)
    assert home.clear() == Cleared([], [])
    assert list(home.directory.iterdir()) == []


@pytest.mark.parametrize("name", ["precious", f"../{NAME}", f"{NAME}\r\nDELE precious", NAME.upper()], ids=range(4))
def test_no_file_of_others_is_deleted(home: Home, name: str) -> None:
    home.kept.write_text(json.dumps([[*json.loads(home.kept.read_text())[0][:4], name]]))
    assert home.clear() == Cleared([], [])
    assert home.server.connections == 0


def test_what_others_may_write_is_not_read(home: Home) -> None:
    home.directory.chmod(0o770)
    assert home.clear() == Cleared([], [])
    assert (home.server.connections, home.kept.exists()) == (0, True)


def test_one_check_at_a_time_deletes(home: Home) -> None:
    with lock.held(str(home.directory), 0, ""):
        assert home.clear() == Cleared([], [])
    assert (home.server.connections, home.kept.exists()) == (0, True)


def test_a_name_that_cannot_be_kept_is_told_so(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert not leftovers._keep([leftovers.Left("127.0.0.1", 21, "fxp", ".", NAME)])
    assert leftovers._keep([])
