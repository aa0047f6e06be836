# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""firewalld as a backend: its text and files, what differs, what is refused, and what is done without a reload."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import units
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld import layout, others
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.backend import Firewalld
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.firewalld.text import read_text, text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.state import Host
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Former
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.conftest import wish_of
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.firewalld_stand_in import ZONE, StandIn
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.test_transaction import Bench

CLIENTS = ("192.0.2.0/24", "192.0.2.7", "203.0.113.7", "2001:db8:1::/48")
WISH = wish_of("198.51.100.12", "2001:db8::12", clients=CLIENTS)
FORMER = WISH._replace(former=Former(((2121, 2121),), ((40000, 40009),)), interfaces=("eth0",))


@pytest.fixture
def program(tmp_path: pathlib.Path) -> StandIn:
    made = StandIn(str(tmp_path / "host"), tmp_path / "memory")
    made.start()
    return made


@pytest.fixture
def backend(tmp_path: pathlib.Path, program: StandIn) -> Firewalld:
    nft = Nft()
    nft.path = None
    return Firewalld(str(tmp_path / "host"), program, nft)


def drift(backend: Firewalld, text: str) -> str:
    return " | ".join(backend.drift(text, {}))


def test_text_says_all_that_the_backend_needs() -> None:
    rules = read_text(text_of(FORMER))
    assert rules.control == ((21, 21), (2121, 2121))
    assert rules.passive == ((50000, 50099), (40000, 40009))
    assert rules.clients == CLIENTS
    assert rules.peers == ("198.51.100.12", "2001:db8::12")
    assert rules.outgoing == (("198.51.100.12", (50000, 50099)), ("2001:db8::12", (50000, 50099)))
    assert (rules.planned.control, rules.planned.passive) == (21, (50000, 50099))
    assert (rules.interfaces, rules.addresses) == (("eth0",), ("198.51.100.11",))


def test_names_of_peers_are_comments_whatever_they_hold() -> None:
    peers = [{"name": "a\nclient 0.0.0.0/0", "addresses": ["198.51.100.12"]}]
    assert read_text(text_of(wish_of(clients=CLIENTS, peers4=peers))).clients == CLIENTS


