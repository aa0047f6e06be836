# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Rules of operators, ours put beside them by the code of the module, and packets.

Whom the operator denies stays out, and whom the plan allows gets in, or it is told that he does not.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
import socket
import subprocess
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import interfaces, nftables
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.detect import Commands
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import with_interfaces
from ansible_collections.proftpd.fxp.tests.integration.network import run

SERVER = "198.51.100.11"
CLIENT, PEER, BLOCKED, STRANGER = "198.51.100.1", "198.51.100.12", "198.51.100.66", "198.51.100.99"
CONTROL, PASSIVE, OTHER = 2121, 50050, 8080
TEXT = f"""
define control_port = {CONTROL}
define passive_ports = 50000-50099
define incoming = {{ $control_port, $passive_ports }}
define addresses = {{ {SERVER} }}
define outgoing4 = {{
    {PEER} . 50000-50099, # peer
}}
table inet proftpd_fxp
delete table inet proftpd_fxp
table inet proftpd_fxp {{
    chain input {{
        type filter hook input priority filter; policy accept;
        tcp dport $incoming jump ftp
    }}
    chain ftp {{
        ct state established,related accept
        ip saddr {{ {CLIENT}, {BLOCKED} }} accept
        tcp dport $passive_ports ip saddr {PEER} accept
        drop
    }}
}}
"""
BASE = "ct state established,related accept; iif lo accept;"
LOG = 'limit rate 5/minute log prefix "denied ";'
BLOCK = f"ip saddr {BLOCKED} drop;"


