# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network namespace of its own for nft, and the rules as the role's template prints them."""

from __future__ import annotations

import os
import pathlib
import subprocess
import typing as t

import jinja2
import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables import Nft

TEMPLATES = pathlib.Path(__file__).parents[5] / "roles" / "firewall" / "templates"

Wish = t.Dict[str, t.Any]


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


@pytest.fixture
def rules() -> t.Callable[..., str]:
    """The rules that the template prints for a server with these peers, of either family; *changes* are to its wish."""

    def render(*peers: str, clients: t.Sequence[str] = ("0.0.0.0/0", "::/0"), **changes: t.Any) -> str:
        ports = {"first": 50000, "last": 50099}
        families = {4: [], 6: []}  # type: dict[int, list[tuple[str, str]]]
        for number, address in enumerate(peers):
            families[6 if ":" in address else 4].append((f"peer{number:04}", address))
        wish: Wish = {
            "control_port": 21,
            "passive_ports": ports,
            "addresses": ["198.51.100.11"],
            "clients4": [network for network in clients if ":" not in network],
            "clients6": [network for network in clients if ":" in network],
            **changes,
        }
        for family, named in families.items():
            rows = [{"name": name, "addresses": [address]} for name, address in named]
            wish.update({f"peers{family}": rows, f"outgoing{family}": [{**row, **ports} for row in rows]})
        environment = jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
        environment.filters["comment"] = lambda text: f"#\n# {text}\n#"
        environment.filters["proftpd.fxp.firewall_wish"] = lambda plan, host: wish
        template = environment.from_string((TEMPLATES / "firewall.nft.j2").read_text())
        return template.render(inventory_hostname="own", _plan_fleet={})

    return render