@pytest.mark.parametrize(
    "text",
    ["", "define control_port = 21\n", "control 21\n", "control 21\npassive 1-2\nclient nobody\n", "control 21\npassive\n"],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(FirewallError, match="no text of the backend firewalld"):
        read_text(text)


def test_sets_hold_no_address_twice_and_peers_come_to_the_passive_ports_only() -> None:
    wanted = layout.wanted(read_text(text_of(WISH)))
    assert wanted.sets == {
        "proftpd-fxp-control4": ("192.0.2.0/24", "203.0.113.7"),
        "proftpd-fxp-passive4": ("192.0.2.0/24", "198.51.100.12", "203.0.113.7"),
        "proftpd-fxp-control6": ("2001:db8:1::/48",),
        "proftpd-fxp-passive6": ("2001:db8::12", "2001:db8:1::/48"),
    }
    assert {str(rule).rpartition(" ")[2] for rule in wanted.policies[layout.STRANGERS]} == {"drop"}
    assert {(rule.source, rule.ports) for rule in wanted.policies[layout.PARTNERS]} == {
        (f"proftpd-fxp-{name}{family}", ports)
        for family in (4, 6)
        for name, ports in (("control", (21, 21)), ("passive", (50000, 50099)))
    }


def test_former_ports_are_guarded_and_open_to_the_same() -> None:
    wanted = layout.wanted(read_text(text_of(FORMER)))
    for rules in wanted.policies.values():
        found = {(rule.source[:-1], rule.ports) for rule in rules}
        assert found == {
            ("proftpd-fxp-control", (21, 21)),
            ("proftpd-fxp-control", (2121, 2121)),
            ("proftpd-fxp-passive", (50000, 50099)),
            ("proftpd-fxp-passive", (40000, 40009)),
        }


@pytest.mark.parametrize("everybody", [("0.0.0.0/0",), ("0.0.0.0/1", "128.0.0.0/1")])
def test_everybody_needs_no_set_and_makes_no_strangers(everybody: tuple[str, ...]) -> None:
    wanted = layout.wanted(read_text(text_of(wish_of("198.51.100.12", clients=everybody))))
    assert set(wanted.sets) == {"proftpd-fxp-control6", "proftpd-fxp-passive6"}
    assert {rule.family for rule in wanted.policies[layout.STRANGERS]} == {6}
    assert [rule.source for rule in wanted.policies[layout.PARTNERS] if rule.family == 4] == ["", ""]
    both = layout.wanted(read_text(text_of(wish_of(clients=(*everybody, "::/0")))))
    assert (set(both.sets), set(both.policies)) == (set(), {layout.PARTNERS})


def test_files_are_what_firewalld_reads(backend: Firewalld, program: StandIn) -> None:
    backend.load(text_of(FORMER))
    assert program.written()["policy"] == {name: program.now()["policy"][name] for name in layout.PRIORITIES}
    assert backend.drift(text_of(FORMER), {}) == []
    assert set(backend.kept()) == {f"{program.directory}/{path}" for path in layout.wanted(read_text(text_of(FORMER))).files()}


def test_members_change_without_a_reload(backend: Firewalld, program: StandIn) -> None:
    backend.load(text_of(WISH))
    assert program.reloads == 1
    program.change("zone", "public", {**ZONE, "ports": [["8080", "tcp"]]})
    text = text_of(wish_of("198.51.100.12", "198.51.100.13", clients=("192.0.2.9", "2001:db8:2::/48")))
    finding = backend.examine(text, {})
    assert all("ipset" in sentence for sentence in finding.drift)
    backend.load(text)
    assert program.reloads == 1
    assert backend.drift(text, {}) == []
    assert program.now()["zone"]["public"]["ports"] == [["8080", "tcp"]]


def test_what_a_reload_would_lose_or_bring_is_named(
    backend: Firewalld, program: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.change("zone", "public", {**ZONE, "ports": [["8080", "tcp"]], "services": []})
    with pytest.raises(FirewallError) as caught:
        backend.examine(text_of(WISH), {})
    assert "zone public, ports: 8080/tcp), and loading those of proftpd.fxp would lose them" in str(caught.value)
    assert "--runtime-to-permanent" in str(caught.value)
    assert "zone public, services: ssh), and loading those of proftpd.fxp would put them in force" in str(caught.value)
    program.start()
    backend.load(text_of(WISH))
    program.change("zone", "public", {**ZONE, "masquerade": True})
    with pytest.raises(FirewallError, match=r"zone public, masquerade: True\)"):
        backend.check_removal()


def test_false_and_not_said_are_the_same() -> None:
    now = {"zone public": {"masquerade": False, "forward": True}}
    assert not others.Others(now, {"zone public": {"forward": True}}).objections()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda p: p.change("ipset", "proftpd-fxp-control4", ["192.0.2.0/24", "203.0.113.7", "198.51.100.66"]), "has 1 entries"),
        (lambda p: p.change("ipset", "proftpd-fxp-passive6", []), "ipset proftpd-fxp-passive6 lacks 2"),
        (
            lambda p: p.change("policy", "fxp-strangers", {**p.now()["policy"]["fxp-strangers"], "priority": 5}),
            "fxp-strangers in",
        ),
        (lambda p: (pathlib.Path(p.directory) / "policies/fxp-partners.xml").unlink(), "fxp-partners.xml is missing"),
        (lambda p: (pathlib.Path(p.directory) / "policies/fxp-partners.xml.old").touch(), "xml.old is left over"),
        (lambda p: p.stop(), "firewalld does not run"),
    ],
)
def test_drift_is_told_and_mended(backend: Firewalld, program: StandIn, change: t.Callable[[StandIn], t.Any], told: str) -> None:
    backend.load(text_of(WISH))
    before = backend.in_force()
    change(program)
    assert told in drift(backend, text_of(WISH))
    if not program.memory.exists():
        program.start()
    backend.load(text_of(WISH))
    assert (backend.drift(text_of(WISH), {}), backend.in_force()) == ([], before)
    assert backend.is_guarded(before)


