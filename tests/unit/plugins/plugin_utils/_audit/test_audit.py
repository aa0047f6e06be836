# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit says of servers, described from real texts and held against a real plan."""

from __future__ import annotations

import copy
import typing as t

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import advisories, describe
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser, policy, releases
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.lints import findings
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import audit as _audit
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import findings as _audit_findings
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import report as _audit_report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import rows as _audit_rows

Data = t.Dict[str, t.Any]
PORTS = "PassivePorts 50000 50099\nMaxInstances 50\nTimeoutNoTransfer 300\nTimeoutStalled 600\nControlsEngine off\n"
CLASS = "<Class fxp_peers>\nFrom 198.51.100.12\nFrom 198.51.100.112\n</Class>\n"
GOOD = PORTS + CLASS + "AllowForeignAddress fxp_peers\n"
# The oldest release of which nothing is known to be wrong.
SOUND = "1.3.10"


def access(first: int, last: int, family: int, accepted: t.Sequence[str], unknown: t.Sequence[str] = ()) -> Data:
    why = "it depends on a rate" if unknown else ""
    return {"family": family, "first": first, "last": last, "accepted": list(accepted), "unknown": list(unknown), "why": why}


CLIENTS = ["192.0.2.0/24"]
RULES: Data = {
    "evaluated": True,
    "why": None,
    "others": [],
    "own_table": True,
    "ports": [{"first": 21, "last": 21}, {"first": 50000, "last": 50099}],
    "access": [
        access(21, 21, 4, CLIENTS),
        access(50000, 50099, 4, [*CLIENTS, "198.51.100.112/32"]),
        access(21, 21, 6, []),
        access(50000, 50099, 6, []),
    ],
}
RUNNING: Data = {"active": True, "newer": [], "current": True, "pid": 7}


def seen(text: str = GOOD, release: str = SOUND, package: str | None = None, **changes: t.Any) -> Data:
    """What proftpd_info tells of a text."""
    known = releases.parse(release)
    in_force = policy.effective(parser.parse(text), policy.Surroundings(release=known))
    modules = sorted(policy.COMPILED_IN | {line.arguments[0] for line in in_force.modules})
    return {
        "installed": True,
        "release": release,
        "path": "/etc/proftpd/proftpd.conf",
        "managed": True,
        "valid": True,
        "problem": None,
        "servers": describe.describe(in_force),
        "findings": [{**each.as_dict(), "file": "f"} for each in findings.of(in_force)],
        "advisories": advisories.advisories(package, in_force, modules),
        "running": RUNNING,
        "rules": RULES,
        **changes,
    }


def plan(**changes: t.Any) -> Data:
    """A plan for two servers; ``changes`` are to the row of the first."""
    rows: Data = {
        name: {
            "address": address,
            "announced": address,
            "announced_family": 4,
            "families": [4],
            "address4": address,
            "announced4": address,
            "control_port": 21,
            "public_control_port": 21,
            "passive_ports": {"first": 50000, "last": 50099},
            "egress4": [comes_from],
            "class_members": sorted({address, comes_from}),
            "inner_address": None,
            "inner_networks": [],
        }
        for name, address, comes_from in (
            ("ftp1", "198.51.100.11", "198.51.100.11"),
            ("ftp2", "198.51.100.12", "198.51.100.112"),
        )
    }
    return {
        "servers": rows,
        "partners": {},
        "refusing": ["ftp1"] if changes.get("allow_foreign_address") == "off" else [],
        "hosts": {
            "ftp1": {
                "state": "present",
                "allow_foreign_address": "fxp_peers",
                "masquerade_address": None,
                "inner_masquerade_address": None,
                "extra_peers": [],
                "firewall_backend": "auto",
                "clients4": CLIENTS,
                "clients6": [],
                "accounts": [],
                **changes,
            }
        },
    }


Told = t.List[t.Tuple[str, str]]


