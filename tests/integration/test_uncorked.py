# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real daemons that are started as fxp_tls_uncork starts them: files over TLS and in the clear arrive whole in all roles."""

from __future__ import annotations

import itertools
import sys
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import processes
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import uncork_program
from ansible_collections.proftpd.fxp.tests.integration.certificates import Authority, tls
from ansible_collections.proftpd.fxp.tests.integration.conftest import Starter, started
from ansible_collections.proftpd.fxp.tests.integration.daemons import ALLOW, DIGEST, Proftpd
from ansible_collections.proftpd.fxp.tests.integration.meshing import mesh

Pair = t.Tuple[Proftpd, Proftpd]


@pytest.fixture
def start_uncorked() -> t.Iterator[Starter]:
    yield from started([sys.executable, "-IS", uncork_program.__file__])


@pytest.mark.parametrize("size", [0, 1, 1000, 1_000_000, 30_000_000])
def test_files_arrive_whole_in_all_roles(start_uncorked: Starter, start: Starter, authority: Authority, size: int) -> None:
    """Between two that are uncorked, and between such a one and one that is not."""
    fleet: dict[str, t.Any] = {}
    for address, starter in (("127.0.8.1", start_uncorked), ("127.0.8.2", start_uncorked), ("127.0.8.3", start)):
        directives = ALLOW + DIGEST + tls(authority.issue(address), authority.path, "NoSessionReuseRequired")
        server = starter(address, directives)
        assert processes.is_filtered(server.process.pid) is (starter is start_uncorked)
        fleet[address] = server.options(tls="explicit", ca_path=str(authority.path))
    for clear in (False, True):
        outcome = mesh(fleet, clear=clear, payload_size=size)
        assert [leg["ok"] for leg in outcome.legs] == [True] * 2 * len(list(itertools.permutations(fleet, 2)))