class Lab:
    """A server and, in another namespace, everybody else; all of eth0's far ends have one address each."""

    def __init__(self) -> None:
        self.server, self.outside = (f"fxpop{os.getpid()}{name}" for name in "so")
        for name in (self.server, self.outside):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", self.server, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", self.outside)
        for name, addresses in ((self.server, (SERVER,)), (self.outside, (CLIENT, PEER, BLOCKED, STRANGER))):
            for address in addresses:
                run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "eth0")
            run("ip", "-n", name, "link", "set", "eth0", "up")
        self.nft = nftables.Nft(["ip", "netns", "exec", self.server])
        self.sockets: list[socket.socket] = []
        for port in (CONTROL, PASSIVE, OTHER):
            self.sockets.append(self._within(self.server, lambda: socket.create_server((SERVER, port))))  # noqa: B023
        self.sockets.append(self._within(self.outside, lambda: socket.create_server((PEER, PASSIVE))))

    def remove(self) -> None:
        for each in self.sockets:
            each.close()
        for name in (self.server, self.outside):
            with contextlib.suppress(RuntimeError):
                run("ip", "netns", "delete", name)

    @staticmethod
    def _within(name: str, make: t.Callable[[], socket.socket]) -> socket.socket:
        """A socket stays in the namespace that it was made in."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{name}") as there:
            libc.setns(there.fileno(), 0)
            try:
                return make()
            finally:
                libc.setns(home.fileno(), 0)

    def text(self) -> str:
        found = interfaces.find(nftables.read_defines(TEXT).addresses, Within(self.server))
        return with_interfaces(TEXT, *found)

    def gets_in(self, source: str, port: int) -> bool:
        return self._connects(self.outside, source, SERVER, port)

    def gets_out(self) -> bool:
        return self._connects(self.server, SERVER, PEER, PASSIVE)

    def _connects(self, name: str, source: str, address: str, port: int) -> bool:
        def dial() -> socket.socket:
            return socket.socket()

        with self._within(name, dial) as dialled:
            dialled.settimeout(0.4)
            dialled.bind((source, 0))
            with contextlib.suppress(OSError):
                dialled.connect((address, port))
                return True
        return False


class Within(Commands):
    def __init__(self, name: str) -> None:
        self.name = name

    def output(self, *command: str) -> str:
        return run("ip", "netns", "exec", self.name, *command)


@pytest.fixture(scope="module")
def whole_lab() -> t.Iterator[Lab]:
    made = Lab()
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture
def lab(whole_lab: Lab) -> Lab:
    whole_lab.nft.run("flush ruleset\n")
    return whole_lab


def chain(rules: str, more: str = "", policy: str = "drop", hook: str = "input") -> str:
    return f"table inet filter {{\n{more}\nchain {hook} {{ type filter hook {hook} priority 0; policy {policy}; {rules} }}\n}}\n"


OPENED = {
    "loopback spoof, then a block list": chain(
        "ct state established,related accept; iif != lo ip daddr 127.0.0.0/8 drop; iif lo accept; ip saddr @bl drop;",
        f"set bl {{ type ipv4_addr; flags interval; elements = {{ {BLOCKED} }}; }}",
    ),
    "kinds of packets": chain(
        "ct state vmap { established : accept, related : accept, invalid : drop }; iif lo accept; "
        f"meta pkttype {{ broadcast, multicast }} drop; {BLOCK}"
    ),
    "another interface": chain(f'{BASE} iifname "eth1" drop; {BLOCK} tcp dport 22 accept;'),
    "addresses of groups": chain(f"{BASE} ip daddr 224.0.0.0/4 drop; ip daddr 255.255.255.255 drop; {BLOCK}"),
    "a hardware address": chain(f"{BASE} ether saddr 02:00:00:00:00:66 drop; {BLOCK}"),
    "options of TCP": chain(f"{BASE} tcp option maxseg size 1-500 drop; {BLOCK}"),
    "time to live": chain(f"{BASE} ip ttl < 5 drop; {BLOCK}"),
    "port 0": chain(f"{BASE} tcp sport 0 drop; {BLOCK}"),
    "some bits of a mark": chain(f"{BASE} meta mark & 0xff == 1 drop; {BLOCK}"),
    "hours": chain(f'{BASE} meta hour "00:00"-"00:01" drop; {BLOCK}'),
    "fragments": chain(f"{BASE} ip frag-off & 0x1fff != 0 jump other; {BLOCK}", "chain other { drop; }"),
    "a rate": chain(f"{BASE} tcp dport {CONTROL} ct state new limit rate over 100/second drop; {BLOCK}"),
    "a chain for the interface": chain(
        f'{BASE} iifname "eth0" jump wan;', f"chain wan {{ {BLOCK} tcp dport 22 accept; drop; }}", "accept"
    ),
    "a chain for the interface that rejects": chain(
        f'{BASE} iifname "eth0" goto wan;', f"chain wan {{ {BLOCK} reject; }}", "accept"
    ),
    "a map of interfaces": chain(
        f'{BASE} iifname vmap {{ "eth0" : jump wan, "eth1" : jump lan }};',
        f"chain wan {{ {BLOCK} drop; }}\nchain lan {{ accept; }}",
    ),
    "what is left of the interface": chain(f'{BASE} {BLOCK} iifname "eth0" drop;', policy="accept"),
    "chains in chains": chain(f"{BASE} jump one;", f"chain one {{ jump two; }}\nchain two {{ {BLOCK} drop; }}", "accept"),
    "spoofed addresses": chain(f"{BASE} fib saddr . iif oif missing drop; {BLOCK}"),
    "odd flags": chain(f"{BASE} tcp flags & (fin|syn) == (fin|syn) drop; {BLOCK} ct state new drop;", policy="accept"),
    "a block list that pings": chain(
        f"{BASE} ip saddr {BLOCKED} jump blk;", "chain blk { icmp type echo-request accept; drop; }"
    ),
    # A chain that logs and drops is where others are denied too: there nothing may be opened.
    "one chain to log and drop in": chain(
        f"{BASE} ip saddr {BLOCKED} jump ld; jump ld;", f"chain ld {{ {LOG} drop; }}", "accept"
    ),
    "one chain to go to": chain(f"{BASE} ip saddr {BLOCKED} goto ld; goto ld;", f"chain ld {{ {LOG} drop; }}", "accept"),
    "one chain for a map": chain(
        f"{BASE} ip saddr vmap {{ {BLOCKED} : jump ld }}; jump ld;", f"chain ld {{ {LOG} drop; }}", "accept"
    ),
    "one chain in front of the policy": chain(f"{BASE} ip saddr {BLOCKED} goto ld; goto ld;", f"chain ld {{ {LOG} }}"),
    "one chain for a mark": chain(
        f"{BASE} ip saddr {BLOCKED} meta mark set 7; meta mark 7 jump ld; jump ld;", "chain ld { drop; }", "accept"
    ),
    "one chain for denies within a zone": chain(
        f'{BASE} iifname "eth0" jump wan;',
        f"chain ld {{ {LOG} drop; }}\nchain wan {{ ip saddr {BLOCKED} jump ld; tcp dport 22 accept; jump ld; }}",
        "accept",
    ),
    "one chain for denies from other chains": chain(
        f"{BASE} jump bl; jump rest;",
        f"chain ld {{ {LOG} drop; }}\nchain bl {{ ip saddr {BLOCKED} jump ld; }}\nchain rest {{ tcp dport 22 accept; jump ld; }}",
        "accept",
    ),
    "one zone for two interfaces": chain(
        f'{BASE} iifname vmap {{ "eth0" : jump wan, "eth1" : jump wan }}; meta l4proto udp jump wan;',
        f"chain wan {{ {BLOCK} drop; }}",
        "accept",
    ),
    "two tables": chain(f"{BASE} {BLOCK}") + "table ip more {\nchain i { type filter hook input priority 5; reject; }\n}\n",
}


@pytest.mark.parametrize("rules", OPENED.values(), ids=OPENED.keys())
def test_plan_gets_in_and_whom_the_operator_denies_does_not(lab: Lab, rules: str) -> None:
    lab.nft.run(rules)
    text = lab.text()
    assert nftables.judge(lab.nft.ruleset(), nftables.read_defines(text)).shut == []
    lab.nft.load(text)
    assert lab.gets_in(CLIENT, CONTROL)
    assert lab.gets_in(PEER, PASSIVE)
    assert [lab.gets_in(source, port) for source in (BLOCKED, STRANGER) for port in (CONTROL, PASSIVE)] == [False] * 4
    assert not lab.gets_in(PEER, CONTROL)
    assert nftables.drift(text, lab.nft.ruleset(), nftables.in_force(lab.nft.ruleset())) == []


SHUT = {
    "a port that the operator denies": chain(f"{BASE} tcp dport {CONTROL} drop;", policy="accept"),
    "a port in a chain": chain(f"{BASE} jump other;", "chain other { tcp dport 1-3000 reject; }", "accept"),
    "the server's address": chain(f"{BASE} ip daddr {SERVER} drop;", policy="accept"),
    "what is denied behind what is not for some ports": chain(f"{BASE} tcp dport != {{ 22, 80 }} drop; {BLOCK}", policy="accept"),
    "what is denied behind another interface": chain(f'{BASE} iifname != "eth1" drop; {BLOCK}', policy="accept"),
    "what is denied behind a chain for TCP": chain(
        f"{BASE} meta l4proto tcp jump one; {BLOCK}", "chain one { tcp dport 22 accept; drop; }", "accept"
    ),
    "a zone that forwards too": chain(
        f"{BASE} jump wan;",
        f"chain wan {{ {BLOCK} drop; }}\nchain f {{ type filter hook forward priority 0; jump wan; }}",
        "accept",
    ),
    "a zone for what is odd": chain(f"{BASE} ct state invalid jump wan; jump wan;", f"chain wan {{ {BLOCK} drop; }}", "accept"),
    "a table of iptables": "table ip filter {\nchain INPUT { type filter hook input priority 0; policy drop; }\n}\n",
    "another table of iptables": "table ip mangle {\nchain INPUT { type filter hook input priority -150; policy drop; }\n}\n",
}


@pytest.mark.parametrize("rules", SHUT.values(), ids=SHUT.keys())
def test_what_stays_shut_is_told(lab: Lab, rules: str) -> None:
    lab.nft.run(rules)
    judgement = nftables.judge(lab.nft.ruleset(), nftables.read_defines(lab.text()))
    with pytest.raises(nftables.FirewallError, match=r"[Cc]hain (inet|ip) \w+ \w+"):
        judgement.refuse(lab.nft)
    lab.nft.load(lab.text())
    assert not lab.gets_in(CLIENT, CONTROL)


OUTGOING = {
    "a policy": chain(f"{BASE}", hook="output"),
    "a chain for the interface": chain(
        f'{BASE} oifname "eth0" jump wan;', "chain wan { tcp dport 80 accept; drop; }", "accept", "output"
    ),
    "another interface": chain(f'{BASE} oifname "eth1" drop; reject;', hook="output"),
}


@pytest.mark.parametrize("rules", OUTGOING.values(), ids=OUTGOING.keys())
def test_server_reaches_its_peer_and_nobody_else(lab: Lab, rules: str) -> None:
    lab.nft.run(rules)
    assert not lab.gets_out()
    lab.nft.load(lab.text())
    assert lab.gets_out()
    lab.nft.run(f"insert rule inet filter output ip daddr {PEER} drop\n")
    lab.nft.load(lab.text())
    assert not lab.gets_out()


def test_saved_and_restored_rules_of_iptables_open_nothing(lab: Lab, tmp_path: pathlib.Path) -> None:
    within = ("ip", "netns", "exec", lab.server)
    for rule in (("-P", "INPUT", "DROP"), ("-A", "INPUT", "-i", "lo", "-j", "ACCEPT")):
        run(*within, "iptables-nft", *rule)
    run(*within, "iptables-nft", "-t", "mangle", "-P", "INPUT", "DROP")
    lab.nft.load(lab.text())
    for table in ("filter", "mangle"):
        saved = run(*within, "iptables-nft-save", "-t", table)
        assert "proftpd.fxp" not in saved
        run(*within, "iptables-nft-restore", text=saved)
    assert not any(lab.gets_in(source, port) for source in (CLIENT, STRANGER) for port in (OTHER, CONTROL))


def test_a_line_of_fail2ban_refuses_nobody(lab: Lab) -> None:
    within = ("ip", "netns", "exec", lab.server)
    for words in ("-N f2b-sshd", "-A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd", f"-A f2b-sshd -s {BLOCKED} -j REJECT"):
        run(*within, "iptables-nft", *words.split())
    judgement = nftables.judge(lab.nft.ruleset(), nftables.read_defines(lab.text()))
    assert (judgement.shut, judgement.strange) == ([], [])
    lab.nft.load(lab.text())
    assert lab.gets_in(CLIENT, CONTROL)


def test_table_of_a_running_program_is_told_by_the_kernel(lab: Lab) -> None:
    within = ["ip", "netns", "exec", lab.server, "nft", "-i"]
    with subprocess.Popen(within, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdin is not None
        owner.stdin.write(
            "add table inet owned { flags owner; }\nadd chain inet owned i { type filter hook input priority 0; policy drop; }\n"
        )
        owner.stdin.flush()
        deadline = time.monotonic() + 10
        while ("inet", "owned", "i") not in lab.nft.ruleset().chains and time.monotonic() < deadline:
            time.sleep(0.1)
        judgement = nftables.judge(lab.nft.ruleset(), nftables.read_defines(lab.text()))
        shut = [stop.chain for stop in judgement.shut + lab.nft.owned(judgement.places)]  # later releases list it themselves
        owner.stdin.close()
        owner.wait(10)
    assert shut == [("inet", "owned", "i")]