def codes(look: Data, wanted: Data | None = None, notes: bool = False) -> Told:
    """The code and severity of everything that is told, each as often as it is told."""
    found = _audit.judge("ftp1", look, wanted)
    assert [each.severity for each in found] == sorted((each.severity for each in found), key=_audit_findings.SEVERITIES.index)
    assert not [each for each in found if each.sentence.endswith(".") or each.cure.endswith(".") or not each.cure]
    return [(each.code, each.severity) for each in found if notes or each.severity != _audit_findings.NOTE]


def among(told: Told, *wanted: str) -> Told:
    """What is told of these codes."""
    return sorted(pair for pair in told if pair[0] in wanted)


def test_a_server_as_planned_has_no_holes_and_no_faults() -> None:
    assert codes(seen(), plan()) == []
    assert codes(seen()) == []


@pytest.mark.parametrize(
    ("meant", "runs", "told"),
    [(True, False, True), (True, True, False), (True, None, False), (False, False, False)],
)
def test_a_server_that_runs_corked_although_the_plan_says_otherwise(meant: bool, runs: bool | None, told: bool) -> None:
    look = seen(running={**RUNNING, "uncorked": runs})
    assert among(codes(look, plan(tls_uncork=meant), notes=True), "corked") == [("corked", "note")] * told


def test_a_server_of_another_plan_is_told() -> None:
    def told(kept: str | None, managed: bool = True) -> set[str]:
        look = seen(plan_digest=kept, managed=managed)
        return {each.code for each in _audit.judge("ftp1", look, plan(), "now")} & {"another_plan"}

    assert told("before") == {"another_plan"}
    # What earlier releases left, what is up to date, and what is not ours.
    assert told(None) == told("now") == told("before", managed=False) == set()


def test_a_planned_server_that_speaks_sftp_is_no_ftp_server() -> None:
    text = "LoadModule mod_sftp.c\nSFTPEngine on\n"
    # The passive ports are open for nothing.
    assert codes(seen(text), plan()) == [("sftp_instead_of_ftp", "fault"), ("open_and_unused", "fault")]
    assert among(codes(seen(text), notes=True), "sftp_server") == [("sftp_server", "note")]
    assert codes(seen(text)) == []
    # What depends on an environment that is not known is judged as FTP, and no server is well with it.
    assert codes(seen(GOOD + "LoadModule mod_sftp.c\nSFTPEngine %{env:X}\n"), plan()) == [("value_unknown", "fault")]


def test_sessions_that_have_tls_are_named() -> None:
    text = GOOD + "LoadModule mod_ifsession.c\n<IfClass !local>\nTLSEngine on\nTLSRequired on\n</IfClass>\n"
    (note,) = [each for each in _audit.judge("ftp1", seen(text), None) if each.code == "logins_in_clear"]
    assert "but for what <IfClass !local> says" in note.sentence


def test_nothing_that_is_told_steers_a_terminal() -> None:
    text = PORTS + 'AllowForeignAddress "\x1b[2Jpeers\u202e"\n<Class "\x1b[2Jpeers\u202e">\nFrom all\n</Class>\n'
    (hole,) = [each for each in _audit.judge("ftp1", seen(text), None) if each.severity == _audit_findings.HOLE]
    assert hole.code == "foreign_address_any"
    for told in (hole.sentence, _audit_rows.summary([hole], 1)):
        assert "\\x1b[2Jpeers\\u202e" in told
        assert not {"\x1b", "\u202e"} & set(told)


def test_unknown_parts_hide_no_hole() -> None:
    session = "LoadModule mod_ifsession.c\n<IfUser a>\nAllowForeignAddress %{env:X}\n</IfUser>\n"
    wider = GOOD.replace("From 198.51.100.12\n", "From 198.51.100.12\nFrom 203.0.113.5\n")
    found = codes(seen(wider + session), plan())
    assert found == [("wider_than_said", "hole"), ("foreign_address_unknown", "fault")]
    odd = GOOD.replace("From 198.51.100.12\n", "From 198.51.100.12\nFrom peer.example.com\n")
    assert codes(seen(odd), plan()) == [("wider_than_said", "hole"), ("class_unclear", "fault")]


