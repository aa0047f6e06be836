# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A change of the configuration that fails, or is killed, at every one of its steps, with a real daemon.

Afterwards the file is whole, old or new; a service that was up answers; and the next run brings what it is asked for.
"""

from __future__ import annotations

import os
import pathlib
import stat
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import directories as _directories
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host import lock, run
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import accounts
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import before, swap
from ansible_collections.proftpd.fxp.tests.faults import FAULTS, KILL, Steps, inject, patched, rounds
from ansible_collections.proftpd.fxp.tests.integration.proftpd_service import Server, server

__all__ = ["server"]  # the fixture
LONG = bool(os.environ.get("FXP_LONG"))
SECRET = "# SQLConnectInfo db user secret"
# In a short run every step meets one fault, in a long one all of them.
KINDS = [(KILL,), *((fault,) for fault in FAULTS)] if LONG else [tuple(each for fault in FAULTS for each in (KILL, fault))]
kinds = pytest.mark.parametrize("faults", KINDS, ids=lambda faults: faults[0] if LONG else "mixed")


def apply(server: Server, steps: Steps, content: str, take_over: bool = False) -> bool:
    """Apply ``content`` with the fault of ``steps``; true if that came."""
    os_steps = steps.of_os()
    with patched(
        (_files, "os", os_steps),
        (before, "os", os_steps),
        (swap, "os", os_steps),
        (lock, "os", os_steps),
        (run, "subprocess", steps.of(run.subprocess, "run")),
    ):
        return inject(steps, lambda: server.apply(content, take_over=take_over))


def check_files(server: Server, *texts: str | None) -> str | None:
    """The configuration is whole and one of ``texts``; what holds a secret is for root only."""
    path = server.directory / "proftpd.conf"
    text = path.read_text() if path.exists() else None
    assert text in texts
    for name in server.names():
        file = server.directory / name
        assert stat.S_IMODE(file.stat().st_mode) & 0o022 == 0
        if SECRET in file.read_text():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, name
    return text


def ident(server: Server, seconds: float = 5) -> str:
    """What the service greets with; a reload may be under way."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return server.greeting()
        except (OSError, EOFError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def converge(server: Server, content: str, greeting: str, take_over: bool = False) -> None:
    """Run once more, without a fault: ``content`` is in force and nothing is left over."""
    server.apply(content, take_over=take_over)
    assert server.text() == content
    assert ident(server) == greeting
    assert server.names() <= {"proftpd.conf", "proftpd.conf.before-fxp", "proftpd.conf.before-fxp.json"}


def stop(server: Server) -> None:
    """Have no service and no files, as before the first run."""
    Systemd().systemctl("stop", "proftpd")
    for name in [*server.names(), "enabled"]:
        _files.remove(str(server.directory / name))


@kinds
def test_change_of_a_running_service(server: Server, faults: tuple[str, ...]) -> None:
    old, old_greeting = server.config("0"), "220 0"
    server.apply(old)
    # In a short run every third step, alternating between death and errors.
    for steps in rounds(*faults, stride=1 if LONG else 3):
        new, new_greeting = server.config(f"{steps.at}"), f"220 {steps.at}"
        struck = apply(server, steps, new)
        text = check_files(server, old, new)
        greeting = ident(server)
        assert greeting in (old_greeting, new_greeting)
        if steps.fault != KILL:
            # Whoever lives to tell has brought file and service together.
            assert greeting == (old_greeting if text == old else new_greeting), steps.names[-1]
        if LONG:
            converge(server, old, old_greeting)
        converge(server, new, new_greeting)
        if not struck:
            break
        old, old_greeting = new, new_greeting
    assert steps.at > 15


class Situation(t.NamedTuple):
    """What is there, and what is asked for."""

    prepare: t.Callable[[Server], t.Any]
    wanted: t.Callable[[Server], str]
    serves: bool = True  # what is asked for can serve


def first(server: Server) -> str:
    return server.config("first")


def passes_the_checker_only(server: Server) -> str:
    return server.deaf()


def nothing(server: Server) -> None:
    """The first run on a host."""


def ours(server: Server) -> None:
    server.apply(first(server))


def ours_that_is_down(server: Server) -> None:
    ours(server)
    Systemd().systemctl("stop", "proftpd")


def by_hand(server: Server) -> None:
    """Somebody's own configuration, with a secret in it, that runs."""
    server.start(server.config("by hand", mark="mine", more=SECRET))
    (server.directory / "proftpd.conf").chmod(0o600)


SITUATIONS = [
    Situation(ours, passes_the_checker_only, serves=False),
    Situation(by_hand, passes_the_checker_only, serves=False),
    Situation(by_hand, first),
    Situation(nothing, first),
    Situation(ours_that_is_down, first),
]


@pytest.mark.parametrize("situation", SITUATIONS if LONG else SITUATIONS[:1], ids=lambda each: each.prepare.__name__)
@pytest.mark.parametrize("faults", [(KILL,), tuple(FAULTS)] if LONG else [(KILL, *FAULTS)], ids=lambda faults: faults[0])
def test_every_other_situation(server: Server, situation: Situation, faults: tuple[str, ...]) -> None:
    wanted = situation.wanted(server)
    path = server.directory / "proftpd.conf"
    for steps in rounds(*faults, stride=1 if LONG else 29):
        stop(server)
        situation.prepare(server)
        run = server if situation.serves else server.patient()
        old = server.text() if path.exists() else None
        greeting = ident(server) if server.answers() else None
        struck = apply(run, steps, wanted, take_over=True)
        check_files(server, old, wanted)
        if situation.serves:
            assert greeting is None or ident(server) in (greeting, "220 first"), steps.names
            converge(server, wanted, "220 first", take_over=True)
        else:
            with pytest.raises(HostError, match=r"taken back because .* The old file is back and the old service runs\.$"):
                run.apply(wanted, take_over=True)
            assert check_files(server, old) == old
            assert ident(server) == greeting
            assert not {name for name in server.names() if "fxp-" in name.replace("before-fxp", "")}
        if not struck:
            break


@kinds
def test_password_file_and_homes(tmp_path: pathlib.Path, faults: tuple[str, ...]) -> None:
    secret = "$6$salt$" + "x" * 86
    for steps in rounds(*faults):
        root = tmp_path / str(steps.at)
        root.mkdir()
        path = root / "fxp.passwd"
        former = [accounts.Account("former", secret, 1234, 1235, str(root / "former"))]
        wanted = [accounts.Account(name, secret, 1234, 1235, str(root / "srv" / name)) for name in "ab"]
        accounts.apply(str(path), former, check_mode=False)
        watched = steps.of_os()
        with patched((_files, "os", watched), (_directories, "os", watched)):
            struck = inject(steps, lambda: accounts.apply(str(path), wanted, check_mode=False))  # noqa: B023 - called at once
        assert path.read_text() in (accounts.render(former), accounts.render(wanted))
        for file in (each for each in root.iterdir() if each.is_file()):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        accounts.apply(str(path), wanted, check_mode=False)
        assert path.read_text() == accounts.render(wanted)
        assert not accounts.apply(str(path), wanted, check_mode=False)[0]
        for home in (root / "srv" / name for name in "ab"):
            assert (home.stat().st_uid, home.stat().st_gid, stat.S_IMODE(home.stat().st_mode)) == (1234, 1235, 0o750)
        assert sorted(each.name for each in root.iterdir()) == ["former", "fxp.passwd", "srv"]
        if not struck:
            break
    assert steps.at > 20
