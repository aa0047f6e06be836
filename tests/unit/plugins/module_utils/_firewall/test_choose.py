# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which firewall manager is taken, as a second one would be added: by one row."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import choose, detect, managers
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.toy import Toy

PENDING = "../../run/proftpd-fxp/firewall.pending"


def deciding(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(detect, "active", lambda commands, ruleset: list(names))


@pytest.mark.parametrize(("names", "taken"), [((), "nftables"), (("toy",), "toy")])
def test_who_decides_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, names: tuple[str, ...], taken: str
) -> None:
    monkeypatch.setitem(managers.BACKENDS, "toy", managers.Row(lambda root: Toy(tmp_path / "kernel"), Toy.ending, Toy.service))
    deciding(monkeypatch, *names)
    assert choose.choose(detect.Commands()).name == taken


@pytest.mark.parametrize(
    ("names", "wanted", "told"),
    [
        (("pf",), "auto", r"pf decides on connections here.*rules of nftables.*switch pf off.*fxp_firewall_backend to none"),
        (("pf", "toy"), "auto", r"pf and toy decide on connections here.*switch one of them off.*fxp_firewall_backend to none"),
        (("toy",), "nftables", r"fxp_firewall_backend is nftables, but toy decides.*say auto or toy, or switch toy off"),
        (("pf",), "toy", r"pf decides on connections here"),
        ((), "toy", r"fxp_firewall_backend is toy, but toy decides on nothing here; switch toy on, or say auto or nftables"),
        ((), "pf", r"fxp_firewall_backend is pf, and this release.*leave it at auto.*none"),
    ],
)
def test_what_cannot_be_had_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, names: tuple[str, ...], wanted: str, told: str
) -> None:
    monkeypatch.setitem(managers.BACKENDS, "toy", managers.Row(lambda root: Toy(tmp_path / "kernel"), Toy.ending, Toy.service))
    deciding(monkeypatch, *names)
    with pytest.raises(FirewallError, match=told):
        choose.choose(detect.Commands(), wanted)


@pytest.mark.parametrize(("names", "wanted"), [((), "nftables"), (("toy",), "toy")])
def test_who_decides_may_be_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, names: tuple[str, ...], wanted: str
) -> None:
    monkeypatch.setitem(managers.BACKENDS, "toy", managers.Row(lambda root: Toy(tmp_path / "kernel"), Toy.ending, Toy.service))
    deciding(monkeypatch, *names)
    assert choose.choose(detect.Commands(), wanted).name == wanted


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        ((), "nftables"),
        (("firewall.nft",), "nftables"),
        (("firewall.toy",), "toy"),
        (("firewall.nft.new", "firewall.toy", PENDING), "nftables"),
        (("firewall.nft", "firewall.toy.new", PENDING), "toy"),
        # A reboot has forgotten the trial.
        (("firewall.nft", "firewall.toy.new"), "nftables"),
        # The place of one is being taken by the other.
        (("firewall.nft", "firewall.toy"), "toy"),
        (("firewall.toy", "firewall.nft"), "nftables"),
    ],
)
def test_at_boot_the_files_tell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, files: tuple[str, ...], taken: str
) -> None:
    monkeypatch.setitem(managers.BACKENDS, "toy", managers.Row(lambda root: Toy(tmp_path / "kernel"), Toy.ending, Toy.service))
    (tmp_path / "etc/proftpd-fxp").mkdir(parents=True)
    (tmp_path / "run/proftpd-fxp").mkdir(parents=True)
    for at, name in enumerate(files):
        path = tmp_path / "etc/proftpd-fxp" / name
        path.touch()
        os.utime(path, (at + 1, at + 1))
    assert managers.in_use(str(tmp_path)).name == taken


@pytest.mark.parametrize("name", managers.BACKENDS)
def test_rows_say_what_the_backends_say(name: str, tmp_path: pathlib.Path) -> None:
    row = managers.BACKENDS[name]
    made = row.make(str(tmp_path))
    assert (made.name, made.ending, made.service, made.keeper) == (name, row.ending, row.service, row.keeper)


def test_only_the_code_of_the_manager_in_use_is_read(tmp_path: pathlib.Path) -> None:
    """What a run that changes nothing takes on each host is mostly the reading of code."""
    room = "ansible_collections.proftpd.fxp.plugins.module_utils"
    code = (
        f"import sys\nfrom {room}._look import parts, survey\nfrom {room}._firewall import make, managers, state\n"
        f"host = state.Host(managers.in_use({str(tmp_path)!r}), {str(tmp_path)!r})\n"
        "host.others(), make.program(), make.units.files(host), make.units.unwanted(host)\n"
        f"print(*(name[len('{room}.'):] for name in sys.modules if name.startswith('{room}.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, timeout=60)
    read = set(done.stdout.split())
    assert "_firewall.nftables.backend" in read
    rare = ("_firewall.firewalld", "_firewall.guarded", "_firewall.iptables", "_firewall.ufw.", "_proftpd.lints")
    assert not [name for name in read if name.startswith(rare)]
