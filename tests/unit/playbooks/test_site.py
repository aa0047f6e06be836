# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What playbooks refuse before they contact a host, or change one. Nothing answers where most of the hosts are said to be."""

from __future__ import annotations

import json
import os
import pathlib
import re
import socket
import subprocess
import typing as t

import pytest

from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.certificate.openssl_authority import (
    Authority,
    openssl,
)

KEY = "-----BEGIN PRIVATE KEY-----\nMarkedSecret\n-----END PRIVATE KEY-----\n"
Hosts = dict[str, dict[str, t.Any]]


def site(
    directory: pathlib.Path, hosts: Hosts, *arguments: str, playbook: str = "site", passes: bool = False, **said: t.Any
) -> str:
    """Run the playbook verbosely for servers on ports of loopback where nothing listens, and return all that it wrote."""
    nowhere = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1"}
    servers = {
        name: {"fxp_address": f"203.0.113.{number}", **nowhere, "ansible_port": number, **mine}
        for number, (name, mine) in enumerate(hosts.items(), 1)
    }
    inventory = directory / "inventory.json"
    inventory.write_text(json.dumps({"fxp_servers": {"hosts": servers, "vars": {"fxp_firewall_backend": "nftables", **said}}}))
    done = subprocess.run(
        ["ansible-playbook", "-vvv", "-i", str(inventory), f"proftpd.fxp.{playbook}", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
    )
    assert (done.returncode == 0) == passes, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


def test_an_authority_that_is_not_there_is_told_before_any_host_changes(tmp_path: pathlib.Path) -> None:
    output = site(tmp_path, {"ftp1": {}, "ftp2": {}}, fxp_tls_ca_cert="our.pem")
    assert f"fxp_tls_ca_cert: the file {tmp_path}/our.pem does not exist on the controller; put it there, or leave" in output
    assert "unreachable=1" not in output


@pytest.mark.parametrize(
    ("brought", "missing"),
    [
        ({"fxp_tls_certificate": "mine.pem", "fxp_tls_private_key": "mine.key"}, "fxp_tls_certificate: the file {}/mine.pem"),
        (
            {"fxp_tls_certificate": "our.pem", "fxp_tls_private_key": "/srv/away.key"},
            "fxp_tls_private_key: the file /srv/away.key",
        ),
    ],
)
def test_so_is_a_certificate_that_a_server_brings(tmp_path: pathlib.Path, brought: dict[str, str], missing: str) -> None:
    Authority(tmp_path, "our")
    output = site(tmp_path, {"ftp1": {}, "ftp2": brought}, fxp_tls_ca_cert="our.pem")
    assert f"ftp2: {missing.format(tmp_path)} does not exist on the controller; put it there." in output
    assert "unreachable=1" not in output


def test_with_all_files_there_the_hosts_are_asked_and_no_key_is_shown(tmp_path: pathlib.Path) -> None:
    Authority(tmp_path, "our")
    brought = {"fxp_tls_certificate": "our.pem", "fxp_tls_private_key": KEY}
    output = site(tmp_path, {"ftp1": {}, "ftp2": brought}, fxp_tls_ca_cert="our.pem")
    assert output.count("unreachable=1") == 2
    assert "MarkedSecret" not in output


@pytest.mark.parametrize(
    ("tag", "does"),
    [
        ("firewall", {"Load the rules of the plan, unless they cut Ansible off"}),
        ("accounts", {"Give every account its password and its home"}),
        ("certificates", {"Put what the server trusts into its place, and ask whether its certificate does"}),
        (
            "server",
            {
                "Give every account its password and its home",
                "Put what the server trusts into its place, and ask whether its certificate does",
                "Put the configuration into force",
            },
        ),
    ],
)
def test_a_part_is_done_alone_behind_the_look(tmp_path: pathlib.Path, tag: str, does: set[str]) -> None:
    tasks = site(tmp_path, {"ftp1": {}, "ftp2": {}}, "--list-tasks", "--tags", tag, passes=True)
    ahead, roles = tasks.split("Make the servers FXP-capable")
    assert "look : Look TAGS" in ahead
    assert "look : Stop before any host changes where one cannot be served as planned" in ahead
    assert ("Refuse a part whose servers are not ready for it" in roles) == (tag != "firewall")
    changing = {
        "Load the rules of the plan, unless they cut Ansible off",
        "Give every account its password and its home",
        "Put what the server trusts into its place, and ask whether its certificate does",
        "Put the configuration into force",
    }
    assert {each for each in changing if each in roles} == does


def test_no_part_is_skipped_with_the_look(tmp_path: pathlib.Path) -> None:
    output = site(tmp_path, {"ftp1": {}, "ftp2": {}}, "--skip-tags", "firewall")
    assert "--skip-tags firewall: name the parts that are to be done instead, with --tags." in output
    assert "unreachable=1" not in output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nothing\n", "has no certificate in it; write the certificate of the"),
        (KEY, "has a private key in it, and every server would get it"),
    ],
)
def test_so_is_a_file_that_is_no_authority(tmp_path: pathlib.Path, text: str, told: str) -> None:
    (tmp_path / "fxp-ca.pem").write_text(text)
    output = site(tmp_path, {"ftp1": {}, "ftp2": {}})
    assert f"fxp_tls_ca_cert: {tmp_path}/fxp-ca.pem {told}" in output
    assert "unreachable=1" not in output
    assert "MarkedSecret" not in output


def test_no_authority_is_made_for_servers_that_nobody_asked(tmp_path: pathlib.Path) -> None:
    site(tmp_path, {"ftp1": {}, "ftp2": {}})
    assert not list(tmp_path.glob("fxp-ca.*"))


