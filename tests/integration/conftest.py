# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers for the tests. Whatever a test does to them, no file of a check may be left on them."""

from __future__ import annotations

import ctypes
import pathlib
import shutil
import subprocess
import tempfile
import typing as t

import pytest

from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, DIGEST, Proftpd, free_ports
from ansible_collections.proftpd.fxp.tests.integration.languages import make_locales

# Each is the address of one server; the checker comes from 127.0.0.1, so the servers are foreign to one another and to it.
SOURCE, DESTINATION = "127.0.1.1", "127.0.1.2"


_CLONE_NEWNET = 0x40000000  # linux/sched.h


def pytest_configure(config: pytest.Config) -> None:
    """
    Give each of several workers a loopback of its own, for servers of all tests listen at the same addresses.

    A port that a daemon leaves for a moment, as it restarts, would else be free for another worker's.
    """
    if hasattr(config, "workerinput"):
        if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "cannot make a network of the worker's own")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


class Starter(t.Protocol):
    """Starts a daemon with the given directives."""

    def __call__(self, address: str, directives: str = ALLOW + DIGEST, port: int | None = None) -> Proftpd:
        """The daemon, listening."""


def started(prefix: t.Sequence[str] = ()) -> t.Iterator[Starter]:
    """A starter whose daemons end with the generator, which then looks for files that were left. ``prefix`` starts them."""
    servers: list[Proftpd] = []
    # Not pytest's own directory: the account has to reach its home, and that one is open to its owner only.
    root = pathlib.Path(tempfile.mkdtemp(prefix="fxp-integration-"))
    root.chmod(0o711)

    def start(address: str, directives: str = ALLOW + DIGEST, port: int | None = None) -> Proftpd:
        server = Proftpd(root / str(len(servers)), address, directives, port or free_ports(address), prefix)
        servers.append(server)
        server.wait()
        return server

    try:
        yield start
    finally:
        for server in servers:
            server.stop()
        left = {server.address: server.files() - server.kept for server in servers}
        lost = {server.address: server.kept - server.files() for server in servers}
        shutil.rmtree(root)
    nothing: dict[str, set[str]] = {server.address: set() for server in servers}
    assert (left, lost) == (nothing, nothing)


@pytest.fixture
def start() -> t.Iterator[Starter]:
    """Daemons for one test."""
    yield from started()


@pytest.fixture(scope="session")
def common_pair() -> t.Iterator[tuple[Proftpd, Proftpd]]:
    """Two daemons that do everything right, for all tests."""
    for starter in started():
        yield starter(SOURCE), starter(DESTINATION)


@pytest.fixture(scope="session")
def authority() -> t.Iterator[Authority]:
    """The certification authority that all servers of the tests share."""
    with tempfile.TemporaryDirectory(prefix="fxp-integration-ca-") as root:
        yield Authority(pathlib.Path(root))


@pytest.fixture(scope="session")
def locales() -> t.Iterator[pathlib.Path]:
    """A directory with the locales of ``LANGUAGES``."""
    with tempfile.TemporaryDirectory(prefix="fxp-integration-locales-") as root:
        make_locales(pathlib.Path(root))
        yield pathlib.Path(root)


@pytest.fixture
def pair(common_pair: tuple[Proftpd, Proftpd]) -> t.Iterator[tuple[Proftpd, Proftpd]]:
    """The common two daemons, and a look for files that the test left there."""
    yield common_pair
    assert [server.files() for server in common_pair] == [server.kept for server in common_pair]
