# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ufw: its rules as it keeps them, what the operator denies, and the commands that make ours, by a stand-in for ufw."""

from __future__ import annotations

import pathlib
import stat
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import exposure
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Ruleset
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.opener import Opening
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.ufw import is_on, rules, view
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.ufw.opener import DEFAULTS, MOST_PEERS, PROFILE, Ufw

PLANNED = ((21, 21), (61000, 61049))
OPENING = Opening(PLANNED, PLANNED, {4: (("198.51.100.12", (61000, 61049)),), 6: ()}, ("198.51.100.11",), ("eth0",))
# As ufw 0.36.2 writes it.
HEAD = "*filter\n:ufw-user-input - [0:0]\n### RULES ###\n"
END = "\n### END RULES ###\n\n### LOGGING ###\n-A ufw-after-logging-input -j LOG\n### END LOGGING ###\nCOMMIT\n"
SSH = "\n### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n"
OURS = """
### tuple ### allow tcp 21 0.0.0.0/0 any 0.0.0.0/0 proftpd-fxp - in comment=70726f667470642e667870
-A ufw-user-input -p tcp --dport 21 -j ACCEPT -m comment --comment 'dapp_proftpd-fxp'

### tuple ### allow tcp 61000:61049 0.0.0.0/0 any 0.0.0.0/0 proftpd-fxp - in comment=70726f667470642e667870
-A ufw-user-input -p tcp -m multiport --dports 61000:61049 -j ACCEPT -m comment --comment 'dapp_proftpd-fxp'
"""


def file(*tuples: str) -> str:
    return (
        HEAD
        + "".join(each if each.startswith("\n") else f"\n### tuple ### {each}\n-A ufw-user-input -j X\n" for each in tuples)
        + END
    )


def tuple_of(action: str, ports: str, source: str = "0.0.0.0/0", direction: str = "in", to: str = "0.0.0.0/0") -> str:
    return f"{action} tcp {ports} {to} any {source} {direction}"


@pytest.mark.parametrize(
    ("conf", "on"),
    [("ENABLED=yes\n", True), ("# ENABLED=yes\nENABLED=no\n", False), (' enabled = "yes"\n', True), ("", False)],
)
def test_is_on(conf: str, on: bool) -> None:
    assert is_on(conf) is on


def test_rules_are_read_as_ufw_keeps_them() -> None:
    text = file(
        SSH,
        "limit_log tcp 2222 0.0.0.0/0 any 0.0.0.0/0 in comment=6974",
        "deny any any 0.0.0.0/0 any 10.0.0.0/8 in_eth0",
        "allow tcp 22,80 0.0.0.0/0 any 0.0.0.0/0 Nginx%20Full - in",
        "route:allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 in",
        "allow tcp 443 0.0.0.0/0 any 0.0.0.0/0 out",
        OURS,
    )
    found = rules.read(text)
    assert [str(rule) for rule in found] == [
        "allow in port 22/tcp",
        "limit in port 2222/tcp",
        "deny in on eth0 from 10.0.0.0/8",
        "allow in port 22,80/tcp (Nginx%20Full)",
        "allow out port 443/tcp",
        "allow in port 21/tcp (proftpd-fxp)",
        "allow in port 61000:61049/tcp (proftpd-fxp)",
    ]
    assert [rule.is_ours for rule in found] == [False] * 5 + [True] * 2
    assert found[3].spans == [(22, 22), (80, 80)]
    assert found[2].spans == [(1, 65535)]
    assert len(found[0].lines) == 1


def test_without_ufw_what_is_ours_goes_and_nothing_else() -> None:
    assert rules.strip(file(SSH, OURS)) == file(SSH)
    assert rules.strip(file(SSH)) == file(SSH)


def test_profiles_say_all_ports_and_those_of_peers() -> None:
    text = rules.profiles(rules.wanted(OPENING, 4, True))
    assert "[proftpd-fxp]\n" in text
    assert "ports=21/tcp|61000:61049/tcp\n" in text
    assert "[proftpd-fxp-to-61000-61049]\n" in text
    assert "to" not in [line[:2] for line in rules.profiles(rules.wanted(OPENING, 4, False)).splitlines()]