TLS = "TLSEngine on\nTLSCACertificateFile /etc/proftpd/fxp-tls-ca.pem\nTLSProtocol TLSv1.2\n"


@pytest.mark.parametrize(
    ("text", "release", "wanted"),
    [
        (PORTS, "1.3.8", {"passive_open_unset": "hole"}),
        (PORTS, SOUND, {"foreign_address_left_to_release": "note"}),
        (PORTS, "", {"foreign_address_unknown": "fault"}),
        (PORTS + "AllowForeignAddress nobodies\n", "1.3.8", {"passive_open_undefined_class": "hole"}),
        (PORTS + "AllowForeignAddress nobodies\n", SOUND, {"foreign_address_left_to_release": "note"}),
        (GOOD, "1.3.7a", {"passive_open_release": "hole"}),
        (PORTS + "AllowForeignAddress on\n", SOUND, {"foreign_address_any": "hole"}),
        (PORTS + "AllowForeignAddress p\n<Class p>\nFrom all\n</Class>\n", SOUND, {"foreign_address_any": "hole"}),
        (GOOD + "<VirtualHost 192.0.2.1>\nPassivePorts 1024 2048\n</VirtualHost>\n", "1.3.8", {"passive_open_unset": "hole"}),
        (GOOD + "<Anonymous ~ftp>\n</Anonymous>\n", SOUND, {"anonymous_may_do_fxp": "fault"}),
        (GOOD + "<Anonymous ~ftp>\nAllowForeignAddress on\n</Anonymous>\n", SOUND, {"foreign_address_any": "hole"}),
        (GOOD + "<IfUser a>\nAllowForeignAddress on\n</IfUser>\n", SOUND, {"foreign_address_any": "hole"}),
        (GOOD + TLS + "TLSVerifyServer off\n", SOUND, {"tls_peer_not_verified": "fault", "tls_not_required": "note"}),
        (GOOD + TLS.replace("/etc/proftpd/fxp-tls-ca.pem", "/etc/ssl/certs/all.crt"), SOUND, {"tls_public_authority": "fault"}),
        (GOOD + TLS, SOUND, {"tls_session_reuse": "note"}),
        (GOOD + TLS.replace("TLSProtocol TLSv1.2\n", ""), SOUND, {"tls_1_3": "note"}),
        (GOOD, SOUND, {"logins_in_clear": "note"}),
        ("AllowForeignAddress off\n", SOUND, {"passive_ports_missing": "fault"}),
    ],
)  # fmt: skip
def test_without_a_plan(text: str, release: str, wanted: dict[str, str]) -> None:
    found = codes(seen(text, release), notes=True)
    assert among(found, *wanted) == sorted(wanted.items())


