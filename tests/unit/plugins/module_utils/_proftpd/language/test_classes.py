# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which addresses a class holds; the real server is asked in tests/integration/test_audit_classes.py."""

from __future__ import annotations

import fnmatch
import ipaddress
import time

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils import _spans
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import classes, globs, parser, policy
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _networks

EVERYBODY4, EVERYBODY6 = "everybody (IPv4)", "everybody (IPv6)"
BOTH = f"{EVERYBODY4}, {EVERYBODY6}"


@pytest.mark.parametrize(
    ("text", "sure", "may"),
    [
        ("all", BOTH, BOTH),
        ("NONE", "", ""),
        ("192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("!192.0.2.1", f"everybody else (IPv4), {EVERYBODY6}", f"everybody else (IPv4), {EVERYBODY6}"),
        ("10.0.0.0/0", EVERYBODY4, EVERYBODY4),
        ("0/0", EVERYBODY4, EVERYBODY4),
        ("192.0.2.1/", EVERYBODY4, EVERYBODY4),
        ("!::/0", EVERYBODY4, EVERYBODY4),
        ("192.0.2.99/24", "192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.1/33", "", BOTH),
        ("10.1", "10.0.0.1", "10.0.0.1"),
        ("10.1.", "10.1.0.0/16", "10.1.0.0/16"),
        ("10.1.2.*", "10.1.2.0/24", "10.1.2.0/24"),
        ("*", BOTH, BOTH),
        ("*.*.*.*", EVERYBODY4, BOTH),
        ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1/120", "", f"192.0.2.1, {ipaddress.ip_network('::ffff:c000:200/120')}"),
        ("peer.example.com", "", BOTH),
        ("peer", "", BOTH),
        ("%{env:PEERS}", "", BOTH),
        ("!%{env:PEERS}", "", BOTH),
        ("2001:db8::/32", "2001:db8::/32", "2001:db8::/32"),
        ("fe80::1%eth0", "", BOTH),
    ],
)
def test_rules(text: str, sure: str, may: str) -> None:
    held = classes.rule(text, ipv6=True, reverse=True)
    assert (_networks.told(held.sure), _networks.told(held.may)) == (sure, may)


@pytest.mark.parametrize(
    ("rules", "everybody", "wide"),
    [
        ("From 0.0.0.0/1,128.0.0.0/1\n", True, True),
        ("From 0.0.0.0/2,64.0.0.0/2\n", True, True),
        ("From !10.0.0.0/8\n", True, True),
        ("From !peer.example.com\n", True, True),
        ("From !.example.com\n", True, True),
        ("From !%{env:PEERS}\n", False, False),
        ("From 2000::/4 3000::/4\n", True, True),
        ("From !192.0.2.1\nFrom !192.0.2.2\nSatisfy all\n", True, True),
        ("From !192.0.2.1\nFrom 192.0.2.0/24\nSatisfy all\n", False, False),
        ("From !10.0.0.0/8\nFrom none\nSatisfy all\n", False, False),
        ("From 1*\n", False, True),
        ("From 10.0.0.0/8 172.16.0.0/12 127.0.0.0/8 fd00::/8\n", False, False),
        ("From 44.0.0.0/9\n", False, False),
        ("From 44.0.0.0/7\n", False, True),
        ("From 2400::/12\n", False, True),
        ("From peer.example.com\n", False, False),
    ],
)
def test_classes_of_everybody(rules: str, everybody: bool, wide: bool) -> None:
    in_force = policy.effective(parser.parse(f"<Class peers>\n{rules}</Class>\n"))
    held = classes.of(in_force, "peers").held
    assert (held.is_everybody, held.is_wide) == (everybody, wide)


@pytest.mark.parametrize(
    ("before", "sure", "may"),
    [
        ("UseIPv6 on\n", EVERYBODY4, BOTH),
        ("UseIPv6 off\n", "", BOTH),
        ("UseIPv6 off\nUseReverseDNS off\n", "", ""),
        ("UseIPv6 %{env:X}\nUseReverseDNS off\n", "", BOTH),
    ],
)
def test_patterns_without_a_dot_depend_on_what_stands_before(before: str, sure: str, may: str) -> None:
    in_force = policy.effective(parser.parse(f"{before}<Class peers>\nFrom ?*\n</Class>\nUseIPv6 on\n"))
    made = classes.of(in_force, "peers")
    assert (_networks.told(made.held.sure), _networks.told(made.held.may)) == (sure, may)


def test_what_is_not_clear_is_named() -> None:
    in_force = policy.effective(parser.parse("<Class peers>\nFrom 192.0.2.1 peer.example.com\n</Class>\n"))
    assert classes.of(in_force, "peers").unclear == ("peer.example.com",)
    certain = policy.effective(parser.parse("<Class peers>\nFrom peer.example.com *\n</Class>\n"))
    assert classes.of(certain, "peers").unclear == ()


def test_thousands_of_rules_take_little_time() -> None:
    rules = "".join(f"From 10.{number // 250}.{number % 250}.1\n" for number in range(20_000))
    in_force = policy.effective(parser.parse(f"<Class peers>\n{rules}</Class>\n"))
    started = time.process_time()
    assert _spans.size(classes.of(in_force, "peers").held.sure) == 20_000
    for pattern in ("*1*2*3*4*", "?*?*?*?*?*", "*.*.*.*.*.*", "[0-9]*[!5]*[02468]"):
        globs.takes(pattern)
    assert time.process_time() - started < 10


PATTERN = st.lists(st.sampled_from(["*", "?", ".", "1", "2", "0", "25", "[12]", "[!1]", "[0-4]", "10.", "127.0.0."]), max_size=8)


@hypothesis.settings(deadline=5000)
@hypothesis.given(PATTERN.map("".join), st.ip_addresses(v=4))
def test_patterns_take_what_they_match(pattern: str, address: ipaddress.IPv4Address) -> None:
    sure, may = globs.takes(pattern)
    ends = [ipaddress.IPv4Address(number) for family, *both in sure[:20] for number in both if family == 4]
    for each in [address, *ends]:
        spans = _networks.spans([str(each)])
        matches = fnmatch.fnmatchcase(str(each), pattern)
        assert matches or not _spans.common(spans, sure)
        assert not matches or _spans.common(spans, may)