@pytest.mark.parametrize(
    ("tuples", "told"),
    [
        ([tuple_of("deny", "21")], "deny in port 21/tcp"),
        ([tuple_of("reject", "61010:61020")], "reject in port 61010:61020/tcp"),
        (["deny any any 0.0.0.0/0 any 0.0.0.0/0 in"], "deny in"),
        ([tuple_of("deny", "21", direction="in_eth0")], "deny in on eth0 port 21/tcp"),
        ([tuple_of("deny", "21", direction="in_eth1")], None),
        ([tuple_of("deny", "21", to="198.51.100.11")], "deny in to 198.51.100.11 port 21/tcp"),
        ([tuple_of("deny", "21", to="198.51.100.99")], None),
        ([tuple_of("deny", "21", "192.0.2.0/24")], None),
        ([tuple_of("allow", "21"), tuple_of("deny", "21")], None),
        ([tuple_of("limit", "21"), tuple_of("deny", "21")], None),
        (["deny udp 21 0.0.0.0/0 any 0.0.0.0/0 in"], None),
        (["deny tcp 21 0.0.0.0/0 any 0.0.0.0/0 proftpd-fxp - in"], "deny in port 21/tcp (proftpd-fxp)"),
        ([tuple_of("deny", "21", direction="out")], None),
    ],
)
def test_what_keeps_everybody_off_is_found(tuples: list[str], told: str | None) -> None:
    found = rules.denied(rules.read(file(*tuples)), OPENING)
    assert (str(found) if found else None) == told


@pytest.mark.parametrize(
    ("tuples", "told"),
    [
        ([tuple_of("deny", "61000:61999", direction="out")], True),
        ([tuple_of("deny", "any", direction="out", to="198.51.100.0/24")], True),
        ([tuple_of("deny", "any", direction="out", to="192.0.2.0/24")], False),
        ([tuple_of("allow", "any", direction="out"), tuple_of("deny", "any", direction="out")], False),
    ],
)
def test_what_keeps_the_host_from_its_peers_is_found(tuples: list[str], told: bool) -> None:
    assert bool(rules.denied_out(rules.read(file(*tuples)), OPENING.outgoing[4])) is told


def test_what_is_denied_behind_ours_is_found() -> None:
    deny = tuple_of("deny", "21", "192.0.2.1")
    assert not rules.behind(rules.read(file(deny, OURS)))
    assert [str(rule) for rule in rules.behind(rules.read(file(OURS, deny)))] == ["deny in from 192.0.2.1 port 21/tcp"]
    assert not rules.behind(rules.read(file(OURS, tuple_of("deny", "25", "192.0.2.1"))))
    assert "in front of" in rules.shown(rules.read(file(OURS, deny)))


def test_a_limit_that_the_operator_gives_ours_is_his() -> None:
    limited = OURS.replace("allow tcp", "limit tcp")
    assert rules.shown(rules.read(file(limited))) == rules.shown(rules.read(file(OURS)))


