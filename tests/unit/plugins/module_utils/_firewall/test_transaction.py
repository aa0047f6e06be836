# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commit or return with a real kernel. systemd is scripted here; the molecule scenarios have a real one."""

from __future__ import annotations

import os
import pathlib
import stat
import threading
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import state, units
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Backend
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError, TooLate
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.guarded import Guarded
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.backend import Nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.state import Host
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.transaction import Texts, Transaction
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd

Rules = t.Callable[..., str]
PEER = "198.51.100.12"
PROGRAM = b"#!/usr/bin/python3 -I\nprint()\n"


class ScriptedSystemd(Systemd):
    """A systemd that remembers what it was told."""

    def __init__(self, fail: str = "") -> None:
        self.calls: list[str] = []
        self.on = False
        self.enabled = False
        self.armed = False
        self.fail = fail

    def _say(self, call: str) -> None:
        self.calls.append(call)
        if call == self.fail:
            raise HostError(f"{call} failed.")

    def is_on(self, unit: str) -> bool:
        return self.on

    def reload(self) -> None:
        self._say("reload")

    def is_enabled(self, unit: str) -> bool:
        return self.on or self.enabled

    def enable(self, unit: str) -> None:
        self._say("enable")
        self.enabled = True

    def switch_on(self, unit: str) -> None:
        self._say("switch_on")
        self.on = True

    def stop(self, unit: str) -> None:
        self._say("stop")

    def switch_off(self, unit: str) -> None:
        self._say("switch_off")
        self.enabled = False
        self.on = self.on and "-watch." in unit

    def arm(self, timer: str, seconds: int, command: list[str]) -> None:
        self._say("arm")
        if not os.access(command[0], os.X_OK):
            raise HostError(f"{command[0]} is not there.")
        self.armed = True

    def is_armed(self, timer: str) -> bool:
        return self.armed

    def disarm(self, timer: str) -> None:
        self._say("disarm")
        self.armed = False


class Bench:
    """One host below a directory."""

    def __init__(self, root: pathlib.Path, backend: Backend, fail: str = "") -> None:
        self.root = root
        self.backend = backend
        self.host = Host(backend, str(root))
        self.systemd = ScriptedSystemd(fail)

    @property
    def nft(self) -> Nft:
        table = self.backend.table if isinstance(self.backend, Guarded) else self.backend
        assert isinstance(table, Nftables)
        return table.nft

    def change(self, content: str, unit: str = "[Unit]\n", drop_in: str = "[Service]\n") -> Transaction:
        return Transaction(self.host, self.systemd, Texts(content, units.files(self.host, unit, drop_in), PROGRAM))

    def confirmed(self, content: str) -> None:
        change = self.change(content)
        assert change.apply(30).on_trial
        change.confirm()

    def files(self) -> dict[str, str]:
        return {
            str(path.relative_to(self.root)): path.read_text()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and "run" not in path.parts[-3:]
        }

    def in_force(self) -> dict[str, list[str]]:
        return self.backend.in_force()


@pytest.fixture
def bench(tmp_path: pathlib.Path, nft: Nft) -> Bench:
    nft.run("table inet filter {\nchain input { type filter hook input priority 0; policy drop; tcp dport 22 accept; }\n}\n")
    return Bench(tmp_path, Nftables(str(tmp_path), nft))


def test_first_change(bench: Bench, rules: Rules) -> None:
    change = bench.change(rules(PEER))
    outcome = change.apply(30)
    assert (outcome.changed, outcome.on_trial, outcome.rules_in) == (True, True, ("inet filter input",))
    assert bench.systemd.calls == ["disarm", "arm"]
    assert not os.path.exists(bench.host.rules)

    change.confirm()
    assert not bench.systemd.armed
    assert bench.systemd.on
    assert bench.files() == {
        "etc/proftpd-fxp/firewall.nft": rules(PEER),
        "etc/systemd/system/nftables.service.d/proftpd-fxp.conf": "[Service]\n",
        "etc/systemd/system/proftpd-fxp-firewall.service": "[Unit]\n",
        "etc/systemd/system/proftpd.service.d/proftpd-fxp-firewall.conf": units.files(bench.host)[2].text,
        "usr/local/lib/proftpd-fxp/firewall.py": PROGRAM.decode(),
        "var/lib/proftpd-fxp/firewall.json": bench.files()["var/lib/proftpd-fxp/firewall.json"],
    }
    modes = {path: stat.S_IMODE(os.stat(bench.root / path).st_mode) for path in bench.files()}
    assert list(modes.values()) == [0o600, 0o644, 0o644, 0o644, 0o755, 0o600]


