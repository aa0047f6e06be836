# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Whatever rules of iptables operators write, in either variant, who gets in is told as the kernel has it.

The rules are put together from what iptables-extensions(8), the guides of distributions and fail2ban's actions show.
"""

from __future__ import annotations

import collections
import os
import typing as t

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import exposure, interfaces
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.program import Xtables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.view import everything
from ansible_collections.proftpd.fxp.tests.integration.network import run
from ansible_collections.proftpd.fxp.tests.integration.one_wire import (
    BLOCKED,
    CLIENT,
    CONTROL,
    OTHER,
    PASSIVE,
    PEER,
    STRANGER,
    Lab,
    Within,
    answers_to,
)

EXAMPLES = 500 if os.environ.get("FXP_LONG") else 30
MOST_UNKNOWN = 0.15  # of all answers: what xtables' own matches and targets do is not guessed
DIALS = [(source, port) for source in (PEER, STRANGER) for port in (CONTROL, PASSIVE, OTHER)]

HOST = st.sampled_from([CLIENT, PEER, PEER, BLOCKED, STRANGER, STRANGER, "203.0.113.9", "198.51.100.64/26", "10.0.0.0/8"])
PORT = st.sampled_from([str(port) for port in (22, 80, *[CONTROL, PASSIVE, OTHER] * 2)])
PORTS = st.sampled_from([f"22,80,{CONTROL}", "50000:50099", f"{CONTROL},50000:50099", "1024:65535"])
FROM = st.one_of(
    st.just(""), HOST.map("-s {}".format), HOST.map("! -s {}".format), st.sampled_from(["-i eth0", "! -i lo", "-i lo"])
)
TO = st.one_of(
    st.just("-p tcp"),
    PORT.map("-p tcp -m tcp --dport {}".format),
    PORT.map("-p tcp -m tcp ! --dport {}".format),
    PORTS.map("-p tcp -m multiport --dports {}".format),
    st.sampled_from(["", "-p udp -m udp --dport 53", "-p icmp", "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN"]),
)
STATE = st.sampled_from(
    [
        "",
        "",
        "",
        "-m conntrack --ctstate NEW",
        "-m state --state NEW",
        "-m conntrack --ctstate INVALID",
        "-m comment --comment said",
    ]
)
VERDICT = st.sampled_from(
    [
        *["-j ACCEPT"] * 5,
        *["-j DROP"] * 3,
        "-j REJECT --reject-with icmp-port-unreachable",
        "-j RETURN",
        "-j LOG --log-prefix denied",
        "",
        "-m limit --limit 5/min -j ACCEPT",
        "-m recent --name seen --rcheck -j DROP",
    ]
)
FIRST = st.sampled_from(
    [
        "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT",
        "-A INPUT -i lo -j ACCEPT",
    ]
)


@st.composite
def rule(draw: st.DrawFn, chain: str, further: t.Sequence[str]) -> str:
    """One rule of a chain, which may lead to further ones."""
    verdict = (
        draw(st.sampled_from([f"-{kind} {name}" for name in further for kind in "jg"]))
        if further and draw(st.integers(0, 4)) == 0
        else draw(VERDICT)
    )
    return " ".join(part for part in (f"-A {chain}", draw(FROM), draw(TO), draw(STATE), verdict) if part)


@st.composite
def rulesets(draw: st.DrawFn) -> str:
    """The table filter, as iptables-restore(8) reads it."""
    lines = [
        "*filter",
        f":INPUT {draw(st.sampled_from(['DROP', 'ACCEPT']))} [0:0]",
        ":FORWARD DROP [0:0]",
        ":OUTPUT ACCEPT [0:0]",
    ]
    lines += [":first - [0:0]", ":second - [0:0]"]
    lines += draw(st.lists(FIRST, max_size=2))
    lines += draw(st.lists(rule("second", ()), max_size=3))
    lines += draw(st.lists(rule("first", ("second",)), max_size=4))
    lines += draw(st.lists(rule("INPUT", ("first", "second")), min_size=1, max_size=6))
    return "\n".join([*lines, "COMMIT", ""])


class Server(Lab):
    """The lab of one wire, with rules of iptables on the server."""

    def load(self, variant: str, rules: str) -> None:
        self.nft.run("flush ruleset\n")
        prefix = ("ip", "netns", "exec", self.server)
        run(*prefix, "iptables-legacy-restore", text="*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n")
        run(*prefix, f"iptables-{variant}-restore", text=rules)


@pytest.fixture(scope="module")
def server() -> t.Iterator[Server]:
    made = Server()
    try:
        yield made
    finally:
        made.remove()


def told(server: Server) -> dict[tuple[str, int], str]:
    """Who gets in by the rules in force, before anybody tries."""
    view = everything(server.nft.everything(), Xtables(["ip", "netns", "exec", server.server]))
    host = exposure.Host(*interfaces.all_here(Within(server.server)))
    found = exposure.exposure(view, sorted((port, port) for port in {port for _source, port in DIALS}), host)
    return answers_to(DIALS, found)


@pytest.mark.parametrize("variant", ["nft", "legacy"])
def test_who_gets_in_is_told_as_the_kernel_has_it(server: Server, variant: str) -> None:
    count: collections.Counter[str] = collections.Counter()

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize="FXP_LONG" not in os.environ,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(rulesets())
    def examine(rules: str) -> None:
        server.load(variant, rules)
        answers = told(server)
        really = server.all_get_in({dial: answer == exposure.ACCEPT for dial, answer in answers.items()})
        count.update(answers.values())
        known = {dial: answer == exposure.ACCEPT for dial, answer in answers.items() if answer != exposure.UNKNOWN}
        assert known == {dial: really[dial] for dial in known}, rules

    examine()
    assert count[exposure.ACCEPT] > EXAMPLES / 2
    assert count[exposure.UNKNOWN] <= MOST_UNKNOWN * sum(count.values()), count