class Etc:
    """Files of ufw below a directory, and a ufw that changes them as the real one does, as far as ours are concerned."""

    def __init__(self, root: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.told = root, list[tuple[str, ...]]()
        self.ufw = Ufw(str(root))
        (root / "etc/ufw/applications.d").mkdir(parents=True)
        (root / "etc/default").mkdir()
        self.default("ACCEPT")
        for path in rules.FILES.values():
            self.write(path, file(SSH))
        monkeypatch.setattr(self.ufw, "_ufw", self.run)
        monkeypatch.setattr(self.ufw, "is_installed", lambda: True)
        monkeypatch.setattr(self.ufw, "_saved", lambda family: "")

    def write(self, path: str, text: str) -> None:
        (self.root / path[1:]).write_text(text)

    def read(self, path: str) -> str:
        return (self.root / path[1:]).read_text()

    def default(self, output: str, ipv6: str = "no") -> None:
        self.write(DEFAULTS, f'# comment\nIPV6={ipv6}\nDEFAULT_OUTPUT_POLICY="{output}"\n')

    def run(self, *words: str) -> None:
        self.told.append(words)
        path, profile = rules.FILES[4], self.read(PROFILE)
        app = words[2] if words[:2] == ("app", "update") else words[words.index("app") + 1] if "app" in words else ""
        delete, app = words[0] == "delete", app or words[2 if words[0] == "delete" else 1]
        ports = profile.split(f"[{app}]\n")[1].split("ports=")[1].splitlines()[0].split("|")
        blocks = self.read(path)[len(HEAD) : -len(END)].split("\n\n")
        to, direction = ("0.0.0.0/0", "in") if "out" not in words else (words[words.index("to") + 1], "out")
        new = [f"### tuple ### allow tcp {port[:-4]} {to} any 0.0.0.0/0 {app} - {direction} comment=00" for port in ports]
        blocks = [block.strip() for block in blocks if block.strip()]
        if words[:2] == ("app", "update"):
            at = [number for number, block in enumerate(blocks) if f" {app} - " in block]
            blocks = [*blocks[: at[0]], *new, *(block for block in blocks[at[0] :] if f" {app} - " not in block)]
        elif delete:
            blocks = [block for block in blocks if not any(block.startswith(each[: each.index(" comment")]) for each in new)]
        else:
            blocks += new
        self.write(path, HEAD + "".join(f"\n{block}\n" for block in blocks) + END)


@pytest.fixture
def etc(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Etc:
    return Etc(tmp_path, monkeypatch)


def test_one_rule_for_a_profile(etc: Etc) -> None:
    assert etc.ufw.kept() == {}
    etc.ufw.apply(OPENING)
    assert etc.told == [("allow", "proftpd-fxp", "comment", "proftpd.fxp")]
    assert etc.ufw.kept() == etc.ufw.wanted(OPENING)
    assert etc.ufw.ports() == [(21, 21), (61000, 61049)]
    assert stat.S_IMODE((etc.root / PROFILE[1:]).stat().st_mode) == 0o644
    etc.told.clear()
    etc.ufw.apply(OPENING)
    assert etc.told == []


def test_other_ports_update_the_rule_where_it_is(etc: Etc) -> None:
    etc.ufw.apply(OPENING)
    etc.told.clear()
    other = OPENING._replace(incoming=((21, 21), (50000, 50009)))
    etc.ufw.apply(other)
    assert etc.told == [("app", "update", "proftpd-fxp")]
    assert etc.ufw.ports() == [(21, 21), (50000, 50009)]


def test_ours_goes_behind_what_the_operator_denies(etc: Etc) -> None:
    etc.ufw.apply(OPENING)
    text = etc.read(rules.FILES[4])
    etc.write(rules.FILES[4], text[: -len(END)] + f"\n### tuple ### {tuple_of('deny', '21', '192.0.2.1')}\n" + END)
    etc.told.clear()
    assert etc.ufw.kept() != etc.ufw.wanted(OPENING)
    etc.ufw.apply(OPENING)
    assert etc.told == [("delete", "allow", "proftpd-fxp"), ("allow", "proftpd-fxp", "comment", "proftpd.fxp")]
    assert etc.ufw.kept() == etc.ufw.wanted(OPENING)


def test_what_leaves_is_opened_where_ufw_denies_it(etc: Etc) -> None:
    etc.default("DROP")
    etc.ufw.apply(OPENING)
    out = ("allow", "out", "to", "198.51.100.12", "app", "proftpd-fxp-to-61000-61049", "comment", "proftpd.fxp")
    assert out in etc.told
    etc.default("ACCEPT")
    etc.told.clear()
    etc.ufw.apply(OPENING)
    assert etc.told == [("delete", *out[:-2])]
    assert "to-61000" not in etc.read(PROFILE)


def test_removal_leaves_no_trace(etc: Etc) -> None:
    before = {path: etc.read(path) for path in rules.FILES.values()}
    etc.default("DROP")
    etc.ufw.apply(OPENING)
    # Found by the profile even if somebody has changed that.
    etc.write(PROFILE, "[proftpd-fxp]\ntitle=x\ndescription=y\nports=1/tcp\n")
    etc.ufw.remove()
    assert {path: etc.read(path) for path in rules.FILES.values()} == before
    assert etc.ufw.kept() == {}
    assert not (etc.root / PROFILE[1:]).exists()


def test_removal_where_ufw_is_gone(etc: Etc, monkeypatch: pytest.MonkeyPatch) -> None:
    etc.ufw.apply(OPENING)
    monkeypatch.setattr(etc.ufw, "is_installed", lambda: False)
    etc.ufw.remove()
    assert etc.read(rules.FILES[4]) == file(SSH)


UP = "*filter\n:ufw-user-input - [0:0]\n:ufw-user-output - [0:0]\n:ufw6-user-input - [0:0]\n:ufw6-user-output - [0:0]\nCOMMIT\n"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda etc: None, r"ENABLED=yes.*not in force; run ufw reload"),
        (lambda etc: etc.write(rules.FILES[4], file(tuple_of("deny", "21"))), r'rule "deny in port 21/tcp" of ufw denies'),
        (lambda etc: etc.default("DROP"), rf"{MOST_PEERS + 1} addresses.*ufw default allow outgoing"),
    ],
)
def test_what_cannot_be_opened_is_refused(
    etc: Etc, monkeypatch: pytest.MonkeyPatch, change: t.Callable[[Etc], None], told: str
) -> None:
    change(etc)
    if "ENABLED" not in told:
        monkeypatch.setattr(etc.ufw, "_saved", lambda family: UP)
    peers = tuple((f"198.51.100.{number}", (61000, 61049)) for number in range(MOST_PEERS + 1))
    with pytest.raises(FirewallError, match=told):
        etc.ufw.test(OPENING._replace(outgoing={4: peers, 6: ()}))
    assert etc.told == []


