# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one host can reach, and where a connection is lost: at its beginning, at its end, or between."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import typing as t

import pytest

import ansible_collections.proftpd.fxp as collection
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.locate import (
    answer_of,
    lost_flow,
    place_of,
    place_of_flow,
    sight_of,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.placing import connections_of, placed, probe_of
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import parse_server
from ansible_collections.proftpd.fxp.plugins.module_utils._probe.probe import probe_connection, probe_server, watch_port
from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority
from ansible_collections.proftpd.fxp.tests.integration.certificates import tls as over_tls
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, LONG, PASSWORD, USER, Proftpd, free_ports, place_for
from ansible_collections.proftpd.fxp.tests.integration.network import (
    CLIENT,
    DEAD,
    DESTINATION,
    DESTINATION6,
    PASSIVE_PORTS,
    PORT,
    SOURCE,
    SOURCE6,
    Gateway,
    Network,
    run,
    within,
)

WATCHED = 50007


@pytest.fixture(scope="module")
def hosts() -> t.Iterator[Network]:
    """The hosts for all tests of this file."""
    network = Network()
    try:
        yield network
    finally:
        network.remove()


@pytest.fixture
def filters(hosts: Network) -> t.Iterator[Network]:
    """The hosts, without any rules afterwards."""
    yield hosts
    hosts.unfilter()


def both_ends(
    hosts: Network | Gateway, address: str = SOURCE, seconds: float = 1.2, size: int = 0, port: int = WATCHED
) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """The destination connects to a port of the source, which watches it; with ``size`` they send that to one another."""
    probe = [sys.executable, "-m", "ansible_collections.proftpd.fxp.tests.integration.run_probe"]
    watch = ["ip", "netns", "exec", hosts.names["source"], *probe, "watch", str(port), str(seconds + 0.7), str(size)]
    with subprocess.Popen(watch, stdout=subprocess.PIPE, text=True) as watching:
        while not has_packet_socket(watching.pid):
            assert watching.poll() is None
        # From here: another process may take longer to begin than the watch lasts.
        connection = within(hosts.names["destination"], lambda: probe_connection(address, port, seconds, size=size))
        printed, _nothing = watching.communicate(timeout=30)
    return connection, json.loads(printed)


def has_packet_socket(process: int) -> bool:
    """Whether somebody listens to packets in the network namespace of a process."""
    return len(pathlib.Path(f"/proc/{process}/net/packet").read_text().splitlines()) > 1


IN_BETWEEN = "table bridge test {\nchain forward {\ntype filter hook forward priority 0\ntcp dport 50007 drop\n}\n}\n"
AT = f"tcp dport {WATCHED}"
FROM = f"tcp sport {WATCHED}"


@pytest.mark.parametrize(
    ("name", "hook", "rule", "end", "certain"),
    [
        pytest.param("source", "input", f"{AT} drop", "passive", True, id="dropped at A"),
        pytest.param("source", "prerouting", f"{AT} drop", "passive", True, id="dropped early at A"),
        pytest.param("source", "input", f"{AT} reject with icmp type admin-prohibited", "passive", True, id="rejected at A"),
        pytest.param("source", "output", f"{FROM} drop", "passive", True, id="A drops its answer"),
        pytest.param("destination", "output", f"{AT} drop", "active", True, id="dropped at B"),
        pytest.param("destination", "input", f"{FROM} drop", "active", True, id="B drops the answer"),
        pytest.param("client", "between", "", None, True, id="dropped on the way"),
        pytest.param("source", "input", f"{AT} reject with tcp reset", "passive", True, id="reset at A"),
        pytest.param("source", "input", f"{AT} reject", "passive", True, id="refused at A"),
        pytest.param("destination", "output", f"{AT} reject with tcp reset", "active", True, id="reset at B"),
        pytest.param("destination", "output", f"{AT} reject", "active", True, id="refused at B"),
    ],
)
def test_where_a_connection_is_lost(filters: Network, name: str, hook: str, rule: str, end: str | None, certain: bool) -> None:
    """The same silence or rejection for the active server, and each time another place."""
    if hook == "between":
        run("ip", "netns", "exec", filters.names[name], "nft", "-f", "-", text=IN_BETWEEN)
    else:
        filters.filter(name, hook, rule)
    connection, arrivals = both_ends(filters)
    assert connection["state"] in ("no answer", "unreachable", "refused")
    place = place_of(sight_of(connection, arrivals, [DESTINATION]))
    assert place is not None
    assert (place.end, place.certain) == (end, certain), (connection, arrivals)


SIZE = 262144
FULL_AT = f"{AT} meta length > 1000 drop"
FULL_FROM = f"{FROM} meta length > 1000 drop"
DATA_FROM = f"{FROM} meta length > 64 drop"
DATA_AT = f"{AT} meta length > 64 drop"  # what opens and acknowledges is shorter


WAYS = [
    pytest.param("source", "input", FULL_AT, ("passive", True, True), id="A drops full packets of B"),
    pytest.param("destination", "output", FULL_AT, ("active", True, True), id="B drops its full packets"),
    pytest.param("destination", "input", FULL_FROM, ("active", True, True), id="B drops full packets of A"),
    pytest.param("source", "output", FULL_FROM, ("passive", True, True), id="A drops its full packets"),
    pytest.param("client", "forward", FULL_AT, (None, True, True), id="full packets of B lost on the way"),
    pytest.param("client", "forward", FULL_FROM, (None, True, True), id="full packets of A lost on the way"),
    pytest.param("source", "input", DATA_AT, ("passive", True, False), id="A drops all data of B"),
    pytest.param("client", "forward", DATA_AT, (None, True, False), id="all data of B lost on the way"),
    pytest.param("client", "forward", DATA_FROM, (None, True, False), id="all data of A lost on the way"),
    pytest.param("destination", "input", DATA_FROM, ("active", True, False), id="B drops all data of A"),
]


@pytest.mark.parametrize(("name", "hook", "rule", "place"), WAYS if LONG else WAYS[::3])
def test_where_data_is_lost(filters: Network, name: str, hook: str, rule: str, place: tuple[str | None, bool, bool]) -> None:
    """The connection comes about, and what follows does not get through: at one end, at the other, or between."""
    if name == "client":
        run("ip", "netns", "exec", filters.names[name], "nft", "-f", "-", text=IN_BETWEEN.replace(f"{AT} drop", rule))
    else:
        filters.filter(name, hook, rule)
    connection, arrivals = both_ends(filters, seconds=2.5, size=SIZE)
    assert connection["state"] == "connected"
    flow = lost_flow(connection, arrivals, sight_of(connection, arrivals, [DESTINATION]))
    assert flow is not None, (connection, arrivals)
    found = place_of_flow(flow)
    assert (found.end, found.certain, flow.full) == place, (connection, arrivals)


@pytest.mark.parametrize("hairpin", [True, False])
def test_gateway_that_leads_inside(hairpin: bool) -> None:
    """A server behind the gateway dials the gateway's own address for its neighbour: it gets there, or it does not."""
    gateway = Gateway(hairpin=hairpin)
    try:
        connection, arrivals = both_ends(gateway, gateway.ADDRESS, 2.5, SIZE)
    finally:
        gateway.remove()
    # The neighbour sees the gateway in any case.
    sight = sight_of(connection, arrivals, ["10.77.0.1"])
    place = answer_of("opens", "hairpin_nat_missing", connection, arrivals, sight)
    assert place is not None
    expected = (
        (None, False, "{active} gets through to {passive} now") if hairpin else (None, True, "{active} and is rejected before")
    )
    assert (place.end, place.certain) == expected[:2], (connection, arrivals)
    assert expected[2] in place.seen


def test_way_that_carries_data(hosts: Network) -> None:
    """Both probes hear one another, and all arrives in both directions."""
    for address in (SOURCE, SOURCE6):
        connection, arrivals = both_ends(hosts, address, 4, SIZE)
        assert lost_flow(connection, arrivals, sight_of(connection, arrivals, [DESTINATION, DESTINATION6])) is None
        for end in (connection, arrivals):
            assert (end["carried"]["greeted"], end["carried"]["received"], end["carried"]["size"]) == (True, SIZE, SIZE)
            assert min(end["carried"]["largest_left"], end["carried"]["largest_came"]) > 1000


def test_open_way(hosts: Network) -> None:
    """The port at the end of an open way is listened on while it is watched."""
    connection, arrivals = both_ends(hosts)
    assert (connection["state"], connection["left"], connection["answered"]) == ("connected", True, True)
    assert arrivals == {"sources": [DESTINATION], "answered": [DESTINATION], "listening": True, "carried": None}


def test_a_rejected_connection_is_tried_until_somebody_listens(hosts: Network) -> None:
    """With insistence a watch that begins late sees it, too."""
    late = [sys.executable, "-m", "ansible_collections.proftpd.fxp.tests.integration.run_probe", "watch", str(WATCHED), "5"]
    connect = [*late[:3], "insist", SOURCE, str(WATCHED), "8"]
    inside = {name: ["ip", "netns", "exec", hosts.names[name]] for name in ("source", "destination")}
    with subprocess.Popen([*inside["destination"], *connect], stdout=subprocess.PIPE, text=True) as connecting:
        while not has_packet_socket(connecting.pid):
            assert connecting.poll() is None
        time.sleep(0.5)
        arrivals = json.loads(run(*inside["source"], *late))
        printed, _nothing = connecting.communicate(timeout=30)
    assert json.loads(printed)["state"] == "connected"
    assert arrivals["sources"] == [DESTINATION]


def test_open_way_over_ipv6(hosts: Network) -> None:
    """The same over IPv6."""
    connection, arrivals = both_ends(hosts, SOURCE6)
    assert (connection["state"], connection["left"], connection["answered"]) == ("connected", True, True)
    assert arrivals == {"sources": [DESTINATION6], "answered": [DESTINATION6], "listening": True, "carried": None}


def test_stranger(filters: Network) -> None:
    """The connection arrives from an address that no plan knows."""
    filters.filter("source", "input", f"{AT} drop")
    connection, arrivals = both_ends(filters)
    place = place_of(sight_of(connection, arrivals, [DEAD]))
    assert place is not None
    assert (place.end, place.certain, place.also) == ("passive", False, ("network",))


def test_dead_address(hosts: Network) -> None:
    """Nobody has the address: nothing leaves, and that is no rule's fault."""
    connection, arrivals = both_ends(hosts, DEAD, 2)
    assert (connection["state"], connection["left"]) == ("unreachable", False)
    place = place_of(sight_of(connection, arrivals, [DESTINATION]))
    assert place is not None
    assert (place.end, place.certain, place.also) == ("passive", False, ("active",))


def test_a_port_that_many_use_is_watched_to_the_end(hosts: Network) -> None:
    """Who comes after others is seen as well, and a server may take the port meanwhile."""
    probe = ["-m", "ansible_collections.proftpd.fxp.tests.integration.run_probe"]
    inside = ["ip", "netns", "exec", hosts.names["source"], sys.executable, *probe]
    with subprocess.Popen([*inside, "whole", str(WATCHED), "4"], stdout=subprocess.PIPE, text=True) as watching:
        while not has_packet_socket(watching.pid):
            assert watching.poll() is None
        states = [
            within(hosts.names[name], lambda: probe_connection(SOURCE, WATCHED, 1))["state"] for name in ("client", "destination")
        ]
        printed, _nothing = watching.communicate(timeout=30)
    assert states == ["refused", "refused"]
    assert json.loads(printed) == {
        "sources": [CLIENT, DESTINATION],
        "answered": [CLIENT, DESTINATION],
        "listening": True,
        "carried": None,
    }


def test_watch_ends(hosts: Network) -> None:
    """Nobody comes: the watch ends in time."""
    assert watch_port(free_ports("127.0.1.7"), 0.3) == {"sources": [], "answered": [], "listening": True, "carried": None}


def test_connected() -> None:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.1.7", 0)) as listener:
        found = probe_connection("127.0.1.7", listener.getsockname()[1], 2)
    assert (found["state"], found["left"], found["answered"]) == ("connected", True, True)


SECOND = "198.51.100.50"  # of a host that has another address, too
ANSWERS = "import socket\nwith socket.create_server(('', 7)) as it:\n while True:\n  it.accept()[0].close()\n"
LEADS_ASTRAY = (
    "table ip astray {\nchain here {\ntype nat hook prerouting priority dstnat\n"
    f"ip daddr {SECOND} tcp dport {PASSIVE_PORTS} redirect to :7\n}}\n}}\n"
)
ADMITS_SOURCE = f"<Class peers>\nFrom {SOURCE}\n</Class>\nAllowForeignAddress peers\n"


@contextlib.contextmanager
def second_address(hosts: Network, name: str) -> t.Iterator[None]:
    """Give a host another address; what comes to a passive port of the client there is answered by somebody else."""
    inside, device = ("ip", "netns", "exec", hosts.names[name]), "bridge" if name == "client" else "eth0"
    run(*inside, "ip", "address", "add", f"{SECOND}/24", "dev", device)
    other = subprocess.Popen([*inside, sys.executable, "-c", ANSWERS])
    try:
        if name == "client":
            run(*inside, "nft", "-f", "-", text=LEADS_ASTRAY)
        yield
    finally:
        other.kill()
        other.wait()
        run(*inside, "ip", "address", "delete", f"{SECOND}/24", "dev", device)


def placed_leg(
    hosts: Network, source: str, destination: str, cause: str, **more: t.Any
) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """What the dialogue of two real daemons tells, and what it is after both of them were asked; ``more`` is said of both."""
    daemons: list[Proftpd] = []
    with place_for(daemons) as root:
        daemons += [hosts.start(root, "source", source), hosts.start(root, "destination", destination)]
        options = [daemon.options(**more) for daemon in daemons]
        checked = hosts.check(options[0], options[1], passive="source", payload_size=1000, timeout=1.5)
        assert checked.causes == [cause], checked.message
        leg = {**checked.legs[0], "source": "alpha", "destination": "beta"}
        (asked,) = connections_of([leg])
        connection, arrivals = both_ends(hosts, asked["address"], 2.5, SIZE, asked["port"])
    watch = {"started": True, "finished": bool(arrivals["sources"]), "arrivals": arrivals}
    probe = probe_of({**asked, "egress": [DESTINATION], "connect": {"connection": connection}, "watch": watch})
    (told,) = placed([leg], [probe])
    return leg, dict(told)


@pytest.mark.parametrize(
    ("name", "place", "server", "seen"),
    [
        ("source", "destination", "destination", f"{SECOND} reaches alpha, so that is the right address, and beta refuses it"),
        ("client", None, "source", f"beta gets through to {SECOND}, but it is not alpha that answers there"),
        (
            None,
            None,
            "source",
            "the connection does not leave beta: it has no route to the announced address, or nobody has that",
        ),
    ],
)
def test_whether_an_announced_address_is_the_right_one(
    filters: Network, name: str | None, place: str | None, server: str, seen: str
) -> None:
    """The one server refuses what the other announces: its own other address, that of another host, or nobody's."""
    announces = f"MasqueradeAddress {SECOND if name else DEAD}\n"
    with second_address(filters, name) if name else contextlib.nullcontext():
        leg, told = placed_leg(filters, ALLOW + announces, ADMITS_SOURCE, "unexpected_address_advertised")
    assert (leg["server"], leg["certain"], leg["also_possible"]) == ("source", False, ["destination", "network"])
    assert (told["place"], told["server"], told["certain"]) == (place, server, place is not None)
    assert seen in told["seen"]


def test_whether_it_was_the_server_that_was_connected_to(filters: Network) -> None:
    """The active server is connected to another host, and the passive one seems to refuse in silence."""
    with second_address(filters, "client"):
        leg, told = placed_leg(filters, f"{ALLOW}MasqueradeAddress {SECOND}\n", ALLOW, "passive_refuses_foreign_address")
    assert (leg["server"], leg["certain"], leg["also_possible"]) == ("source", False, ["network"])
    assert (told["placed"], told["certain"], told["also_possible"]) == (True, False, ["network"])
    assert told["seen"] == f"beta gets through to {SECOND}, but it is not alpha that answers there"
    assert "lead to another host" in told["remedy"]


@pytest.mark.parametrize(
    ("rule", "place", "certain", "also", "seen"),
    [
        (None, None, False, [], "the connection of beta reaches alpha and carries data both ways now"),
        (f"{FROM} meta length > 600 drop", "destination", True, [], "from alpha reach beta and are dropped there"),
    ],
)
def test_a_handshake_that_failed_on_a_way_that_is_fine(
    filters: Network, authority: Authority, rule: str | None, place: str | None, certain: bool, also: list[str], seen: str
) -> None:
    """Two servers without a cipher in common: it is not the network, unless that is broken as well."""
    encrypted = [
        ALLOW + over_tls(authority.issue(address), authority.path, "NoSessionReuseRequired", more=f"TLSCipherSuite {cipher}")
        for address, cipher in ((SOURCE, "ECDHE-ECDSA-AES128-GCM-SHA256"), (DESTINATION, "ECDHE-ECDSA-AES256-GCM-SHA384"))
    ]
    if rule:
        filters.filter("destination", "input", rule.replace(FROM, f"tcp sport {PASSIVE_PORTS}"))
    leg, told = placed_leg(filters, *encrypted, "tls_versions_disjoint", tls="explicit", ca_content=authority.pem)
    assert (leg["certain"], leg["also_possible"]) == (False, ["network"])
    assert (told["place"], told["certain"], told["also_possible"]) == (place, certain, also)
    assert seen in told["seen"]


def server(daemon: Proftpd, **more: t.Any) -> t.Any:
    """A daemon as the option of the module."""
    return parse_server("server", daemon.options(**more))


def test_server(pair: tuple[Proftpd, Proftpd]) -> None:
    """Control connection, login and listing."""
    steps = probe_server(server(pair[0]), 5)
    assert [(step["step"], step["ok"], step["cause"]) for step in steps] == [
        ("control", True, None),
        ("login", True, None),
        ("data", True, None),
    ]


@pytest.mark.parametrize(
    ("options", "causes"),
    [
        ({"port": 1}, ["control_unreachable", None, None]),
        ({"host": "nowhere.invalid"}, ["control_unreachable", None, None]),
        ({"password": "a secret that is wrong"}, [None, "login_refused", None]),
        ({"directory": "elsewhere"}, [None, "file_refused", None]),
    ],
)
def test_server_that_cannot_be_used(pair: tuple[Proftpd, Proftpd], options: dict[str, t.Any], causes: list[str | None]) -> None:
    """The first step that fails has a cause and a cure, and those after it were not tried."""
    steps = probe_server(server(pair[0], **options), 5)
    assert [step["cause"] for step in steps] == causes
    failed = next(step for step in steps if step["ok"] is False)
    assert failed["remedy"].endswith(".")
    assert "a secret" not in json.dumps(steps)
    assert {step["ok"] for step in steps[steps.index(failed) + 1 :]} <= {None}


PLAYBOOK = """
- name: Probe a server and check in check mode
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Probe
      proftpd.fxp.fxp_probe:
        server: "{{ server }}"
      register: probed
    - name: Probe in check mode
      proftpd.fxp.fxp_probe:
        server: "{{ server }}"
      check_mode: true
      register: unprobed
    - name: Connect
      proftpd.fxp.fxp_probe:
        connect:
          address: "{{ server.host }}"
          port: "{{ server.port }}"
      register: connected
    - name: Keep the results
      ansible.builtin.copy:
        content: "{{ [probed, unprobed, connected] | to_json }}"
        dest: "{{ playbook_dir }}/results.json"
        mode: "0600"
"""


def play(directory: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Ansible on this collection."""
    (directory / "ansible.cfg").write_text(
        "[defaults]\nlocalhost_warning = False\n[privilege_escalation]\nbecome_allow_same_user = True\n"
    )
    root = pathlib.Path(next(iter(collection.__path__))).parents[2]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(root), "ANSIBLE_CONFIG": str(directory / "ansible.cfg")}
    # Left to itself the modules would run on an interpreter that some wrapper picked.
    return subprocess.run(
        [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), *arguments],
        cwd=directory,
        env={**environment, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_module(pair: tuple[Proftpd, Proftpd], tmp_path: pathlib.Path) -> None:
    """Through Ansible: facts, no password, and nothing in check mode."""
    (tmp_path / "playbook.yml").write_text(PLAYBOOK)
    options = {"host": pair[0].address, "port": pair[0].port, "user": USER, "password": PASSWORD}
    (tmp_path / "variables.json").write_text(json.dumps({"server": options}))
    done = play(tmp_path, "-vvvv", "playbook.yml", "-e", "@variables.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    probed, unprobed, connected = json.loads((tmp_path / "results.json").read_text())
    assert probed["reachable"]
    assert [step["ok"] for step in probed["steps"]] == [True] * 3
    assert [unprobed[key] for key in ("reachable", "steps", "connection", "arrivals")] == [None] * 4
    assert (connected["reachable"], connected["connection"]["state"]) == (True, "connected")


INVENTORY = """
all:
  vars:
    ansible_connection: local
    fxp_control_port: {port}
    fxp_passive_ports: {ports}
    fxp_tls: {tls}
    fxp_tls_ca_cert: {ca}
    fxp_check_user: {user}
    fxp_check_password: {password}
    fxp_vantage: client
  hosts:
    client:
      ansible_python_interpreter: {python}-client
  children:
    fxp_servers:
      hosts:
        alpha:
          fxp_address: {source}
          ansible_python_interpreter: {python}-source
        beta:
          fxp_address: {destination}
          ansible_python_interpreter: {python}-destination
"""


# What the inventory calls the hosts of the network.
NAMES = {"client": "client", "source": "alpha", "destination": "beta"}


@dataclasses.dataclass(frozen=True)
class Played:
    """What the playbook did: all that it printed, and the transfers of its report."""

    done: subprocess.CompletedProcess[str]
    legs: list[dict[str, t.Any]]

    @property
    def printed(self) -> str:
        """All that anybody sees."""
        return self.done.stdout + self.done.stderr


def smoke_test(
    hosts: Network,
    authority: Authority,
    *rules: tuple[str, str, str],
    tls: str = "none",
    directives: str = "",
    down: bool = False,
    **others: dict[str, t.Any],
) -> Played:
    """
    The playbook on real daemons behind rules, each of a host, or of the bridge between them (forward at the client).

    ``others`` are the variables of hosts that are not like the rest, where the user of Ansible is root. Where it is to become
    root by another program, it may not open packet sockets. The server of alpha has ``directives`` of its own, or is ``down``.
    """
    root = pathlib.Path(tempfile.mkdtemp(prefix="fxp-integration-"))
    root.chmod(0o711)
    servers: list[Proftpd] = []
    try:
        for name, address in (("source", SOURCE), ("destination", DESTINATION)):
            encrypted = over_tls(authority.issue(address), authority.path, "NoSessionReuseRequired") if tls != "none" else ""
            servers.append(hosts.start(root, name, ALLOW + encrypted + (directives if name == "source" else "")))
        if down:
            servers[0].stop()
        for name, hook, rule in rules:
            if (name, hook) == ("client", "forward"):
                run("ip", "netns", "exec", hosts.names[name], "nft", "-f", "-", text=IN_BETWEEN.replace(f"{AT} drop", rule))
            else:
                hosts.filter(name, hook, rule)
        for host, namespace in hosts.names.items():
            interpreter = root / f"python-{host}"
            less = "setpriv --bounding-set=-net_raw " if "ansible_become_exe" in others.get(NAMES[host], {}) else ""
            interpreter.write_text(f'#!/bin/sh\nexec ip netns exec {namespace} {less}{sys.executable} "$@"\n')
            interpreter.chmod(0o755)
        inventory = INVENTORY.format(
            port=PORT,
            ports=PASSIVE_PORTS,
            tls=tls,
            ca=authority.path,
            user=USER,
            password=json.dumps(PASSWORD),
            python=root / "python",
            source=SOURCE,
            destination=DESTINATION,
        )
        (root / "inventory.yml").write_text(inventory)
        (root / "host_vars").mkdir()
        for host in NAMES.values():
            (root / "host_vars" / f"{host}.json").write_text(json.dumps(others.get(host, {"ansible_become": False})))
        report = ("-e", f"smoke_test_report_directory={root}/report")
        done = play(root, "-i", "inventory.yml", "proftpd.fxp.smoke_test", *report)
        assert done.returncode == 2, done.stdout + done.stderr
        legs = json.loads((root / "report" / "report.json").read_text())["legs"]
        left = [server.files() for server in servers]
    finally:
        for daemon in servers:
            daemon.stop()
        shutil.rmtree(root)
    assert PASSWORD not in done.stdout + done.stderr
    assert left == [set(), set()]
    return Played(done, legs)


FROM_BETA = f"ip saddr {DESTINATION} tcp dport {PASSIVE_PORTS}"
TO_PASSIVE = f"tcp dport {PASSIVE_PORTS}"
REACHES = "look at alpha first: the connection of beta reaches alpha and is"
FULL = "comes about, and packets that are full from beta"
REJECT = "reject with tcp reset"
# What is injected, and what is told: in the clear, and over TLS.
PLACES = [
    ("none", "source", "input", f"{FROM_BETA} reject with icmp type admin-prohibited", f"{REACHES} rejected there"),
    ("required", "destination", "output", f"{TO_PASSIVE} {REJECT}", "beta first: the connection does not leave"),
    # The client's own way: before anything is encrypted, and to the port that the data of a check goes to.
    (
        "required",
        "client",
        "output",
        f"ip daddr {SOURCE} tcp dport {PORT} {REJECT}",
        "look at client first: the connection does not",
    ),
    (
        "none",
        "source",
        "input",
        f"ip saddr {CLIENT} {TO_PASSIVE} {REJECT}",
        "alpha first: the connection of client reaches alpha",
    ),
    # Silence takes its time.
    ("none", "source", "input", f"{FROM_BETA} drop", f"{REACHES} dropped there"),
    ("none", "destination", "output", f"{TO_PASSIVE} drop", "look at beta first: the connection does not leave beta"),
    ("none", "source", "input", f"{FROM_BETA} {REJECT}", f"{REACHES} rejected there"),
    ("none", "destination", "output", f"{TO_PASSIVE} {REJECT}", "beta first: the connection does not leave"),
    ("required", "source", "input", f"{FROM_BETA} drop", f"{REACHES} dropped there"),
    (
        "required",
        "client",
        "forward",
        f"{FROM_BETA} drop",
        "look between the two: the connection leaves beta and does not reach alpha",
    ),
    (
        "none",
        "source",
        "input",
        f"ip saddr {CLIENT} tcp dport {PORT} drop",
        "alpha first: the connection of client reaches alpha",
    ),
    # The certificate fills a packet.
    ("required", "client", "forward", f"{FROM_BETA} meta length > 300 drop", f"{FULL} leave it and do not reach alpha"),
    ("required", "source", "input", f"{FROM_BETA} meta length > 300 drop", f"{FULL} reach alpha and are dropped there"),
    ("required", "destination", "output", f"{TO_PASSIVE} meta length > 300 drop", f"{FULL} do not leave it"),
    # In the clear it is the file.
    ("none", "client", "forward", f"{FROM_BETA} meta length > 600 drop", f"{FULL} leave it and do not reach alpha"),
    # The payload does not leave the host that checks, and no cause has a name for that.
    (
        "required",
        "client",
        "output",
        f"ip daddr {SOURCE} {TO_PASSIVE} meta length > 600 drop",
        "look at client first: the connection of client to alpha comes about, and packets that are full from client do not leave",
    ),
]


@pytest.mark.parametrize(("tls", "name", "hook", "rule", "verdict"), PLACES if LONG else PLACES[:2])
def test_smoke_test_tells_where(
    filters: Network, authority: Authority, tls: str, name: str, hook: str, rule: str, verdict: str
) -> None:
    """The role on real daemons: the dialogue leaves the place open, and those tell it who were asked."""
    played = smoke_test(filters, authority, (name, hook, rule), tls=tls)
    assert verdict in played.done.stdout, played.printed
    assert "not certain" not in played.done.stdout
    assert {(leg["placed"], leg["certain"], *leg["not_asked"]) for leg in played.legs if not leg["ok"]} == {(True, True)}


def test_smoke_test_tells_of_a_service_that_is_down(filters: Network, authority: Authority) -> None:
    """The client is refused, and on the server nobody listens."""
    played = smoke_test(filters, authority, down=True)
    assert {(leg["cause"], leg[leg["place"]]) for leg in played.legs} == {("control_unreachable", "alpha")}
    assert f"look at alpha first: nobody listens on port {PORT} of alpha" in played.done.stdout
    # It is asked once for all of them.
    assert played.done.stdout.count("tasks/locate.yml for") == 1


# Where Ansible can make no directory for its own files it calls a host unreachable.
OUT_OF_REACH = {"ansible_become": False, "ansible_remote_tmp": "/proc/nowhere"}


def test_smoke_test_tells_who_could_not_be_asked(filters: Network, authority: Authority) -> None:
    """One of the servers is no host of Ansible's today: half is known, the rest is named, and it is tried once only."""
    played = smoke_test(filters, authority, ("source", "input", f"{FROM_BETA} {REJECT}"), alpha=OUT_OF_REACH)
    short = [leg for leg in played.legs if not leg["ok"]]
    assert len(short) == 2
    for leg in short:
        assert leg["certain"] is False
        assert [each["server"] for each in leg["not_asked"]] == ["alpha"]
        assert "alpha could not be asked: " in leg["seen"]
    assert "not certain, also possible" in played.done.stdout
    # Once to watch, and once for the plan that it runs.
    assert played.done.stdout.count("UNREACHABLE!") == 2, played.printed


def test_smoke_test_does_without_root_where_it_must(filters: Network, authority: Authority) -> None:
    """What a connection meets any user can tell, and the other end sees the rest."""
    beta = {"ansible_become_exe": "/bin/false"}
    played = smoke_test(filters, authority, ("source", "input", f"{FROM_BETA} {REJECT}"), beta=beta)
    short = [leg for leg in played.legs if not leg["ok"]]
    assert len(short) == 2
    for leg in short:
        assert (leg[leg["place"]], leg["certain"]) == ("alpha", True)
        assert [each["server"] for each in leg["not_asked"]] == ["beta"]
        assert "; beta could not be asked: without root it does not see what its own rules do (" in leg["seen"]