def test_the_guard_is_told_apart_from_what_is_opened(backend: Firewalld, program: StandIn) -> None:
    backend.load(text_of(WISH))
    before = backend.in_force()
    program.change("policy", "fxp-partners", {**program.now()["policy"]["fxp-partners"], "rich_rules": []})
    assert backend.is_guarded(before)
    program.change("policy", "fxp-strangers", {**program.now()["policy"]["fxp-strangers"], "rich_rules": []})
    assert not backend.is_guarded(before)
    assert not backend.is_guarded({})
    program.stop()
    with pytest.raises(FirewallError, match="firewalld does not run here; start it"):
        backend.is_guarded(before)
    with pytest.raises(FirewallError, match="firewalld does not run here; start it"):
        backend.load_guard(text_of(WISH))


def test_where_it_failed_it_is_reloaded_until_it_does_not(
    backend: Firewalld, program: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As 0.9.3 does after a flush of all rules: it fails once more, and lists sets that it has not applied."""
    backend.load(text_of(WISH))
    before = backend.in_force()
    program.told, tries, reload = "FAILED", [], program.reload

    def once() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise FirewallError("COMMAND_FAILED")
        program.told = "RUNNING"
        reload()

    monkeypatch.setattr(program, "reload", once)
    assert not backend.is_guarded(before)
    backend.load(text_of(WISH))
    assert (len(tries), backend.in_force()) == (2, before)


def test_at_boot_files_are_put_right_before_it_starts(backend: Firewalld, program: StandIn) -> None:
    backend.load(text_of(WISH))
    before = backend.in_force()
    backend.load(text_of(wish_of()))
    program.stop()
    backend.load(text_of(WISH))
    assert program.reloads == 2
    program.start()
    assert backend.in_force() == before


def test_nothing_is_left(backend: Firewalld, program: StandIn) -> None:
    backend.load(text_of(WISH))
    for path in [*pathlib.Path(program.directory).rglob("*.xml")]:
        path.with_suffix(".xml.old").touch()
    backend.leave(False)
    assert not any(path.is_file() for path in pathlib.Path(program.directory).rglob("*"))
    assert not any(backend.in_force().values())
    assert (program.now()["ipset"], program.now()["policy"]) == ({}, {})


@pytest.mark.parametrize(
    ("attribute", "value", "told"),
    [
        ("told", "FAILED", "firewalld runs without what it was told"),
        ("has_sets", False, "install the package ipset, restart firewalld"),
    ],
)
def test_what_it_cannot_do_is_refused(backend: Firewalld, program: StandIn, attribute: str, value: object, told: str) -> None:
    setattr(program, attribute, value)
    with pytest.raises(FirewallError, match=told):
        backend.examine(text_of(WISH), {})


@pytest.mark.parametrize(
    ("rule", "is_shut"),
    [
        ('rule port port="21" protocol="tcp" reject', True),
        ('rule family="ipv4" port port="1-1024" protocol="tcp" log prefix="x" level="info" drop', True),
        ('rule service name="ftp" drop', True),
        ("rule drop", True),
        ('rule port port="50000-50099" protocol="tcp" drop', True),
        ('rule port port="50000-50001" protocol="tcp" drop', False),
        ('rule port port="21" protocol="udp" reject', False),
        ('rule family="ipv4" source address="192.0.2.7" port port="21" protocol="tcp" reject', False),
        ('rule service name="ssh" reject', False),
        ('rule port port="21" protocol="tcp" accept', False),
        ('rule icmp-type name="echo-request" drop', False),
    ],
)
def test_denies_of_everybody_are_refused_and_others_hold(backend: Firewalld, program: StandIn, rule: str, is_shut: bool) -> None:
    zone = {**ZONE, "rules_str": [rule]}
    said = others.shut({"zone public": zone}, ["public"], read_text(text_of(WISH)))
    assert bool(said) is is_shut
    assert all(rule in sentence for sentence in said)
    assert not others.shut({"zone dmz": zone}, ["public"], read_text(text_of(WISH)))


def test_tables_beside_firewalld_that_drop_are_refused(nft: Nft) -> None:
    rules = read_text(text_of(WISH))
    nft.run("table inet firewalld { chain filter_INPUT { type filter hook input priority 10; policy drop; }; }")
    assert not others.beside(nft, rules)
    nft.run("table inet mine { chain in { type filter hook input priority 0; tcp dport 21 ip saddr 192.0.2.9 drop; }; }")
    assert not others.beside(nft, rules)
    nft.run("table ip6 mine { chain in { type filter hook input priority 0; policy drop; }; }")
    assert not others.beside(nft, rules)  # the server has no address of that family
    nft.run("table inet mine { chain in { drop; }; }")
    assert [sentence.split(",")[0] for sentence in others.beside(nft, rules)] == ["Chain inet mine in drops by default"]


def test_a_zone_has_the_last_word_in_old_releases(backend: Firewalld, program: StandIn) -> None:
    program.change("zone", "public", {**ZONE, "target": "DROP"})
    rules = read_text(text_of(WISH))
    now = {"zone public": program.now()["zone"]["public"]}
    assert not others.shut(now, ["public"], rules)
    assert "--zone=public --set-target=default" in others.shut(now, ["public"], rules, zones_end=True)[0]
    backend.load(text_of(WISH))
    program.change("zone", "public", {**ZONE, "target": "DROP"})
    assert not backend.shut(text_of(WISH))
    program.release = "0.9.3"
    assert backend.shut(text_of(WISH))


def test_policies_of_others_that_deny_this_host_or_what_it_opens() -> None:
    rules = read_text(text_of(WISH))

    def shut(**settings: t.Any) -> str:
        return " ".join(others.shut({"policy mine": settings}, ["public"], rules))

    assert "--policy=mine --set-target=CONTINUE" in shut(ingress_zones=["ANY"], egress_zones=["HOST"], target="DROP")
    assert not shut(ingress_zones=["dmz"], egress_zones=["HOST"], target="DROP")
    assert not shut(ingress_zones=["ANY"], egress_zones=["HOST"], target="CONTINUE")
    out = {"ingress_zones": ["HOST"], "egress_zones": ["ANY"], "target": "REJECT"}
    assert "TCP ports 50000-50099" in shut(**out)
    assert not shut(**out, ports=[["50000-50099", "tcp"]])
    assert not shut(**out, rich_rules=['rule port port="50000-50199" protocol="tcp" accept'])
    assert shut(**out, ports=[["50000-50098", "tcp"]])


def test_unit_puts_files_right_before_firewalld_starts_and_stops_nothing(backend: Firewalld) -> None:
    unit, guard = units.files(Host(backend))
    assert "\nBefore=firewalld.service network-pre.target proftpd.service" in unit.text
    assert "ExecStop" not in unit.text
    assert "\nAfter=proftpd-fxp-firewall.service firewalld.service\n" in guard.text


def test_unit_that_takes_a_change_back_over_a_restart_is_there_first(
    tmp_path: pathlib.Path, backend: Firewalld, program: StandIn
) -> None:
    bench = Bench(tmp_path / "host", backend)
    change = bench.change(text_of(WISH))
    assert change.apply(30).on_trial
    assert bench.systemd.calls.index("enable") < bench.systemd.calls.index("arm")
    program.stop()
    (tmp_path / "host/run/proftpd-fxp/firewall.pending").unlink()
    bench.host.load()
    program.start()
    assert not any(backend.in_force().values())
    again = bench.change(text_of(WISH))
    assert again.apply(30).on_trial
    assert again.settle()
    assert not (tmp_path / "host/etc/systemd/system/proftpd-fxp-firewall.service").exists()
    assert again.apply(30).on_trial
    again.confirm()
    assert not again.apply(30).changed