@pytest.mark.parametrize(
    ("look", "wanted"),
    [
        ({}, {"not_looked_at": "fault"}),
        ({"failed": True, "msg": "no"}, {"not_looked_at": "fault"}),
        ({"installed": False}, {"not_installed": "fault"}),
        (seen(managed=False), {"configuration_not_ours": "fault"}),
        (seen(valid=False, problem="proftpd -t refuses it."), {"configuration_invalid": "fault"}),
        (seen(valid=None, problem="Permission denied.", servers=[]), {"configuration_unreadable": "fault"}),
        (seen(running={**RUNNING, "newer": ["/etc/a"], "current": False}), {"not_in_force": "fault"}),
        (seen(running={**RUNNING, "active": False}), {"not_running": "note"}),
        (seen(rules={**RULES, "evaluated": False, "why": "nft is not installed."}), {"rules_not_read": "fault"}),
        (seen(rules={**RULES, "others": ["ufw"]}), {"other_firewall": "note"}),
        (seen(rules={**RULES, "unkept": ["/etc/iptables/rules.v4"]}), {"rules_not_kept": "note"}),
        (seen(rules={**RULES, "own_table": False}), {"rules_not_loaded": "hole"}),
        (seen("Port 2121\n" + GOOD), {"control_port_differs": "fault"}),
        (seen(GOOD.replace("50099", "50098")), {"passive_ports_differ": "fault"}),
        (seen(GOOD + "<IfUser a>\nPassivePorts 2000 2010\n</IfUser>\n"), {"passive_ports_differ": "fault"}),
        (seen(GOOD + "MasqueradeAddress 203.0.113.1\n"), {"masquerade_differs": "fault"}),
        (seen(GOOD.replace("From 198.51.100.12\n", "From 198.51.100.12\nFrom 203.0.113.7\n")), {"wider_than_said": "hole"}),
        (seen(GOOD.replace("198.51.100.12\n", "198.51.100.0/24\n", 1)), {"wider_than_said": "hole"}),
        (seen(GOOD.replace("From 198.51.100.12\n", "From .example.com\n")), {"wider_than_said": "hole"}),
        (seen(GOOD.replace("From 198.51.100.12\n", "")), {"peer_missing": "fault"}),
        (seen(PORTS + "AllowForeignAddress off\n"), {"foreign_address_refused": "fault"}),
        (seen(GOOD + "<VirtualHost 192.0.2.1>\nPort 2121\nAllowForeignAddress off\nPassivePorts 3000 4000\n</VirtualHost>\n"),
         {"server_not_planned": "fault"}),
    ],
)  # fmt: skip
def test_against_the_plan(look: Data, wanted: dict[str, str]) -> None:
    found = codes(look, plan(), notes=True)
    assert among(found, *wanted) == sorted(wanted.items())


def test_what_is_wrong_with_the_release_is_told_where_it_applies() -> None:
    def told(look: Data) -> dict[str, str]:
        return {e.sentence.split(":")[0]: e.severity for e in _audit.judge("ftp1", look, None) if e.code == "advisory"}

    old = told(seen(PORTS + "AllowForeignAddress off\n", "1.3.6"))
    assert (old["CVE-2020-9273"], old["issue-2286"]) == ("hole", "note")
    assert "sscn-unusable" not in old
    look = seen(PORTS + "AllowForeignAddress off\n", "1.3.9b")
    assert [row.verdict for row in _audit_rows.rows("ftp1", look, _audit.judge("ftp1", look, None))] == ["outdated"]
    closed = seen(rules={**RULES, "access": [access(21, 21, 4, [])]})
    assert [row.verdict for row in _audit_rows.rows("ftp1", closed, _audit.judge("ftp1", closed, plan()))] == ["fault"]
    assert told(seen("LoadModule mod_tls.c\n" + GOOD, "1.3.6"))["sscn-unusable"] == "fault"
    # What the configuration shows is told as such, and a package that may be mended makes it a note.
    assert "issue-2272" not in told(seen(PORTS, "1.3.8"))
    unsure = seen(GOOD, "1.3.6")
    assert set(told({**unsure, "advisories": [{**e, "certain": False} for e in unsure["advisories"]]}).values()) == {"note"}


def ruled(*replaced: Data) -> Data:
    rules = copy.deepcopy(RULES)
    keys = {(each["family"], each["first"]) for each in replaced}
    rules["access"] = [each for each in rules["access"] if (each["family"], each["first"]) not in keys] + list(replaced)
    return seen(rules=rules)


@pytest.mark.parametrize(("families", "found"), [([4], []), ([4, 6], [("neighbours_dropped", "fault")])])
def test_neighbour_discovery_is_needed_where_ipv6_is_planned(families: list[int], found: list[tuple[str, str]]) -> None:
    planned = plan()
    for row in planned["servers"].values():
        row.update(families=families, address6="2001:db8::11", announced6="2001:db8::11", egress6=[])
    look = seen(rules={**RULES, "no_neighbours": "inet filter input"})
    assert among(codes(look, planned), "neighbours_dropped") == found


