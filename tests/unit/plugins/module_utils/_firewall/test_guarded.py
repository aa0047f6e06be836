# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard and an opener: what is open is guarded at every moment, and one manager takes the place of another."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import managers, removal
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.guarded import Guarded
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.backend import Nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import read_opening, with_more
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.text import text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Former, Ports
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.conftest import wish_of
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.test_transaction import PROGRAM, Bench
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.toy import ToyOpener

PEER = "198.51.100.12"
FOREIGN = "table inet filter {\nchain input { type filter hook input priority 0; policy drop; tcp dport 22 accept; }\n}\n"


@pytest.fixture
def gate(tmp_path: pathlib.Path) -> ToyOpener:
    return ToyOpener(tmp_path / "gate")


@pytest.fixture
def bench(tmp_path: pathlib.Path, nft: Nft, gate: ToyOpener, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A host whose manager is the gate."""
    monkeypatch.setitem(
        managers.BACKENDS, "nftables", managers.BACKENDS["nftables"]._replace(make=lambda root: Nftables(root, nft))
    )
    monkeypatch.setitem(
        managers.BACKENDS, "gate", managers.Row(lambda root: Guarded(gate, root, nft), gate.name, Guarded.service)
    )
    return Bench(tmp_path / "host", Guarded(gate, str(tmp_path / "host"), nft))


def by_hand(bench: Bench) -> Bench:
    """The same host where nftables decides."""
    other = Bench(bench.root, managers.BACKENDS["nftables"].make(str(bench.root)))
    other.systemd = bench.systemd
    return other


def test_text_says_all_that_an_opener_needs() -> None:
    wish = wish_of(PEER)._replace(former=Former(((2121, 2121),), ((40000, 40009),)))
    opening = read_opening(text_of(wish))
    assert opening.planned == ((wish.ports.control, wish.ports.control), wish.ports.passive)
    assert opening.incoming == tuple(sorted((*opening.planned, (2121, 2121), (40000, 40009))))
    assert opening.outgoing[4] == tuple((PEER, peer.ports) for peer in wish.outgoing[4])
    assert opening.outgoing[6] == ()


def test_guard_covers_what_is_open_beside_the_text(nft: Nft) -> None:
    text = text_of(wish_of(PEER))
    assert with_more(text, read_opening(text).incoming) == text
    wider = with_more(text, [(21, 22), (2121, 2121), (40000, 40009)])
    assert "2121, 40000-40009 }" in wider
    nft.check(wider)


def test_nothing_is_opened_before_the_guard_is_confirmed(bench: Bench, gate: ToyOpener) -> None:
    text = bench.backend.text(wish_of(PEER))
    change = bench.change(text)
    outcome = change.apply(30)
    assert outcome.on_trial
    assert {entry.get("after_header") for entry in outcome.diff} >= {str(gate.disk), bench.host.rules}
    assert bench.in_force()["table"]
    assert not gate.kernel.exists()
    change.confirm()
    assert gate.kernel.read_text() == gate.disk.read_text() == gate.wanted(read_opening(text))[str(gate.disk)]
    assert not bench.change(text).apply(30).changed
    assert os.path.basename(bench.host.rules) == "firewall.gate"


def test_what_drops_beside_the_manager_gets_its_rule_as_ever(bench: Bench, nft: Nft) -> None:
    nft.run(FOREIGN)
    bench.confirmed(bench.backend.text(wish_of(PEER)))
    assert bench.in_force()["input"]


def test_what_is_open_is_narrowed_before_the_guard(bench: Bench, gate: ToyOpener, monkeypatch: pytest.MonkeyPatch) -> None:
    wish = wish_of(PEER)
    bench.confirmed(bench.backend.text(wish._replace(former=Former(((2121, 2121),)))))
    narrow = bench.backend.text(wish)
    seen = []
    assert isinstance(bench.backend, Guarded)
    load = bench.backend.table.load
    monkeypatch.setattr(bench.backend.table, "load", lambda text: (seen.append(("2121" in text, bool(gate.ports()))), load(text)))
    monkeypatch.setattr(gate, "ask", lambda verb: seen.append((verb,)) if verb == "apply" else None)
    bench.confirmed(narrow)
    assert seen == [(True, True), ("apply",), (False, True)]
    assert not bench.change(narrow).apply(30).changed


def test_what_is_denied_is_refused_before_anything_changes(bench: Bench, gate: ToyOpener) -> None:
    gate.denies = 21
    with pytest.raises(FirewallError, match="denies 21"):
        bench.change(bench.backend.text(wish_of(PEER)._replace(ports=Ports(21, (50000, 50099))))).apply(30)
    assert bench.files() == {}
    assert not any(bench.in_force().values())


def test_somebody_who_shuts_it_is_told_and_mended(bench: Bench, gate: ToyOpener) -> None:
    text = bench.backend.text(wish_of(PEER))
    bench.confirmed(text)
    gate.remove()
    outcome = bench.change(text).apply(30)
    assert outcome.drift == (f"{gate.disk} lacks what opens the FTP ports",)
    bench.change(text).settle()
    assert not gate.kernel.exists() or gate.disk.exists()


def test_a_removal_on_trial_shuts_and_comes_back(bench: Bench, gate: ToyOpener) -> None:
    bench.confirmed(bench.backend.text(wish_of(PEER)))
    before = bench.in_force()
    change = removal.Removal(bench.host, bench.systemd, PROGRAM)
    assert change.apply(30).on_trial
    assert gate.disk.exists()
    assert not gate.kernel.exists()
    bench.host.go_back()
    assert bench.in_force() == before
    assert change.apply(30).on_trial
    change.confirm()
    assert not gate.disk.exists()
    assert not removal.is_found(bench.host)


@pytest.mark.parametrize("back", [False, True])
def test_one_manager_takes_the_place_of_another(bench: Bench, gate: ToyOpener, nft: Nft, back: bool) -> None:
    old, new = (bench, by_hand(bench)) if back else (by_hand(bench), bench)
    text = old.backend.text(wish_of(PEER))
    old.confirmed(text)
    before = old.in_force()
    change = new.change(new.backend.text(wish_of(PEER)))
    outcome = change.apply(30)
    assert outcome.on_trial
    assert f"are for {old.backend.name}, but {new.backend.name} decides now" in outcome.warnings[0]
    assert managers.in_use(str(bench.root)).name == new.backend.name
    new.host.go_back()
    assert old.in_force() == before
    assert managers.in_use(str(bench.root)).name == old.backend.name
    assert change.settle()
    assert not change.is_confirmed()
    new.confirmed(new.backend.text(wish_of(PEER)))
    assert nft.ruleset().own
    assert gate.kernel.exists() is gate.disk.exists() is not back
    assert not os.path.exists(old.host.rules)
    assert not new.change(new.backend.text(wish_of(PEER))).apply(30).changed


def test_a_reboot_forgets_a_trial_of_another_manager(bench: Bench, gate: ToyOpener, nft: Nft) -> None:
    old = by_hand(bench)
    old.confirmed(old.backend.text(wish_of(PEER)))
    before = old.in_force()
    bench.change(bench.backend.text(wish_of(PEER))).apply(30)
    os.unlink(bench.host.pending)
    nft.run("flush ruleset\n")
    Host = type(bench.host)
    Host(managers.in_use(str(bench.root)), str(bench.root)).load()
    assert old.in_force() == before
    assert not os.path.exists(bench.host.new_rules)


def test_a_lost_guard_is_put_back(bench: Bench, nft: Nft, capsys: pytest.CaptureFixture[str]) -> None:
    bench.confirmed(bench.backend.text(wish_of(PEER)))
    before = bench.in_force()
    bench.host.watch()
    assert capsys.readouterr().err == ""
    nft.run("flush ruleset\n")
    bench.host.watch()
    assert bench.in_force() == before
    assert "are in force again" in capsys.readouterr().err


def test_the_watch_opens_nothing_that_somebody_has_shut(bench: Bench, gate: ToyOpener, nft: Nft) -> None:
    bench.confirmed(bench.backend.text(wish_of(PEER)))
    gate.remove()
    nft.run("flush ruleset\n")
    bench.host.watch()
    assert not gate.kernel.exists()
    assert bench.in_force()["table"]


def test_the_watch_leaves_a_removal_on_trial_alone(bench: Bench, gate: ToyOpener) -> None:
    bench.confirmed(bench.backend.text(wish_of(PEER)))
    assert removal.Removal(bench.host, bench.systemd, PROGRAM).apply(30).on_trial
    bench.host.watch()
    assert not gate.kernel.exists()
    assert not bench.in_force()["table"]


def test_the_watch_shuts_what_a_dead_first_change_has_left(bench: Bench, gate: ToyOpener) -> None:
    gate.apply(read_opening(bench.backend.text(wish_of(PEER))))
    bench.host.watch()
    assert not gate.disk.exists()
    # Whichever manager the host is asked for: there is no text that tells.
    gate.apply(read_opening(bench.backend.text(wish_of(PEER))))
    by_hand(bench).host.watch()
    assert not gate.disk.exists()
