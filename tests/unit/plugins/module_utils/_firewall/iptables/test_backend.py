# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""iptables as a backend, with real programs in a network namespace and files below a directory."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import units
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.backend import Iptables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.program import Xtables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.view import everything
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.program import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.state import Host
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.conftest import wish_of

PEER = "198.51.100.12"
OURS = "-A INPUT -p tcp -m mark --mark 0x46000000/0xff000000 -m comment --comment proftpd.fxp -j ACCEPT\n"
RULES = """\
# mine
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -s 203.0.113.66/32 -j DROP
COMMIT
"""
KEPT = RULES.replace("COMMIT\n", f"{OURS}COMMIT\n")


class Here(t.NamedTuple):
    """A host that has rules of iptables in the kernel and in a file."""

    backend: Iptables
    rules: pathlib.Path
    nft: Nft

    def restore(self, text: str) -> None:
        subprocess.run([*self.nft.prefix, "iptables-nft-restore"], input=text, text=True, check=True, timeout=60)

    def saved(self) -> str:
        command = [*self.nft.prefix, "iptables-nft-save"]
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        return re.sub(r"\[\d+:\d+\]|^#.*\n|\"", "", said, flags=re.MULTILINE)


@pytest.fixture
def here(nft: Nft, tmp_path: pathlib.Path) -> Here:
    rules = tmp_path / "etc/iptables/rules.v4"
    rules.parent.mkdir(parents=True)
    rules.write_text(RULES)
    rules.chmod(0o640)
    made = Here(Iptables(str(tmp_path), nft, Xtables(nft.prefix)), rules, nft)
    made.restore(RULES)
    return made


def test_a_change_and_its_removal(here: Here) -> None:
    backend, before = here.backend, here.saved()
    text = backend.text(wish_of(PEER))
    finding = backend.examine(text, {})
    assert finding.rules_in == ("ip filter INPUT",)
    assert [diff["after"] for diff in finding.diff] == [KEPT]
    backend.check(text)
    assert (here.saved(), here.rules.read_text()) == (before, RULES)
    backend.load(text)
    assert OURS in here.saved()
    # The files are for good, so they wait for the confirmation.
    assert (here.rules.read_text(), backend.kept()) == (RULES, {})
    backend.open(text)
    assert (here.rules.read_text(), backend.kept()) == (KEPT, {"/etc/iptables/rules.v4": OURS})
    assert here.rules.stat().st_mode & 0o777 == 0o640
    recorded = backend.in_force()
    assert backend.examine(text, recorded)[:1] == ((),)
    assert backend.examine(text, recorded).diff == ()
    assert backend.is_guarded(recorded)
    backend.check_removal()
    backend.unload()
    assert not any(backend.in_force().values())
    assert (here.saved(), here.rules.read_text()) == (before, KEPT)
    backend.leave(False)
    assert (here.saved(), here.rules.read_text(), os.listdir(here.rules.parent)) == (before, RULES, ["rules.v4"])


def test_another_guard_takes_over(here: Here) -> None:
    text = here.backend.text(wish_of(PEER))
    here.backend.load(text)
    here.backend.open(text)
    here.backend.leave(True)
    assert here.backend.in_force()["table"]
    assert OURS not in here.saved()
    assert here.rules.read_text() == RULES


def test_drift_is_told_and_mended(here: Here) -> None:
    text = here.backend.text(wish_of(PEER))
    here.backend.load(text)
    here.backend.open(text)
    recorded = here.backend.in_force()
    here.restore(RULES)
    here.rules.write_text(RULES.replace("-A INPUT -i lo", f"{OURS}-A INPUT -i lo"))
    found = here.backend.drift(text, recorded)
    assert [sentence.split(" has ")[0] for sentence in found] == ["iptables for IPv4", "/etc/iptables/rules.v4"]
    assert not here.backend.is_guarded(recorded)
    here.backend.load(text)
    here.backend.open(text)
    assert here.backend.drift(text, recorded) == []
    assert here.rules.read_text() == KEPT


def test_a_line_that_somebody_moved_goes_back(here: Here) -> None:
    text = here.backend.text(wish_of(PEER))
    here.backend.load(text)
    recorded = here.backend.in_force()
    here.restore(RULES.replace("-A INPUT -i lo", f"{OURS}-A INPUT -i lo"))
    assert here.backend.drift(text, recorded)
    here.backend.load(text)
    assert here.saved().endswith(f"-A INPUT -s 203.0.113.66/32 -j DROP\n{OURS}COMMIT\n")


def test_the_mark_of_somebody_else(here: Here) -> None:
    text = here.backend.text(wish_of(PEER))
    here.restore(RULES.replace("COMMIT", "-A INPUT -m mark --mark 0x2000000/0x2000000 -j ACCEPT\nCOMMIT"))
    with pytest.raises(FirewallError, match=r"fxp_firewall_mark is 0x46000000/0xff000000, and the rule .*\(iptables\) uses bits"):
        here.backend.examine(text, {})
    other = here.backend.text(wish_of(PEER, mark="0x400/0xf00"))
    here.backend.load(other)
    assert OURS.replace("0x46000000/0xff000000", "0x400/0xf00") in here.saved()


def test_a_decision_in_a_file_is_told_with_its_name(here: Here) -> None:
    here.rules.write_text(RULES.replace("COMMIT", "-A INPUT -p tcp -m tcp --dport 21 -j DROP\nCOMMIT"))
    with pytest.raises(FirewallError, match=r"--dport 21 -j DROP\" of chain ip filter \(/etc/iptables/rules.v4\) INPUT drops"):
        here.backend.examine(here.backend.text(wish_of(PEER)), {})


def test_a_table_that_iptables_cannot_read_is_told(here: Here) -> None:
    here.nft.run("add set ip filter mine { type ipv4_addr; }\nadd rule ip filter INPUT ip saddr @mine drop\n")
    with pytest.raises(FirewallError, match="table ip filter is one of iptables, and has rules of nft that"):
        here.backend.examine(here.backend.text(wish_of(PEER)), {})


def test_who_loads_rules_otherwise_is_warned(here: Here) -> None:
    here.rules.unlink()
    (warning,) = here.backend.examine(here.backend.text(wish_of(PEER)), {}).warnings
    assert warning.startswith("/etc/iptables/rules.v4 is not there")


def test_rules_without_a_mark_are_refused(here: Here, rules: t.Callable[..., str]) -> None:
    with pytest.raises(FirewallError, match="put no mark"):
        here.backend.examine(rules(PEER), {})


def test_what_nft_lists_is_told_by_iptables_itself(here: Here) -> None:
    here.backend.load(here.backend.text(wish_of(PEER, clients=("203.0.113.0/24",))))
    view = everything(here.nft.everything(), here.backend.xtables)
    said = [rule.get("said") for rules in view.rules.values() for rule in rules]
    assert OURS.strip() in [str(each).replace('"', "") for each in said]


def test_both_services_bring_the_rules_back(tmp_path: pathlib.Path) -> None:
    texts = {file.path.rpartition("/systemd/system/")[2]: file.text for file in units.files(Host(Iptables(str(tmp_path))))}
    assert "After=nftables.service netfilter-persistent.service\n" in texts["proftpd-fxp-firewall.service"]
    # It has no reload of its own.
    assert "ExecReload" not in texts["netfilter-persistent.service.d/proftpd-fxp.conf"]
    assert "ExecReload" in texts["nftables.service.d/proftpd-fxp.conf"]