@pytest.mark.parametrize(
    ("look", "wanted"),
    [
        (ruled(access(21, 21, 4, ["0.0.0.0/0"])), {"control_wider_than_said": "hole"}),
        (ruled(access(21, 21, 6, ["::/0"])), {"control_wider_than_said": "hole"}),
        (ruled(access(21, 21, 4, [])), {"control_closed": "fault"}),
        (ruled(access(50000, 50099, 4, ["0.0.0.0/0"])), {"passive_wider_than_said": "hole"}),
        (ruled(access(50000, 50099, 4, CLIENTS)), {"passive_closed": "fault"}),
        (ruled(access(50000, 50099, 4, ["198.51.100.112"])), {"passive_closed": "fault"}),
        (ruled(access(50000, 50009, 4, ["203.0.113.7"]), access(50010, 50099, 4, CLIENTS)), {"passive_wider_than_said": "hole"}),
        (ruled(access(21, 21, 4, [], ["0.0.0.0/0"])), {"rules_unclear": "note"}),
        (ruled(access(21, 21, 4, CLIENTS, ["203.0.113.0/24"])), {"rules_unclear": "note"}),
        (seen("Port 2121\n" + GOOD), {"open_and_unused": "fault"}),
        (seen(GOOD.replace("50000", "50050")), {"passive_ports_differ": "fault"}),
    ],
)
def test_the_rules_against_the_plan(look: Data, wanted: dict[str, str]) -> None:
    found = codes(look, plan(), notes=True)
    assert among(found, *wanted) == sorted(wanted.items())
    # Where somebody else opens the ports, nothing is said of ours.
    alone = codes(look, plan(firewall_backend="none"), notes=True)
    assert not [
        code
        for code, _severity in alone
        if code.startswith(("control_", "passive_wider", "passive_closed", "rules_")) and code != "control_port_differs"
    ]


def test_what_is_doubtful_is_neither_open_nor_closed() -> None:
    found = codes(ruled(access(21, 21, 4, [], CLIENTS)), plan(), notes=True)
    assert among(found, "control_closed", "rules_unclear") == [("rules_unclear", "note")]
    (said,) = [
        each.sentence
        for each in _audit.judge("ftp1", ruled(access(21, 21, 4, [], CLIENTS)), plan())
        if each.code == "rules_unclear"
    ]
    assert said == "whether the firewall lets 192.0.2.0/24 in at port 21 cannot be told: it depends on a rate"


def test_a_plan_that_says_off_or_any() -> None:
    off, on = plan(allow_foreign_address="off"), plan(allow_foreign_address="on")
    assert codes(seen(rules=None), off) == [("wider_than_said", "hole")]
    assert codes(seen(PORTS + "AllowForeignAddress off\n", rules=None), off) == []
    anybody = seen(PORTS + "AllowForeignAddress on\n", rules=None)
    assert codes(anybody, off) == [("foreign_address_any", "hole")]
    assert among(codes(anybody, on, notes=True), "foreign_address_any") == [("foreign_address_any", "note")]


@pytest.mark.parametrize(
    ("meant", "accepted", "severity", "cure"),
    [
        ("fxp_peers", False, "hole", "or fxp_accept_open_passive: true if that is meant"),
        ("fxp_peers", True, "note", "move the host to a release of its distribution that has ProFTPD 1.3.8 or later (Debian 12)"),
        # It is about peers, whom this plan does not mean.
        ("off", True, "hole", "or say AllowForeignAddress off"),
    ],
)  # fmt: skip
def test_a_release_on_which_no_class_helps(meant: str, accepted: bool, severity: str, cure: str) -> None:
    other = f"<VirtualHost 192.0.2.1>\nPort 2121\n{PORTS}AllowForeignAddress fxp_peers\n</VirtualHost>\n"
    wanted = plan(allow_foreign_address=meant, accept_open_passive=accepted)
    found = [each for each in _audit.judge("ftp1", seen(GOOD + other, "1.3.7a"), wanted) if each.code == "passive_open_release"]
    by_server = {each.server: each for each in found}
    assert (by_server["main"].severity, by_server["main"].cure[-len(cure) :]) == (severity, cure)
    # Of a server that nobody planned nothing was said.
    assert by_server["192.0.2.1"].severity == "hole"
    assert not [each for each in _audit.judge("ftp1", seen(GOOD, "1.3.8"), wanted) if each.code == "passive_open_release"]