def test_no_change_touches_nothing(bench: Bench, rules: Rules) -> None:
    bench.confirmed(rules(PEER))
    before = {path: os.stat(bench.root / path).st_mtime_ns for path in bench.files()}
    bench.systemd.calls.clear()
    outcome = bench.change(rules(PEER)).apply(30)
    assert (outcome.changed, outcome.on_trial, outcome.drift, outcome.diff) == (False, False, (), ())
    assert bench.systemd.calls == []
    assert {path: os.stat(bench.root / path).st_mtime_ns for path in bench.files()} == before


def test_diff(bench: Bench, rules: Rules) -> None:
    first = bench.change(rules(PEER)).apply(30, check_mode=True).diff
    assert [(entry.get("after_header", "")[len(str(bench.root)) :], entry.get("before")) for entry in first] == [
        ("/etc/proftpd-fxp/firewall.nft", ""),
        ("/etc/systemd/system/proftpd-fxp-firewall.service", ""),
        ("/etc/systemd/system/nftables.service.d/proftpd-fxp.conf", ""),
        ("/etc/systemd/system/proftpd.service.d/proftpd-fxp-firewall.conf", ""),
        ("", None),
    ]
    assert first[4]["prepared"].endswith("firewall.py is renewed\n")
    bench.confirmed(rules(PEER))
    (second,) = bench.change(rules()).apply(30).diff
    assert (second["before"], second["after"]) == (rules(PEER), rules())


def test_check_mode_changes_nothing(bench: Bench, rules: Rules) -> None:
    assert bench.change(rules(PEER)).apply(30, check_mode=True).changed
    assert bench.files() == {}
    assert not any(bench.in_force().values())
    assert bench.systemd.calls == []


def test_check_mode_asks_nft(bench: Bench, rules: Rules) -> None:
    with pytest.raises(FirewallError, match="syntax error"):
        bench.change(rules(PEER) + "nonsense\n").apply(30, check_mode=True)


def test_preview_needs_no_nft(bench: Bench, rules: Rules) -> None:
    bench.nft.path = None
    outcome = bench.change(rules(PEER)).preview()
    assert outcome.changed
    assert outcome.diff[0]["after"] == rules(PEER)


def test_drift_is_mended(bench: Bench, rules: Rules) -> None:
    bench.confirmed(rules(PEER))
    wanted = bench.in_force()
    bench.nft.run("add rule inet filter input ip saddr 192.0.2.1 drop\n")
    change = bench.change(rules(PEER))
    outcome = change.apply(30)
    elsewhere = "has the rule of proftpd.fxp elsewhere than directly in front of what drops by default"
    assert outcome.drift == (f"chain inet filter input {elsewhere}",)
    assert outcome.diff == ({"prepared": f"# {outcome.drift[0]}\n"},)
    change.confirm()
    assert bench.in_force() == wanted
    assert not bench.change(rules(PEER)).apply(30).changed


def test_what_stays_shut_is_refused_before_anything_changes(bench: Bench, rules: Rules) -> None:
    bench.confirmed(rules(PEER))
    before = bench.in_force()
    bench.nft.run("insert rule inet filter input tcp dport 50000-50099 drop\n")
    with pytest.raises(FirewallError, match=r'"tcp dport 50000-50099 drop" of chain inet filter input .*passes by no decision'):
        bench.change(rules()).apply(30)
    assert bench.in_force() == before


def test_what_is_not_understood_is_told(bench: Bench, rules: Rules) -> None:
    bench.nft.run("insert rule inet filter input meta mark 1 drop\n")
    warnings = bench.change(rules(PEER)).apply(30, check_mode=True).warnings
    assert len(warnings) == 1
    assert '"meta mark 0x00000001 drop" (table inet filter, chain input' in warnings[0]