def test_ipv6_that_ufw_leaves_alone_is_refused(etc: Etc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(etc.ufw, "_saved", lambda family: UP)
    assert etc.ufw.test(OPENING) == []
    with pytest.raises(FirewallError, match="IPV6=no"):
        etc.ufw.test(OPENING._replace(addresses=("198.51.100.11", "2001:db8::11")))


def test_a_limit_of_the_operator_is_told(etc: Etc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(etc.ufw, "_saved", lambda family: UP)
    etc.write(rules.FILES[4], file(tuple_of("limit", "21")))
    assert "limit in port 21/tcp" in "".join(etc.ufw.test(OPENING))


INPUT: list[dict[str, t.Any]] = [
    {"table": {"family": "ip", "name": "filter"}},
    {
        "chain": {
            "family": "ip",
            "table": "filter",
            "name": "INPUT",
            "hook": "input",
            "prio": 0,
            "type": "filter",
            "policy": "drop",
        }
    },
    {"chain": {"family": "ip", "table": "filter", "name": "ufw-before-input"}},
    {"chain": {"family": "ip", "table": "filter", "name": "ufw-user-input"}},
    {
        "rule": {
            "family": "ip",
            "table": "filter",
            "chain": "INPUT",
            "handle": 9,
            "expr": [{"jump": {"target": "ufw-before-input"}}],
        }
    },
    {
        "rule": {
            "family": "ip",
            "table": "filter",
            "chain": "ufw-before-input",
            "handle": 10,
            "expr": [{"xt": {"type": "match", "name": "multiport"}}, {"accept": None}],
        }
    },
]


def test_who_gets_in_is_exact_by_what_ufw_says() -> None:
    text = file(SSH, tuple_of("deny", "21", "192.0.2.0/24"), OURS)
    asked = [(21, 21), (61000, 61049), (61050, 61050)]
    vague = exposure.exposure(Ruleset(INPUT, whole=True), asked)
    assert any(each.unknown for each in vague if each.family == 4)
    found = exposure.exposure(Ruleset(view.with_rules(INPUT, {4: text}), whole=True), asked)
    by_port = {each.first: each for each in found if each.family == 4}
    assert not any(each.unknown for each in by_port.values())
    assert "192.0.2.0/24" not in by_port[21].accepted
    assert by_port[21].accepted
    assert by_port[61000].accepted == ["0.0.0.0/0"]
    assert by_port[61050].accepted == []


def test_view_counts_only_where_the_kernel_has_as_many_rules() -> None:
    ruleset = Ruleset(INPUT)
    assert view.is_in_force(ruleset, 4, file())
    assert not view.is_in_force(ruleset, 4, file(SSH))
    assert not view.is_in_force(ruleset, 6, file())