ACCOUNTS = [{"name": "mirror", "fxp": False}, {"name": "check", "fxp": True}]


@pytest.mark.parametrize(
    ("where", "wider"),
    [("IfUser check", False), ("IfUser mirror", True), ("IfUser check,mirror", True), ("IfUser stranger", True), (None, True)],
)
def test_accounts_that_may_do_fxp(where: str | None, wider: bool) -> None:
    said = "AllowForeignAddress fxp_peers\n"
    text = PORTS + CLASS + (f"AllowForeignAddress off\n<{where}>\n{said}</IfUser>\n" if where else said)
    found = codes(seen(text), plan(accounts=ACCOUNTS))
    assert found == ([("account_wider_than_said", "hole")] if wider else [])


@pytest.mark.parametrize(
    ("text", "meant", "wanted"),
    [
        ("", "required", "tls_weaker_than_said"),
        (TLS, "required", "tls_weaker_than_said"),
        (TLS + "TLSRequired ctrl\n", "required", "tls_weaker_than_said"),
        (TLS + "TLSRequired on\n", "required", None),
        (TLS + "TLSRequired ctrl\n", "control", None),
        ("", "control", "tls_weaker_than_said"),
        ("", "none", None),
        (TLS, "none", "tls_stronger_than_said"),
    ],
)
def test_tls_against_the_plan(text: str, meant: str, wanted: str | None) -> None:
    found = codes(seen(GOOD + text), plan(tls=meant), notes=True)
    assert [code for code, _severity in found if code.startswith(("tls_weaker", "tls_stronger"))] == ([wanted] if wanted else [])
    # Of logins in the clear only one is told.
    clear = among(found, "tls_weaker_than_said", "logins_in_clear", "tls_not_required", "tls_not_switched_on")
    assert len(clear) == (0 if "TLSRequired on" in text or ("ctrl" in text and meant == "control") else 1)


ON = "AllowForeignAddress on\n"
TWO_SERVERS = f"<Global>\n{ON}</Global>\n<VirtualHost 192.0.2.2>\nPassivePorts 3000 4000\n</VirtualHost>\n"


