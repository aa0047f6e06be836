# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Other programs on the ports of the plan. Real sockets of this process; what has other names than it is said."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import sockets
from ansible_collections.proftpd.fxp.plugins.module_utils._host.sockets import Listener, Process
from ansible_collections.proftpd.fxp.plugins.module_utils._look import listeners

NOBODY = 0


@contextlib.contextmanager
def listening(address: str, family: int = socket.AF_INET) -> t.Iterator[int]:
    with socket.create_server((address, 0), family=family) as server:
        yield server.getsockname()[1]


def said(program: str, port: int, address: str = "0.0.0.0", pid: int = 700, unit: str | None = None) -> Listener:
    return Listener(ipaddress.ip_address(address), port, (Process(pid, program),), unit)


@pytest.mark.parametrize(
    ("address", "family"),
    [("127.0.0.2", socket.AF_INET), ("0.0.0.0", socket.AF_INET), ("::1", socket.AF_INET6), ("::", socket.AF_INET6)],
)
def test_the_control_port_is_refused_at_whatever_address_another_has_it(address: str, family: int) -> None:
    with listening(address, family) as port:
        (refusal,) = listeners.on_control_port(sockets.listeners(), port, NOBODY)
        assert (refusal.code, refusal.variable, refusal.value) == ("control_port_taken", "fxp_control_port", port)
        assert f"port {port} is taken by " in refusal.sentence
        assert f"(process {os.getpid()}), which listens on {address}." in refusal.sentence
        # Our own service is nobody else.
        assert listeners.on_control_port(sockets.listeners(), port, os.getpid()) == []
    assert listeners.on_control_port(sockets.listeners(), port, NOBODY) == []


def test_a_second_proftpd_that_is_not_the_service_is_another() -> None:
    assert listeners.on_control_port([said("proftpd", 21, pid=9)], 21, 8)


def test_what_systemd_listens_for_is_named_by_its_unit() -> None:
    (refusal,) = listeners.on_control_port([said("systemd", 21, "::", 1, "other.socket")], 21, NOBODY)
    assert "port 21 is taken by the unit other.socket of systemd, which listens on ::." in refusal.sentence


@pytest.mark.parametrize("reached", [True, False])
def test_inside_the_passive_range_it_counts_whether_anybody_gets_in_now(reached: bool) -> None:
    with listening("0.0.0.0") as port:
        found = listeners.in_passive_range(sockets.listeners(), (port, port), lambda asked: reached)
    name = f"{port}-{port} has port {port} in it, on which "
    if reached:
        (refusal,) = found.refusals
        assert (refusal.code, refusal.variable, refusal.value) == ("passive_port_taken", "fxp_passive_ports", f"{port}-{port}")
        assert refusal.sentence.startswith(name)
        assert found.warnings == []
    else:
        (warning,) = found.warnings
        assert name in warning
        assert found.refusals == []


@pytest.mark.parametrize(
    "each",
    [
        said("proftpd", 61010),  # a session that waits for a data connection
        said("postgres", 61010, "127.0.0.1"),
        said("postgres", 61010, "::1"),
        said("postgres", 60999),
        said("postgres", 61050),
    ],
)
def test_what_the_rules_do_not_cut_off_is_passed_over(each: Listener) -> None:
    found = listeners.in_passive_range([each], (61000, 61049), lambda port: True)
    assert found == listeners.Passive([], [])


def test_one_program_at_two_addresses_is_told_once() -> None:
    both = [said("glusterfsd", 61010), said("glusterfsd", 61010, "::")]
    assert len(listeners.in_passive_range(both, (61000, 61049), lambda port: True).refusals) == 1
