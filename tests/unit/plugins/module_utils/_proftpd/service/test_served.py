# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ports are to be guarded because a server of ours has them."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import socket

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host.platform import USUAL
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import swap
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service.served import Served, served

OURS = f"# {swap.MARK}\n"
OLD, NEW = OURS + "Port 2121\nPassivePorts 50000 50099\n", OURS + "Port 21\nPassivePorts 50050 50149\n"


def of(directory: pathlib.Path, pid: int = 0) -> Served:
    row = dataclasses.replace(USUAL, configuration=str(directory / "proftpd.conf"))
    return served(row, lambda unit: pid)


@pytest.mark.parametrize(
    ("text", "control", "passive"),
    [
        (OLD, {2121}, {(50000, 50099)}),
        (OURS, {21}, set()),
        # Not ours to guard.
        ("Port 2121\nPassivePorts 50000 50099\n", set(), set()),
        # Edited since.
        (OURS + "Port 0\nPassivePorts 50099 50000\n", set(), set()),
        (OURS + "Port 99999\nPassivePorts 1 99999\n", set(), set()),
        (OURS + "Port %{env:PORT}\n", set(), set()),
        (OURS + "<Global>\n", set(), set()),
        (OLD + "<VirtualHost 198.51.100.1>\nPort 990\nPassivePorts 1 2\n</VirtualHost>\n", {2121}, {(50000, 50099)}),
    ],
)
def test_what_the_file_says(tmp_path: pathlib.Path, text: str, control: set[int], passive: set[tuple[int, int]]) -> None:
    (tmp_path / "proftpd.conf").write_text(text)
    assert of(tmp_path) == Served(frozenset(control), frozenset(passive))


def test_a_host_without_a_server(tmp_path: pathlib.Path) -> None:
    assert of(tmp_path) == Served()


def test_a_run_that_was_killed_leaves_two(tmp_path: pathlib.Path) -> None:
    (tmp_path / "proftpd.conf").write_text(NEW)
    (tmp_path / "proftpd.conf.fxp-previous").write_text(OLD)
    assert of(tmp_path) == Served(frozenset({21, 2121}), frozenset({(50000, 50099), (50050, 50149)}))


def test_the_daemon_may_still_have_what_the_file_does_not_say(tmp_path: pathlib.Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as main, socket.create_server(("127.0.0.1", 0)) as other:
        port, others = main.getsockname()[1], other.getsockname()[1]
        (tmp_path / "proftpd.conf").write_text(f"{NEW}<VirtualHost 127.0.0.1>\nPort {others}\n</VirtualHost>\n")
        found = of(tmp_path, os.getpid()).control
    assert {21, port} <= found
    assert others not in found
