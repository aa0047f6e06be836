# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which firewall manager is taken, as a second one would be added: by one row."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import choose, detect, managers
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._firewall.toy import Toy


def deciding(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(detect, "active", lambda commands, ruleset: list(names))


@pytest.mark.parametrize(("names", "taken"), [((), "nftables"), (("toy",), "toy")])
def test_who_decides_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, names: tuple[str, ...], taken: str
) -> None:
    monkeypatch.setitem(managers.BACKENDS, "toy", lambda root: Toy(tmp_path / "kernel"))
    deciding(monkeypatch, *names)
    assert choose.choose(detect.Commands()).name == taken


def test_who_decides_without_a_row_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    deciding(monkeypatch, "toy")
    with pytest.raises(FirewallError, match="toy decides on connections here"):
        choose.choose(detect.Commands())


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        ((), "nftables"),
        (("firewall.nft",), "nftables"),
        (("firewall.toy",), "toy"),
        (("firewall.nft.new", "firewall.toy"), "nftables"),
        (("firewall.nft", "firewall.toy.new"), "toy"),
    ],
)
def test_at_boot_the_files_tell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, files: tuple[str, ...], taken: str
) -> None:
    monkeypatch.setitem(managers.BACKENDS, "toy", lambda root: Toy(tmp_path / "kernel"))
    (tmp_path / "etc/proftpd-fxp").mkdir(parents=True)
    for name in files:
        (tmp_path / "etc/proftpd-fxp" / name).touch()
    assert managers.in_use(str(tmp_path)).name == taken
