# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one host can reach, and where a connection is lost: at its beginning, at its end, or between."""

from __future__ import annotations

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
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.locate import place_of, sight_of
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import parse_server
from ansible_collections.proftpd.fxp.plugins.module_utils._probe.probe import probe_connection, probe_server, watch_port
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, LONG, PASSWORD, USER, Proftpd, free_ports
from ansible_collections.proftpd.fxp.tests.integration.network import (
    DEAD,
    DESTINATION,
    DESTINATION6,
    PASSIVE_PORTS,
    PORT,
    SOURCE,
    SOURCE6,
    Network,
    run,
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


def both_ends(hosts: Network, address: str = SOURCE, seconds: float = 1.2) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """The destination connects to a port of the source, which watches it."""
    probe = [sys.executable, "-m", "ansible_collections.proftpd.fxp.tests.integration.run_probe"]
    watch = ["ip", "netns", "exec", hosts.names["source"], *probe, "watch", str(WATCHED), str(seconds + 0.7)]
    with subprocess.Popen(watch, stdout=subprocess.PIPE, text=True) as watching:
        while not has_packet_socket(watching.pid):
            assert watching.poll() is None
        connect = ["connect", address, str(WATCHED), str(seconds)]
        connection = json.loads(run("ip", "netns", "exec", hosts.names["destination"], *probe, *connect))
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


def test_open_way(hosts: Network) -> None:
    """The port at the end of an open way is listened on while it is watched."""
    connection, arrivals = both_ends(hosts)
    assert (connection["state"], connection["left"], connection["answered"]) == ("connected", True, True)
    assert arrivals == {"sources": [DESTINATION], "answered": [DESTINATION], "listening": True}


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
    assert arrivals == {"sources": [DESTINATION6], "answered": [DESTINATION6], "listening": True}


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


def test_watch_ends(hosts: Network) -> None:
    """Nobody comes: the watch ends in time."""
    assert watch_port(free_ports("127.0.1.7"), 0.3) == {"sources": [], "answered": [], "listening": True}


def test_connected() -> None:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.1.7", 0)) as listener:
        found = probe_connection("127.0.1.7", listener.getsockname()[1], 2)
    assert (found["state"], found["left"], found["answered"]) == ("connected", True, True)


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
    (directory / "ansible.cfg").write_text("[defaults]\nlocalhost_warning = False\n")
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
    ansible_become: false
    fxp_control_port: {port}
    fxp_passive_ports: {ports}
    fxp_tls: none
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


FROM_BETA = f"ip saddr {DESTINATION} tcp dport {PASSIVE_PORTS}"
REACHES = "look at alpha first: the connection of beta reaches alpha and is"
PLACES = [
    ("source", "input", f"{FROM_BETA} reject with icmp type admin-prohibited", f"{REACHES} rejected there"),
    # Silence takes its time.
    ("source", "input", f"{FROM_BETA} drop", f"{REACHES} dropped there"),
    ("destination", "output", f"tcp dport {PASSIVE_PORTS} drop", "look at beta first: the connection does not leave beta"),
    ("source", "input", f"{FROM_BETA} reject with tcp reset", f"{REACHES} rejected there"),
    ("destination", "output", f"tcp dport {PASSIVE_PORTS} reject with tcp reset", "beta first: the connection does not leave"),
]


@pytest.mark.parametrize(("name", "hook", "rule", "verdict"), PLACES if LONG else [PLACES[0], PLACES[-1]])
def test_smoke_test_tells_where(filters: Network, name: str, hook: str, rule: str, verdict: str) -> None:
    """The role on real daemons: a transfer that got no answer, and the place that both servers showed."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="fxp-integration-"))
    root.chmod(0o711)
    servers: list[Proftpd] = []
    try:
        servers = [filters.start(root, host, ALLOW) for host in ("source", "destination")]
        filters.filter(name, hook, rule)
        for host, namespace in filters.names.items():
            interpreter = root / f"python-{host}"
            interpreter.write_text(f'#!/bin/sh\nexec ip netns exec {namespace} {sys.executable} "$@"\n')
            interpreter.chmod(0o755)
        inventory = INVENTORY.format(
            port=PORT,
            ports=PASSIVE_PORTS,
            user=USER,
            password=json.dumps(PASSWORD),
            python=root / "python",
            source=SOURCE,
            destination=DESTINATION,
        )
        (root / "inventory.yml").write_text(inventory)
        done = play(root, "-i", "inventory.yml", "proftpd.fxp.smoke_test")
        left = [server.files() for server in servers]
    finally:
        for daemon in servers:
            daemon.stop()
        shutil.rmtree(root)
    assert done.returncode == 2, done.stdout + done.stderr
    assert verdict in done.stdout, done.stdout + done.stderr
    assert "not certain" not in done.stdout
    assert PASSWORD not in done.stdout + done.stderr
    assert left == [set(), set()]