def test_changed_unit_needs_no_trial(bench: Bench, rules: Rules) -> None:
    bench.confirmed(rules(PEER))
    outcome = bench.change(rules(PEER), unit="[Unit]\nDescription=new\n").apply(30)
    assert (outcome.changed, outcome.on_trial) == (True, False)
    assert bench.files()["etc/systemd/system/proftpd-fxp-firewall.service"].endswith("new\n")
    assert not bench.change(rules(PEER), unit="[Unit]\nDescription=new\n").apply(30).changed


def test_unit_that_was_switched_off_is_switched_on(bench: Bench, rules: Rules) -> None:
    bench.confirmed(rules(PEER))
    bench.systemd.on = False
    assert bench.change(rules(PEER)).apply(30).changed
    assert bench.systemd.on


def test_record_that_cannot_be_read_means_one_more_load(bench: Bench, rules: Rules) -> None:
    bench.confirmed(rules(PEER))
    pathlib.Path(bench.host.record).write_text("[")
    bench.confirmed(rules(PEER))
    assert not bench.change(rules(PEER)).apply(30).changed


@pytest.mark.parametrize("fail", ["arm", "load", "check"])
def test_failure_leaves_the_old_rules(bench: Bench, rules: Rules, fail: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.confirmed(rules(PEER))
    files, wanted = bench.files(), bench.in_force()
    bench.systemd.fail = fail
    run = bench.nft.run

    def run_once_badly(lines: str) -> None:
        monkeypatch.setattr(bench.nft, "run", run)
        run("flush ruleset\n")
        raise OSError("the kernel is out of memory")

    if fail == "load":
        monkeypatch.setattr(bench.nft, "run", run_once_badly)
    content = rules() + ("nonsense\n" if fail == "check" else "")
    with pytest.raises((FirewallError, HostError, OSError)):
        bench.change(content).apply(30)
    assert bench.files() == files
    assert not bench.systemd.armed
    assert not os.path.exists(bench.host.pending)
    assert bench.in_force()["table"] == wanted["table"]


def test_confirmation_that_comes_too_late(bench: Bench, rules: Rules) -> None:
    bench.confirmed(rules(PEER))
    files, wanted = bench.files(), bench.in_force()
    change = bench.change(rules())
    change.apply(30)
    assert bench.in_force() != wanted
    bench.host.go_back()  # the timer
    with pytest.raises(TooLate):
        change.confirm()
    assert bench.files() == files
    assert bench.in_force() == wanted
    assert change.settle()


def test_settle_takes_a_trial_back(bench: Bench, rules: Rules) -> None:
    change = bench.change(rules(PEER))
    change.apply(30)
    assert change.settle()
    assert not any(bench.in_force().values())
    assert not bench.systemd.armed
    assert set(bench.files()) == {"usr/local/lib/proftpd-fxp/firewall.py"}


def test_settle_tells_that_something_else_is_in_force(bench: Bench, rules: Rules) -> None:
    bench.confirmed(rules(PEER))
    bench.nft.run("flush ruleset\n")
    assert not bench.change(rules()).settle()


def test_confirmation_of_other_rules_is_refused(bench: Bench, rules: Rules) -> None:
    bench.change(rules(PEER)).apply(30)
    with pytest.raises(TooLate):
        bench.change(rules()).confirm()
    assert not os.path.exists(bench.host.rules)


def test_rules_that_somebody_removed_are_not_confirmed(bench: Bench, rules: Rules) -> None:
    change = bench.change(rules(PEER))
    change.apply(30)
    bench.nft.run("flush ruleset\n")
    with pytest.raises(FirewallError, match="somebody else"):
        change.confirm()


def test_a_unit_that_failed_is_started_again(bench: Bench, rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    """As real systemd does, whoever starts the unit waits for its program, which takes the same lock."""
    bench.confirmed(rules(PEER))
    bench.systemd.on = False
    monkeypatch.setattr(state, "LOCK_TIMEOUT", 0.2)
    loaded: list[str] = []

    def start(unit: str) -> None:
        bench.host.load()
        loaded.append(unit)

    monkeypatch.setattr(bench.systemd, "switch_on", start)
    outcome = bench.change(rules(PEER)).apply(30)
    assert (outcome.changed, outcome.on_trial) == (True, False)
    assert loaded == ["proftpd-fxp-firewall.service"]


@pytest.mark.parametrize("fail", ["reload", "switch_on"])
def test_unit_that_fails_keeps_the_change_from_being_confirmed(bench: Bench, rules: Rules, fail: str) -> None:
    bench.confirmed(rules(PEER))
    files, wanted = bench.files(), bench.in_force()
    change = bench.change(rules(), unit="[Unit]\nDescription=bad\n")
    change.apply(30)
    bench.systemd.fail = fail
    with pytest.raises(HostError):
        change.confirm()
    bench.systemd.fail = ""
    assert change.settle()
    assert bench.files() == files
    assert bench.in_force() == wanted


def test_second_change_waits_for_the_first(bench: Bench, rules: Rules) -> None:
    first = bench.change(rules(PEER))
    first.apply(30)

    def confirm_soon() -> None:
        time.sleep(0.3)
        first.confirm()

    thread = threading.Thread(target=confirm_soon)
    thread.start()
    outcome = bench.change(rules(PEER)).apply(30)
    thread.join()
    assert not outcome.changed


def test_second_change_does_not_wait_for_ever(bench: Bench, rules: Rules) -> None:
    bench.change(rules(PEER)).apply(30)
    with pytest.raises(FirewallError, match="still waiting for its confirmation"):
        bench.change(rules()).apply(-9)


def test_trial_without_a_timer_is_taken_back(bench: Bench, rules: Rules) -> None:
    bench.change(rules(PEER)).apply(30)
    bench.systemd.armed = False
    bench.confirmed(rules())
    assert bench.files()["etc/proftpd-fxp/firewall.nft"] == rules()


def test_confirmation_whose_answer_was_lost_may_be_said_again(bench: Bench, rules: Rules) -> None:
    change = bench.change(rules(PEER))
    change.apply(30)
    change.confirm()
    files, wanted = bench.files(), bench.in_force()
    change.confirm()
    assert change.is_confirmed()
    assert (bench.files(), bench.in_force()) == (files, wanted)
    with pytest.raises(TooLate):
        bench.change(rules()).confirm()


def test_a_confirmation_disarms_only_its_own_timer(bench: Bench, rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    change = bench.change(rules(PEER))
    change.apply(30)
    held: list[bool] = []

    def disarm(timer: str) -> None:
        with pytest.raises(HostError, match="has not ended"), bench.host.locked():
            pass
        held.append(True)

    monkeypatch.setattr(state, "LOCK_TIMEOUT", 0)
    monkeypatch.setattr(bench.systemd, "disarm", disarm)
    change.confirm()
    assert held == [True]


def test_rules_that_cannot_be_taken_back_stay_on_trial_until_they_can(
    bench: Bench, rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.confirmed(rules(PEER))
    wanted = bench.in_force()
    change = bench.change(rules())
    change.apply(30)
    with monkeypatch.context() as broken:
        broken.setattr(bench.nft, "path", "/bin/false")
        for take_back in (bench.host.go_back, change.settle):  # the timer, and the controller
            with pytest.raises(FirewallError):
                take_back()
            assert os.path.exists(bench.host.pending)
            assert bench.systemd.armed
    bench.host.go_back()
    assert bench.in_force() == wanted
    assert not os.path.exists(bench.host.pending)


def test_what_a_killed_run_left_beside_goes_with_the_next(bench: Bench, rules: Rules) -> None:
    bench.confirmed(rules(PEER))
    files = bench.files()
    for path in (bench.host.new_rules, bench.host.rules + ".fxp-staged", bench.host.program + ".fxp-staged"):
        pathlib.Path(path).write_text("half")
    assert not bench.change(rules(PEER)).apply(30).changed
    assert bench.files() == files