@pytest.mark.parametrize(
    ("text", "release", "wanted"),
    [
        (PORTS, "1.3.8", ["passive_open_unset"]),
        (PORTS + "AllowForeignAddress enabled\n", "1.3.8", ["passive_open_undefined_class"]),
        (PORTS + "AllowForeignAddress enabled\n", SOUND, ["foreign_address_look_alike"]),
        (PORTS + "AllowForeignAddress p\n<Class p>\n</Class>\n", "1.3.8", ["passive_open_undefined_class"]),
        (PORTS + "<IfUser a>\nAllowForeignAddress off\n</IfUser>\n", "1.3.8", ["passive_open_unset"]),
        (PORTS + "<Anonymous ~ftp>\n</Anonymous>\n", "1.3.8", ["passive_open_unset"]),
        (PORTS + ON + "<Anonymous ~ftp>\n</Anonymous>\n", SOUND, ["foreign_address_any", "anonymous_may_do_fxp"]),
        (PORTS + TWO_SERVERS, SOUND, ["foreign_address_any", "foreign_address_any"]),
        (PORTS + TWO_SERVERS.replace("3000", "2000 3000\nAllowForeignAddress off\n#"), SOUND, ["foreign_address_any"]),
        (PORTS + TWO_SERVERS.replace("3000", "2000 3000\nAllowForeignAddress off\n#") + "AllowForeignAddress off\n", SOUND, []),
        (GOOD, "1.3.7a", ["passive_open_release"]),
        (GOOD, "", ["foreign_address_unknown"]),
        (GOOD.replace("198.51.100.12\n", "%{env:X}\n", 1), SOUND, ["class_unclear"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_foreign_addresses_is_told_once(text: str, release: str, wanted: list[str]) -> None:
    found = codes(seen(text, release), notes=True)
    about = ("passive_open", "foreign_address", "class_", "anonymous_")
    assert [code for code, _severity in found if code.startswith(about)] == wanted


SECURE = "TLSEngine on\nTLSECCertificateFile /c.pem\nTLSProtocol TLSv1.2\nTLSTimeoutHandshake 30\n"
CA = "TLSCACertificateFile /etc/proftpd/fxp-tls-ca.pem\n"
REUSE = "TLSOptions NoSessionReuseRequired\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ["logins_in_clear"]),
        ("TLSRequired on\n", ["tls_not_switched_on"]),
        (SECURE + CA + REUSE, ["tls_not_required"]),
        (SECURE + CA + REUSE + "TLSRequired on\nTLSVerifyServer off\n", ["tls_peer_not_verified"]),
        (SECURE + CA + "TLSRequired on\n", ["tls_session_reuse"]),
        (SECURE + CA + "TLSRequired on\nTLSSessionCache off\n", []),
        (SECURE + REUSE + "TLSRequired on\nTLSCACertificatePath /etc/ssl/certs\n", ["tls_public_authority"]),
        (SECURE.replace("TLSv1.2", "ALL -SSLv3 -TLSv1 -TLSv1.1") + CA + REUSE + "TLSRequired on\n", ["tls_1_3"]),
        (SECURE.replace("on", "%{env:X}", 1), []),
    ],
)
def test_what_is_wrong_with_tls_is_told_once(text: str, wanted: list[str]) -> None:
    found = codes(seen(GOOD + text), notes=True)
    assert [code for code, _severity in found if code.startswith(("tls_", "logins_"))] == wanted


def test_what_global_says_counts_for_every_server() -> None:
    look = seen(GOOD + "<Global>\nAllowOverwrite on\n</Global>\n<Global>\nAllowOverwrite off\n</Global>\n")
    found = [each for each in _audit.judge("ftp1", look, None) if each.code == "directive_repeated"]
    assert [(each.server, each.severity) for each in found] == [("global", "note")]
    worse = [_audit_findings.Finding("code", "fault", "ftp1", "global", "a", "c")]
    assert [row.verdict for row in _audit_rows.rows("ftp1", look, worse)] == ["fault"]


def test_tls_by_addresses_is_held_against_the_plan_and_shown() -> None:
    secure = SECURE + CA + REUSE
    section = "LoadModule mod_ifsession.c\n<IfClass lan>\nTLSRequired off\n</IfClass>\n"
    look = seen(GOOD + secure + "TLSRequired on\n" + section)
    assert codes(look, plan(tls="required")) == [("tls_weaker_than_said", "hole")]
    (hole,) = [each for each in _audit.judge("ftp1", look, plan(tls="required")) if each.severity == "hole"]
    assert hole.sentence.startswith("in <IfClass lan> TLSRequired is off, so clients may log in in clear")
    assert [row.tls for row in _audit_rows.rows("ftp1", look, [])] == ["required; optional for IfClass lan"]
    # What is said for an account comes too late to make a login weaker.
    assert (
        codes(
            seen(GOOD + secure + "TLSRequired on\n" + section.replace("Class lan", "User a").replace("/IfClass", "/IfUser")),
            plan(tls="required"),
        )
        == []
    )


def test_servers_that_are_to_be_absent() -> None:
    absent = {"servers": {}, "hosts": {"ftp1": {"state": "absent"}}}
    assert codes(seen(), absent) == [("serves_although_absent", "hole"), ("rules_although_absent", "fault")]
    stopped = codes(seen(running={**RUNNING, "active": False}), absent)
    assert stopped == [("serves_although_absent", "fault"), ("rules_although_absent", "fault")]
    assert codes(seen(PORTS, "1.3.8", managed=False, rules={**RULES, "own_table": False}), absent) == []
    assert codes({"installed": False}, absent) == []


def test_the_table_has_a_line_for_every_server() -> None:
    look = seen(
        GOOD + TLS + "TLSRequired on\n<VirtualHost 192.0.2.1>\nPort 0\n</VirtualHost>\n<VirtualHost 192.0.2.2>\n</VirtualHost>\n"
        "<IfUser a>\nAllowForeignAddress on\n</IfUser>\n",
        "1.3.8",
    )
    found = _audit.judge("ftp1", look, None)
    looks = {"ftp1": look, "ftp2": {}, "ftp3": {"installed": False}}
    rows = [row for host in looks for row in _audit_rows.rows(host, looks[host], found if host == "ftp1" else [])]
    assert [(row.server, row.partners, row.passive_ports, row.tls) for row in rows] == [
        ("main:21", "fxp_peers (2 addresses); anybody for IfUser a", "50000-50099", "required"),
        ("192.0.2.2:21", "anybody (passive)", "any", "none"),
        ("not looked at", "-", "-", "-"),
        ("not installed", "-", "-", "-"),
    ]
    assert [row.verdict for row in rows] == ["hole", "hole", "ok", "ok"]
    lines = list(_audit_report.table(rows))
    assert lines[0] == (
        "host  server         does FXP with                                  passive ports  TLS       verdict",
        "heading",
    )
    assert [part for _text, part in lines] == ["heading", "bad", "bad", "good", "good"]


def test_findings_are_printed_once_for_all_hosts_and_cannot_steer_a_terminal() -> None:
    shared = [
        _audit_findings.Finding("code", severity, host, "main", "a \x1b[2J b", "c")
        for host in ("ftp1", "ftp2")
        for severity in ("hole", "note")
    ]
    assert list(_audit_report.findings(shared, notes=False)) == [
        ("HOLE   ftp1, ftp2: a \\x1b[2J b [code]", "bad"),
        ("       Cure: c", "bad"),
    ]
    assert len(list(_audit_report.findings(shared, notes=True))) == 4


def test_the_summary_names_the_first_hole() -> None:
    hole = _audit_findings.Finding("code", "hole", "ftp1", "main", "it is open", "close it")
    assert _audit_rows.summary([hole], 2) == "1 hole on 2 hosts, first ftp1: it is open. Cure: close it."
    assert _audit_rows.summary([], 1) == "No holes on 1 host; 0 faults, 0 notes."


LINES = st.lists(st.sampled_from([
    "AllowForeignAddress on", "AllowForeignAddress fxp_peers", "AllowForeignAddress off", "<Class fxp_peers>\nFrom "
    "x\n</Class>", "Port 0",
    "PassivePorts 1 2", "TLSEngine on", "TLSRequired !data", "<IfUser a>\nAllowForeignAddress x\n</IfUser>",
    "MasqueradeAddress x",
    "<Anonymous ~>\nPassivePorts 3 4\n</Anonymous>", "<VirtualHost x y>\n</VirtualHost>", "<Class fxp_peers>\nFrom "
    "::1/0,!a\n</Class>",
]), max_size=8).map("\n".join)  # fmt: skip


@hypothesis.given(LINES, st.sampled_from(["1.3.5", "1.3.7a", "1.3.8", SOUND, ""]), st.sampled_from(["fxp_peers", "off", "on"]))
def test_anything_is_judged(text: str, release: str, meant: str) -> None:
    look = seen(text, release)
    found = _audit.judge("ftp1", look, plan(allow_foreign_address=meant, accounts=ACCOUNTS, tls="required"))
    rows = _audit_rows.rows("ftp1", look, found)
    assert list(_audit_report.table(rows))
    assert all(isinstance(line, str) for line, _part in _audit_report.findings(found, notes=True))
    # What the matrix of releases calls open is a hole, whatever else there is.
    if (
        any(server["listens"] and server["allow_foreign_address"]["passive"] == "anybody" for server in look["servers"])
        and meant != "on"
    ):
        assert any(each.severity == _audit_findings.HOLE for each in found)
