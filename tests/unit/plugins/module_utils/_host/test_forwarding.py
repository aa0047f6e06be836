# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a host forwards packets, and who had it do so."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host import forwarding
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    for path in ("proc/sys/net/ipv4", "proc/sys/net/ipv6/conf/all", "etc/sysctl.d", "usr/lib/sysctl.d"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "proc/sys/net/ipv4/ip_forward").write_text("0\n")
    (tmp_path / "proc/sys/net/ipv6/conf/all/forwarding").write_text("0\n")
    return tmp_path


def test_it_is_switched_on_and_off_again(root: pathlib.Path) -> None:
    here = str(root)
    assert not forwarding.is_on(4, here)
    assert not forwarding.switch_off(here)
    forwarding.switch_on(here)
    assert forwarding.is_on(4, here)
    assert forwarding.is_ours(here)
    file = root / forwarding.FILE.lstrip("/")
    assert "net.ipv4.ip_forward = 1\n" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o644
    assert forwarding.switch_off(here)
    assert not forwarding.is_on(4, here)
    assert not file.exists()


@pytest.mark.parametrize(
    "text", ["net.ipv4.ip_forward=1\n", "# forwards\n-net/ipv4/ip_forward = 1\n", "net.ipv4.conf.all.forwarding = 1\n"]
)
def test_what_others_switch_on_is_theirs(root: pathlib.Path, text: str) -> None:
    forwarding.switch_on(str(root))
    (root / "usr/lib/sysctl.d/50-router.conf").write_text(text)
    assert not forwarding.is_ours(str(root))
    assert forwarding.is_kept(str(root))
    assert forwarding.switch_off(str(root))
    assert not forwarding.is_kept(str(root))
    assert forwarding.is_on(4, str(root))


def test_where_the_kernel_does_not_let_itself_be_told(root: pathlib.Path) -> None:
    (root / "proc/sys/net/ipv4/ip_forward").unlink()
    (root / "proc/sys/net/ipv4/ip_forward").mkdir()
    with pytest.raises(HostError, match="cannot be switched on here"):
        forwarding.switch_on(str(root))
    assert not (root / forwarding.FILE.lstrip("/")).exists()


def test_ipv6_is_left_alone(root: pathlib.Path) -> None:
    with pytest.raises(HostError, match="IPv6 is not forwarded here"):
        forwarding.refuse_ipv6(str(root))
    (root / "proc/sys/net/ipv6/conf/all/forwarding").write_text("1\n")
    forwarding.refuse_ipv6(str(root))
