# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import tarfile

import hosts
import pytest
from hosts import MOST_SERVERS, OTHERS, RELEASE, RELEASES, Container, Host, fleet, overlay, with_releases
from machine import Problem

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


def test_hosts_run_debian_12_or_what_they_are_asked_to_run() -> None:
    made = with_releases(fleet(2), {"ftp2": "trixie", "client": "sid"}, {})
    assert {host.name: host.release for host in made} == {"ftp1": RELEASE, "ftp2": "trixie", "client": "sid", "stranger": RELEASE}


def test_hosts_keep_their_release_until_they_are_asked_to_run_another() -> None:
    present = {name: Container("running", "", "", "trixie") for name in ("ftp1", "ftp2")}
    made = with_releases(fleet(3), {"ftp2": "sid"}, present)
    assert [host.release for host in made[:3]] == ["trixie", "sid", RELEASE]


def test_a_release_for_a_host_that_is_not_to_be_is_refused() -> None:
    with pytest.raises(Problem, match="asked for ftp3, ftp4, and this lab is to have ftp1, ftp2, client, stranger"):
        with_releases(fleet(2), {"ftp4": "sid", "ftp2": "sid", "ftp3": "sid"}, {})


@pytest.mark.parametrize("release", RELEASES)
def test_only_where_the_machine_has_older_cgroups_too_a_new_systemd_gets_the_newer_tree(
    release: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Host("one", 11, "fxp_servers", release=release)
    monkeypatch.setattr(hosts, "on_cgroups_v2", lambda: True)
    kinder = host.run_options
    monkeypatch.setattr(hosts, "on_cgroups_v2", lambda: False)
    assert "--systemd=always" in kinder
    assert ("--systemd=always" not in host.run_options) == (release == "sid")
    assert set(hosts.RUN_OPTIONS) < set(host.run_options)
