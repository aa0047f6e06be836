# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a class holds is what the real server takes: judged first, then tried with PORT, EPRT and passive connections."""

from __future__ import annotations

import contextlib
import ftplib
import ipaddress
import pathlib
import typing as t

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._look import look
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _networks
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import audit as _audit
from ansible_collections.proftpd.fxp.tests.integration.conftest import Starter, started
from ansible_collections.proftpd.fxp.tests.integration.daemons import LONG, PASSWORD, PASSWORD_HASH, USER, Proftpd, free_ports
from ansible_collections.proftpd.fxp.tests.integration.test_audit import answer, passive

SERVER, OTHER = "127.0.1.1", "127.0.1.5"
# Which a stranger may have, and those that a loopback has to try it with. Private ones the server replaces by the client's.
ASKED = ("1.2.3.4", "11.1.0.5", "100.64.0.1", "127.0.0.12", "127.0.0.66", "172.1.1.9", "198.51.100.7", "203.0.113.200")
PRIVATE = [ipaddress.ip_network(network) for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
ASKED6 = ("2001:db8::1", "2a01:4f8::15", "fd00::5")
BY_PASSIVE = "127.0.0.12"


def virtual_host(number: int, passwd: pathlib.Path, body: str) -> str:
    """A server on a port of its own, for which a class of its own is meant."""
    name = f"class{number}"
    account = f"AuthOrder mod_auth_file.c\nAuthUserFile {passwd}\nRequireValidShell off\nWtmpLog off\n"
    return (
        f"<Class {name}>\n{body}</Class>\n<VirtualHost {OTHER}>\nPort {number}\n{account}"
        f"AllowForeignAddress {name}\nPassivePorts 50000 50100\n</VirtualHost>\n"
    )


def serve(start: Starter, root: pathlib.Path, bodies: t.Sequence[str], ipv6: bool) -> Proftpd:
    """A daemon with a server for each of the bodies of classes, on ports in a row."""
    passwd = root / "passwd"
    passwd.write_text(f"{USER}:{PASSWORD_HASH}:65534:65534::/:/bin/false\n")
    passwd.chmod(0o600)
    first = free_ports(OTHER, len(bodies))
    servers = "".join(virtual_host(first + index, passwd, body) for index, body in enumerate(bodies))
    return start(SERVER, f"UseIPv6 {'on' if ipv6 else 'off'}\nAllowForeignAddress off\nPassivePorts 50000 50100\n{servers}")


def edges(spans: t.Iterable[_networks.Span]) -> set[str]:
    """The addresses at the ends of ranges, and those beside them."""
    found = set()
    for family, first, last in spans:
        for number in (first - 1, first, last, last + 1):
            if family == 4 and 2**24 < number < 224 * 2**24:
                address = ipaddress.IPv4Address(number)
                found |= set() if any(address in network for network in PRIVATE) else {str(address)}
    return found


def takes(client: ftplib.FTP, address: str) -> bool:
    """Whether the server takes the address in EPRT. No connection is made for that."""
    said = answer(client, f"EPRT |{2 if ':' in address else 1}|{address}|50000|")
    assert said[:3] == "200" or said == "500 Illegal EPRT command", (address, said)
    return said[:3] == "200"


def compare(server: Proftpd) -> int:
    """Hold what is told of each server against what it does, and return how many definite answers there were."""
    known = look.look(str(server.root / "proftpd.conf"), "no-such-unit", rules=False)
    assert known["valid"] is True, known["problem"]
    found = _audit.judge("ftp", known, None)
    ipv6 = "UseIPv6 on" in (server.root / "proftpd.conf").read_text()
    definite = 0
    for told in known["servers"][1:]:
        said = told["allow_foreign_address"]
        holds = _networks.spans(said["holds"])
        asked = [*ASKED, *sorted(edges(holds))[:40], *(ASKED6 if ipv6 else ())]
        with ftplib.FTP() as client:
            client.connect(OTHER, told["control_port"], timeout=20)
            client.login(USER, PASSWORD)
            really = {address: takes(client, address) for address in asked}
            for address in asked:
                inside = bool(_networks.common(_networks.spans([address]), holds))
                if inside or not said["unclear"]:
                    definite += 1
                    assert really[address] is inside, (said, address)
            assert passive(client, BY_PASSIVE) is really[BY_PASSIVE]
        codes = {each.code for each in found if each.server in ("", told["control_port"], OTHER) and each.severity != "note"}
        if all(really.values()):
            # Whoever asked got in: that is never passed over.
            assert codes & {"foreign_address_any", "class_wide", "class_unclear"}, (said, codes)
    return definite


OPEN = {
    "two halves": "From 0.0.0.0/1 128.0.0.0/1\n",
    "star": "From *\n",
    "no bits": "From 10.0.0.0/0\n",
    "zeros": "From 0/0\n",
    "all but one": "From !1.2.3.4\n",
    "stars": "From *.*.*.*\n",
    "digits": "From [12]*\n",
    "negations": "From !192.0.2.1\nFrom !192.0.2.2\nSatisfy all\n",
    "negated name": "From !peer.invalid\n",
    "no mask": "From 10.0.0.0/\n",
    "all": "From all\n",
}


def test_classes_that_hold_everybody_are_holes(start: Starter, tmp_path: pathlib.Path) -> None:
    server = serve(start, tmp_path, list(OPEN.values()), ipv6=True)
    known = look.look(str(server.root / "proftpd.conf"), "no-such-unit", rules=False)
    for case, told in zip(OPEN, known["servers"][1:]):
        said = told["allow_foreign_address"]
        assert (said["port"], said["passive"]) == ("anybody", "anybody"), case
        with ftplib.FTP() as client:
            client.connect(OTHER, told["control_port"], timeout=20)
            client.login(USER, PASSWORD)
            # What the class stands for, by an address of the internet and by one that can be tried here.
            assert takes(client, "203.0.113.200"), case
            assert passive(client, BY_PASSIVE), case
    holes = [each for each in _audit.judge("ftp", known, None) if each.code == "foreign_address_any"]
    assert {each.severity for each in holes} == {"hole"}


NARROW = ["From none\n", "From peer.invalid\n", "From .invalid\n", "From 127.0.0.12,none,all\n", "From 11.1\n", "From 127.0.0.\n"]


def test_classes_of_few(start: Starter, tmp_path: pathlib.Path) -> None:
    assert compare(serve(start, tmp_path, NARROW, ipv6=True)) > len(NARROW)
    assert compare(serve(start, tmp_path, NARROW, ipv6=False)) > len(NARROW)


@pytest.mark.parametrize("ipv6", [True, False])
def test_patterns_without_a_dot_are_names_without_ipv6(start: Starter, tmp_path: pathlib.Path, ipv6: bool) -> None:
    assert compare(serve(start, tmp_path, ["From *\n", "From !*\n", "From [12]*\n", "From ![12]*\n"], ipv6)) > 4


NUMBER = st.one_of(st.sampled_from([1, 11, 100, 127, 198, 203]), st.integers(0, 255))
ADDRESS = st.one_of(
    st.sampled_from(ASKED), st.tuples(NUMBER, NUMBER, NUMBER, NUMBER).map(lambda octets: ".".join(map(str, octets)))
)
NETWORK = st.builds(lambda address, bits: f"{address}/{bits}", ADDRESS, st.one_of(st.integers(0, 3), st.integers(0, 32)))
BEGINNING = st.builds(lambda address, parts: ".".join(address.split(".")[:parts]) + ".", ADDRESS, st.integers(1, 3))
PART = st.one_of(NUMBER.map(str), st.sampled_from(["*", "?", "1*", "[12]*", "[!1]?", "*[02468]", "1[0-9]?", "?*", "[^0-4]*"]))
GLOB = st.lists(PART, min_size=1, max_size=5).map(".".join).filter(lambda text: set(text) & set("*?["))
IPV6 = st.sampled_from(
    ["::1", "::/0", "2001:db8::/32", "2000::/3", "fd00::/8", "::ffff:127.0.0.12", "2a01:*", "2*", "[a-f]*", "*:*"]
)
PLAIN = st.one_of(ADDRESS, NETWORK, BEGINNING)


def rules(ipv6: bool) -> st.SearchStrategy[str]:
    """The body of a class that the daemon takes."""
    one = st.one_of(PLAIN, GLOB, IPV6) if ipv6 else PLAIN
    maybe = st.builds(lambda rule, negated: f"!{rule}" if negated else rule, one, st.booleans())
    line = st.lists(maybe, min_size=1, max_size=3).map(",".join)
    lines = st.lists(st.one_of(line, st.sampled_from(["all", "none"])), min_size=1, max_size=3)
    return st.builds(
        lambda said, satisfy: "".join(f"From {each}\n" for each in said) + satisfy,
        lines,
        st.sampled_from(["", "Satisfy any\n", "Satisfy all\n"]),
    )


@hypothesis.settings(max_examples=300 if LONG else 12, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(st.data(), st.booleans())
def test_any_class_holds_whom_the_server_takes(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, ipv6: bool) -> None:
    bodies = data.draw(st.lists(rules(ipv6), min_size=8, max_size=8))
    with contextlib.contextmanager(started)() as start:
        compare(serve(start, tmp_path_factory.mktemp("classes"), bodies, ipv6))
