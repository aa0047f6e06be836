# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A change of the firewall that fails, or is killed, at every one of its steps.

With a real kernel, with a toy of a manager, and with a stand-in for firewalld.

Afterwards, by what the controller asks for, by the timer, by a restart of the host or by the next run, the old rules or the
new ones are in force, file and kernel agree, and the next run brings what it is asked for.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import removal, state, transaction
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Backend
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.backend import Firewalld
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.guarded import Guarded
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.backend import Nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.transaction import Transaction
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files
from ansible_collections.proftpd.fxp.plugins.module_utils._host import run
from ansible_collections.proftpd.fxp.tests.faults import FAULTS, KILL, Steps, inject, patched, rounds
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.conftest import wish_of
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.firewalld_stand_in import StandIn
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.test_transaction import (
    PROGRAM,
    Bench,
    ScriptedSystemd,
)
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.toy import Toy, ToyOpener

LONG = bool(os.environ.get("FXP_LONG"))
PEER = "198.51.100.12"
FOREIGN = "table inet filter {\nchain input { type filter hook input priority 0; policy drop; tcp dport 22 accept; }\n}\n"
CALLS = ("is_on", "reload", "enable", "switch_on", "switch_off", "stop", "arm", "is_armed", "disarm")


class KeptSystemd(ScriptedSystemd):
    """A systemd whose state outlives the process that asks."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        super().__init__()

    def _flag(self, name: str, value: bool) -> None:
        path = self.directory / name
        if value:
            path.touch()
        else:
            path.unlink(missing_ok=True)

    @property
    def on(self) -> bool:
        return (self.directory / "on").exists()

    @on.setter
    def on(self, value: bool) -> None:
        self._flag("on", value)

    @property
    def enabled(self) -> bool:
        return (self.directory / "enabled").exists()

    @enabled.setter
    def enabled(self, value: bool) -> None:
        self._flag("enabled", value)

    @property
    def armed(self) -> bool:
        return (self.directory / "armed").exists()

    @armed.setter
    def armed(self, value: bool) -> None:
        self._flag("armed", value)


class Ground(Bench):
    """One host, and what may happen to it after a fault."""

    def __init__(self, root: pathlib.Path, backend: Backend) -> None:
        super().__init__(root / "host", backend)
        self.systemd: KeptSystemd = KeptSystemd(root)
        self.forget()
        self.begin()

    @property
    def manager(self) -> StandIn:
        assert isinstance(self.backend, Firewalld)
        assert isinstance(self.backend.program, StandIn)
        return self.backend.program

    def begin(self) -> None:
        """Let a manager begin with its own files."""
        if isinstance(self.backend, Firewalld):
            self.manager.start()

    def forget(self) -> None:
        """Let the kernel forget its rules, and load those of the operator."""
        if isinstance(self.backend, Toy):
            self.backend.kernel.unlink(missing_ok=True)
        elif isinstance(self.backend, Firewalld):
            self.manager.stop()
        else:
            self.nft.run("flush ruleset\n" + FOREIGN)
        if isinstance(self.backend, Guarded) and isinstance(self.backend.opener, ToyOpener):
            self.backend.opener.restart()

    def make_bare(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        self.systemd.on = self.systemd.enabled = self.systemd.armed = False
        if isinstance(self.backend, Guarded):
            self.backend.opener.remove()
        self.forget()
        self.begin()

    def text(self, *peers: str) -> str:
        return self.backend.text(wish_of(*peers))

    def calls(self, steps: Steps) -> tuple[t.Any, str, t.Any]:
        """The calls of the manager's program, as steps."""
        if isinstance(self.backend, Toy):
            return self.backend, "ask", steps.step("toy", self.backend.ask)
        if isinstance(self.backend, Firewalld):
            return self.manager, "ask", steps.step("firewalld", self.manager.ask)
        return run, "subprocess", steps.of(run.subprocess, "run")

    def timer(self) -> None:
        """Let the timer fire, if it is armed."""
        if self.systemd.armed:
            self.host.go_back()
            self.systemd.armed = False

    def restart(self) -> None:
        """Forget what a host forgets."""
        shutil.rmtree(self.root / "run", ignore_errors=True)
        self.systemd.armed = False
        self.forget()
        if self.systemd.on or self.systemd.enabled:
            self.host.load()
            if self.backend.watched:
                self.host.watch()
        self.begin()

    def check(self, *states: tuple[str | None, t.Any]) -> None:
        """File and kernel are in one of ``states``, and nothing is on trial; a timer that still runs changes nothing."""
        for _again in range(2):
            if isinstance(self.backend, Guarded):
                assert not self.backend.opener.in_force() or self.backend.table.in_force()["table"]
            assert (_files.read_text(self.host.rules), self.in_force()) in states
            assert not os.path.exists(self.host.pending)
            self.timer()

    def strays(self) -> list[pathlib.Path]:
        return [path for path in self.root.rglob("*") if path.suffix in (".fxp-staged", ".new")]


