# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removal with a real kernel. systemd is scripted here; the molecule scenario has a real one."""

from __future__ import annotations

import os
import pathlib
import subprocess
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import removal, units
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError, TooLate
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.backend import Nftables
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.test_transaction import PROGRAM, Bench

Rules = t.Callable[..., str]
PEER = "198.51.100.12"
OPERATOR = """
table inet filter {
  chain input { type filter hook input priority 0; policy drop; tcp dport 22 accept; }
  chain output { type filter hook output priority 0; policy drop; }
}
table inet operator {
  chain accounting { type filter hook input priority -10; counter; }
}
"""


class Place(Bench):
    """A host below a directory, on which something of ours may be."""

    def removal(self) -> removal.Removal:
        return removal.Removal(self.host, self.systemd, PROGRAM)

    def found(self) -> bool:
        return removal.is_found(self.host)

    def listed(self) -> str:
        command = [*self.nft.prefix, str(self.nft.path), "-s", "list", "ruleset"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    def tree(self) -> set[str]:
        return {str(path.relative_to(self.root)) for path in self.root.rglob("*")}


@pytest.fixture
def place(tmp_path: pathlib.Path, nft: Nft) -> Place:
    nft.run(OPERATOR)
    for directory in ("etc/systemd/system", "var/lib", "usr/local/lib", "run"):
        (tmp_path / directory).mkdir(parents=True)
    return Place(tmp_path, Nftables(str(tmp_path), nft))


def test_nothing_of_ours_is_left_and_nothing_of_others_is_touched(place: Place, rules: Rules) -> None:
    rulesets, files = place.listed(), place.tree()
    assert not place.found()
    place.confirmed(rules(PEER))
    assert place.found()
    place.systemd.calls.clear()
    outcome = place.removal().apply(30)
    assert (outcome.changed, outcome.on_trial) == (True, True)
    assert place.systemd.calls == ["disarm", "arm"]
    assert place.listed() == rulesets
    assert os.path.exists(place.host.rules)
    place.removal().confirm()
    assert place.systemd.calls == ["disarm", "arm", "disarm", "stop", "switch_off", "reload"]
    assert place.tree() == files
    assert place.listed() == rulesets
    assert not place.found()
    place.confirmed(rules(PEER))


def test_check_mode_tells_what_would_go(place: Place, rules: Rules) -> None:
    place.confirmed(rules(PEER))
    files, rulesets = place.files(), place.listed()
    outcome = place.removal().apply(30, check_mode=True)
    assert (outcome.changed, outcome.on_trial) == (True, False)
    assert [(entry["before"], entry["after"]) for entry in outcome.diff[:4]] == [
        (rules(PEER), ""),
        ("[Unit]\n", ""),
        ("[Service]\n", ""),
        (units.files(place.host)[2].text, ""),
    ]
    assert [line.split("/")[-1] for line in outcome.diff[4]["prepared"].splitlines()] == [
        "firewall.py is removed",
        "firewall.json is removed",
        "# the rules in the kernel are removed",
    ]
    assert (place.files(), place.listed()) == (files, rulesets)


def test_rules_come_back_without_a_confirmation(place: Place, rules: Rules) -> None:
    place.confirmed(rules(PEER))
    files, rulesets = place.files(), place.in_force()
    place.removal().apply(30)
    assert not any(place.in_force().values())
    place.host.go_back()  # the timer
    assert (place.files(), place.in_force()) == (files, rulesets)
    with pytest.raises(TooLate, match="put back before"):
        place.removal().confirm()
    assert place.removal().settle()
    assert (place.files(), place.in_force()) == (files, rulesets)


def test_a_reload_of_nftables_while_on_trial_brings_the_rules_back(place: Place, rules: Rules) -> None:
    place.confirmed(rules(PEER))
    files, rulesets = place.files(), place.in_force()
    place.removal().apply(30)
    place.host.load()  # the drop-in
    with pytest.raises(FirewallError, match="Somebody loaded the firewall rules again"):
        place.removal().confirm()
    assert place.removal().settle()
    assert (place.files(), place.in_force()) == (files, rulesets)


def test_new_rules_on_trial_are_not_confirmed_by_a_removal(place: Place, rules: Rules) -> None:
    place.change(rules(PEER)).apply(30)
    with pytest.raises(TooLate):
        place.removal().confirm()
    removing = place.removal()
    place.systemd.armed = False  # a change that died
    assert not removing.apply(30).on_trial
    assert not place.found()


@pytest.mark.parametrize("left", ["rules", "record", "program", "new_rules", "pending"])
def test_a_removal_that_died_is_finished_by_the_next(place: Place, left: str) -> None:
    files = place.tree()
    path = pathlib.Path(getattr(place.host, left))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    assert place.found()
    outcome = place.removal().apply(30)
    assert (outcome.changed, outcome.on_trial) == (True, False)
    assert not place.found()
    assert place.tree() == files


def test_rules_without_files_leave_the_kernel_too(place: Place, rules: Rules) -> None:
    rulesets, files = place.listed(), place.tree()
    place.nft.load(rules(PEER))
    assert place.found()
    assert place.removal().apply(30).on_trial
    place.removal().confirm()
    assert (place.listed(), place.tree()) == (rulesets, files)


def test_files_are_removed_where_nft_is_gone(place: Place, rules: Rules) -> None:
    place.confirmed(rules(PEER))
    place.nft.path = None
    assert place.found()
    assert not place.removal().apply(30).on_trial
    assert not place.found()


def test_other_peoples_drop_ins_stay(place: Place, rules: Rules) -> None:
    place.confirmed(rules(PEER))
    theirs = place.root / "etc/systemd/system/nftables.service.d/theirs.conf"
    theirs.write_text("[Service]\n")
    place.removal().apply(30)
    place.removal().confirm()
    assert place.files() == {"etc/systemd/system/nftables.service.d/theirs.conf": "[Service]\n"}
