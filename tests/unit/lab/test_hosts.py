# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import tarfile

import pytest
from hosts import MOST_SERVERS, OTHERS, Host, fleet, overlay

HOSTS = fleet()
SERVERS = [host for host in HOSTS if host.group == "fxp_servers"]


def archive(host: Host) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(overlay(host, "ssh-ed25519 KEY lab\n")))


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
def test_every_host_lets_the_key_in_and_has_no_host_key_of_the_image(host: Host) -> None:
    with archive(host) as tar:
        keys = tar.getmember("root/.ssh/authorized_keys")
        content = tar.extractfile(keys)
        assert content is not None
        assert (keys.mode, content.read()) == (0o600, b"ssh-ed25519 KEY lab\n")
        assert not [name for name in tar.getnames() if "ssh_host" in name]


@pytest.mark.parametrize("host", SERVERS, ids=lambda host: host.name)
def test_servers_load_the_operators_firewall_at_boot(host: Host) -> None:
    with archive(host) as tar:
        link = tar.getmember("etc/systemd/system/sysinit.target.wants/nftables.service")
        assert link.linkname == "/lib/systemd/system/nftables.service"
        assert "etc/nftables.conf" in tar.getnames()


@pytest.mark.parametrize("host", OTHERS, ids=lambda host: host.name)
def test_other_hosts_have_no_firewall(host: Host) -> None:
    with archive(host) as tar:
        assert not [name for name in tar.getnames() if "nftables" in name]


def test_names_and_addresses_are_unique_and_stay_when_servers_are_added() -> None:
    hosts = fleet(MOST_SERVERS)
    assert len({host.name for host in hosts}) == len({host.address for host in hosts}) == len(hosts) == MOST_SERVERS + len(OTHERS)
    assert set(HOSTS) < set(hosts)
    assert [host.name for host in fleet(1)] == ["ftp1", "client", "stranger"]