@pytest.fixture(params=["nftables", "toy", "gate", "firewalld"])
def ground(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Ground:
    if request.param == "toy":
        return Ground(tmp_path, Toy(tmp_path / "kernel"))
    if request.param == "gate":
        gate = ToyOpener(tmp_path / "gate")
        return Ground(tmp_path, Guarded(gate, str(tmp_path / "host"), request.getfixturevalue("nft")))
    if request.param == "firewalld":
        nft = Nft()
        nft.path = None
        return Ground(tmp_path, Firewalld(str(tmp_path / "host"), StandIn(str(tmp_path / "host"), tmp_path / "memory"), nft))
    return Ground(tmp_path, Nftables(str(tmp_path / "host"), request.getfixturevalue("nft")))


def carry_out(steps: Steps, ground: Ground, change: Transaction) -> bool:
    """Change the rules as the controller does, with the fault of ``steps``; true if that came."""
    os_steps = steps.of_os()
    places = [(module, "os", os_steps) for module in (_files, state, transaction, removal)]
    places += [(ground.systemd, call, steps.step(call, getattr(ground.systemd, call))) for call in CALLS]

    def operation() -> None:
        if not change.apply(30).on_trial:
            return
        try:
            change.confirm()
        except (FirewallError, OSError):
            try:
                settled = change.settle()
            except (FirewallError, OSError):
                settled = change.settle()  # the controller goes on asking
            if not settled:
                pytest.fail("The host does not know what is in force.")

    with patched(*places, ground.calls(steps)):
        return inject(steps, operation)


# In a short run some steps meet one fault each, in a long one every step meets all of them.
STRIDE = 1 if LONG else 9
KINDS = [(KILL,), *((fault,) for fault in FAULTS)] if LONG else [(KILL, *FAULTS)]
kinds = pytest.mark.parametrize("faults", KINDS, ids=lambda faults: faults[0] if LONG else "mixed")
Ending = t.Callable[[Ground], None]
ENDINGS = [Ground.timer, Ground.restart] if LONG else [Ground.timer]
endings = pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.__name__)


def finish(ground: Ground, steps: Steps, ending: Ending) -> None:
    """What happens without anybody's doing; nothing needs to happen where the module lived to clean up."""
    if steps.fault == KILL or ending is Ground.restart:
        ending(ground)


@endings
@kinds
def test_change(ground: Ground, faults: tuple[str, ...], ending: Ending) -> None:
    states = []
    for content in (ground.text(), ground.text(PEER)):
        ground.confirmed(content)
        states.append((content, ground.in_force()))
    for steps in rounds(*faults, stride=STRIDE):
        old, new = states[1], states[0]
        wish = ground.change(new[0], unit=f"[Unit]\nDescription={steps.at}\n")
        struck = carry_out(steps, ground, wish)
        finish(ground, steps, ending)
        ground.check(old, new)
        if wish.apply(30).on_trial:
            wish.confirm()
        ground.check(new)
        assert not wish.apply(30).changed
        assert ground.strays() == []
        states.reverse()
        if not struck:
            break
    assert steps.at > 60


@endings
@kinds
def test_first_change(ground: Ground, faults: tuple[str, ...], ending: Ending) -> None:
    wish, nothing = ground.change(ground.text(PEER)), ground.in_force()
    ground.confirmed(ground.text(PEER))
    new = (ground.text(PEER), ground.in_force())
    for steps in rounds(*faults, stride=STRIDE):
        ground.make_bare()
        struck = carry_out(steps, ground, wish)
        finish(ground, steps, ending)
        ground.check((None, nothing), new)
        if wish.apply(30).on_trial:
            wish.confirm()
        ground.check(new)
        assert not wish.apply(30).changed
        assert ground.strays() == []
        if not struck:
            break
    assert steps.at > 60


@endings
@kinds
def test_removal(ground: Ground, faults: tuple[str, ...], ending: Ending) -> None:
    nothing = ground.in_force()
    for steps in rounds(*faults, stride=STRIDE):
        ground.confirmed(ground.text(PEER))
        old = (ground.text(PEER), ground.in_force())
        wish = removal.Removal(ground.host, ground.systemd, PROGRAM)
        struck = carry_out(steps, ground, wish)
        finish(ground, steps, ending)
        # What is guarded may be shut already where the host was restarted: the guard is the last to go.
        shut = [(old[0], {**old[1], "opened": []})] if isinstance(ground.backend, Guarded) else []
        ground.check(old, (None, nothing), *shut)
        if removal.is_found(ground.host) and wish.apply(30).on_trial:
            wish.confirm()
        assert not removal.is_found(ground.host)
        assert not ground.systemd.armed
        if not struck:
            break
    assert steps.at > 30