# Hosts that are this machine, which answer, have no ProFTPD, and would fail at the firewall.
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}


def key_with_passphrase(key: pathlib.Path) -> None:
    key.write_text(openssl("pkey", "-aes256", "-passout", "pass:secret", text=key.read_text()))


def key_of_another(key: pathlib.Path) -> None:
    key.write_text(Authority(key.parent, "another").key.read_text())


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (
            pathlib.Path.unlink,
            "the certificate of ftp1 is not at /etc/proftpd/fxp-tls.pem, and the key that signs a new one is not there: {key}.",
        ),
        (key_with_passphrase, "{key} has a passphrase, which nobody could type in; encrypt it with ansible-vault instead."),
        (key_of_another, "{key} is the key of another authority: "),
    ],
)
def test_a_key_that_cannot_sign_is_told_before_any_host_changes(
    tmp_path: pathlib.Path, damage: t.Callable[[pathlib.Path], None], told: str
) -> None:
    authority = Authority(tmp_path, "fxp-ca")
    damage(authority.key)
    output = site(tmp_path, {"ftp1": LOCAL}, fxp_tls_ca_cert="fxp-ca.pem")
    assert told.format(key=f"fxp_tls_ca_key: {authority.key}") in output
    assert "No host was changed." in output
    assert "firewall : Load" not in output


def test_none_is_made_where_a_server_was_out_of_reach(tmp_path: pathlib.Path) -> None:
    output = site(tmp_path, {"ftp1": LOCAL, "ftp2": {}}, fxp_vantage="another")
    assert "could not be seen on ftp2 (out of reach, or failed), and the controller has no certificate" in output
    assert f"fxp_tls_ca_key: {tmp_path}/fxp-ca.key" in output
    assert "firewall : Load" not in output
    assert not list(tmp_path.glob("fxp-ca.*"))


@pytest.mark.parametrize("arguments", [(), ("--check",)])
def test_none_is_promised_where_its_files_cannot_be_made(tmp_path: pathlib.Path, arguments: tuple[str, ...]) -> None:
    output = site(tmp_path, {"ftp1": LOCAL}, *arguments, fxp_tls_ca_key="away/our.key", fxp_vantage="another")
    assert f"fxp_tls_ca_key: no authority of the fleet can be made at {tmp_path}/away/our.key: {tmp_path}/away: No such" in output
    assert "firewall : Load" not in output


@pytest.mark.parametrize("playbook", ["smoke_test", "audit"])
def test_what_checks_servers_names_the_authority_that_is_not_there(tmp_path: pathlib.Path, playbook: str) -> None:
    account = {"fxp_check_user": "check", "fxp_check_password": "correct-horse-battery"}
    output = site(tmp_path, {"ftp1": {}, "ftp2": {}}, playbook=playbook, **account)
    assert f"fxp_tls_ca_cert: the file {tmp_path}/fxp-ca.pem does not exist on the controller, and without it" in output
    assert "unreachable=1" not in output


@pytest.mark.parametrize("playbook", ["smoke_test", "audit"])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", "cannot be read: "),
        ("nothing\n", "has no certificate in it; write the certificate of the"),
    ],
)
def test_and_the_one_that_cannot_be_read(tmp_path: pathlib.Path, playbook: str, text: str, told: str) -> None:
    (tmp_path / "fxp-ca.pem").write_text(text)
    account = {"fxp_check_user": "check", "fxp_check_password": "correct-horse-battery"}
    output = site(tmp_path, {"ftp1": {}, "ftp2": {}}, playbook=playbook, **account)
    assert f"{tmp_path}/fxp-ca.pem {told}" in output
    assert "Finalization" not in output
    assert "unreachable=1" not in output


def test_a_smoke_test_that_ends_early_leaves_no_earlier_report(tmp_path: pathlib.Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "junit.xml").touch()
    # Refused by the plan.
    output = site(
        tmp_path, {"ftp1": {"fxp_tls": "perhaps"}}, playbook="smoke_test", smoke_test_report_directory=str(tmp_path / "report")
    )
    assert "fxp_tls" in output
    assert not list((tmp_path / "report").iterdir())


def test_the_directory_of_the_rule_sheet_is_made(tmp_path: pathlib.Path) -> None:
    site(tmp_path, {"ftp1": {}, "ftp2": {}}, playbook="rule_sheet", passes=True, rule_sheet_directory=str(tmp_path / "a" / "b"))
    assert len(list((tmp_path / "a" / "b").iterdir())) == 3
    sheet = (tmp_path / "a" / "b" / "rule_sheet.json").read_text()
    assert sheet == json.dumps(json.loads(sheet), indent=2) + "\n", "it depends on the release of ansible-core"


def test_what_stands_against_the_authority_is_told_with_what_stands_against_hosts(tmp_path: pathlib.Path) -> None:
    authority = Authority(tmp_path, "fxp-ca")
    authority.key.unlink()
    with socket.create_server(("127.0.0.2", 0)) as taken:
        # A machine without systemd is refused for that, one with it for the port.
        output = site(tmp_path, {"ftp1": LOCAL}, fxp_tls_ca_cert="fxp-ca.pem", fxp_control_port=taken.getsockname()[1])
    first, *others = re.findall(r"of 1 servers cannot be served as planned\. No host was changed\. (.*?) PLAY RECAP", output)
    assert "ftp1: " in first
    assert "the certificate of ftp1 is not at /etc/proftpd/fxp-tls.pem, and the key that signs a new one is not there" in first
    assert not others
