# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network namespace of its own for nft, and rules as the module makes them."""

from __future__ import annotations

import os
import subprocess
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.text import text_of
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Wish, read_wish


@pytest.fixture
def nft() -> t.Iterator[Nft]:
    """The real nft, in a network namespace that nobody else sees."""
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--user", "--map-root-user"]
    enter = ["--net"] if os.geteuid() == 0 else ["--net", "--user", "--preserve-credentials"]
    with subprocess.Popen([*unshare, "sh", "-c", "echo ready; exec sleep 300"], stdout=subprocess.PIPE, text=True) as holder:
        if holder.stdout is None or holder.stdout.readline() != "ready\n":
            raise RuntimeError("No network namespace could be made.")
        yield Nft(["nsenter", f"--target={holder.pid}", *enter])
        holder.kill()


def wish_of(*peers: str, clients: t.Sequence[str] = ("0.0.0.0/0", "::/0"), **changes: t.Any) -> Wish:
    """The wish of a server with these peers, of either family; ``changes`` are to its data."""
    ports = {"first": 50000, "last": 50099}
    data: dict[str, t.Any] = {
        "control_port": 21,
        "passive_ports": ports,
        "addresses": ["198.51.100.11"],
        "clients4": [network for network in clients if ":" not in network],
        "clients6": [network for network in clients if ":" in network],
    }
    for family in (4, 6):
        rows = [
            {"name": f"peer{number:04}", "addresses": [address]}
            for number, address in enumerate(peers)
            if (":" in address) is (family == 6)
        ]
        data.update({f"peers{family}": rows, f"outgoing{family}": [{**row, **ports} for row in rows]})
    return read_wish({**data, **changes})


@pytest.fixture
def rules() -> t.Callable[..., str]:
    """The rules file for such a wish."""
    return lambda *peers, **changes: text_of(wish_of(*peers, **changes))
