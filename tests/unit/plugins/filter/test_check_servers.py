# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.proftpd.fxp.plugins.filter.check_servers import check_servers
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.request import mesh_options, parse_mesh

SERVER = {
    "address": "198.51.100.11",
    "public_control_port": 2121,
    "announced": "203.0.113.1",
    "passive_ports": {"first": 61000, "last": 61099},
}
HOSTVARS = {
    "ftp1": {"fxp_check_user": "fxpcheck", "fxp_check_password": "correct horse"},
    "ftp2": {"fxp_check_user": "other", "fxp_check_password": "battery staple"},
    "ftp3": {},
}


def plan(**servers: t.Any) -> dict[str, t.Any]:
    return {"servers": {name: {**SERVER, **more} for name, more in servers.items()}, "partners": {}}


def test_every_server_has_its_own_login() -> None:
    found = check_servers(plan(ftp1={}, ftp2={"address": "198.51.100.12"}), HOSTVARS)
    assert found["ftp1"] == {
        "host": "198.51.100.11",
        "port": 2121,
        "user": "fxpcheck",
        "password": "correct horse",
        "expected_address": "203.0.113.1",
        "passive_ports": "61000-61099",
    }
    assert [found["ftp2"][key] for key in ("host", "user", "password")] == ["198.51.100.12", "other", "battery staple"]


def test_some_servers_only() -> None:
    assert list(check_servers(plan(ftp1={}, ftp2={}), HOSTVARS, names=["ftp2", "gone"])) == ["ftp2"]


def test_the_mesh_takes_it() -> None:
    servers = check_servers(plan(ftp1={}, ftp2={}), HOSTVARS)
    checked = ArgumentSpecValidator(mesh_options(servers)).validate({"servers": servers})
    assert checked.error_messages == []
    assert parse_mesh(checked.validated_parameters).request.servers["ftp1"].passive_ports == (61000, 61099)


@pytest.mark.parametrize(("tls", "wanted"), [("required", "explicit"), ("control", "explicit"), ("none", None)])
def test_tls_is_said_where_the_plan_has_it(tls: str, wanted: str | None) -> None:
    bare, found = (check_servers(plan(ftp1={"tls": tls}), HOSTVARS, content)["ftp1"] for content in (None, "PEM"))
    assert (found.get("tls"), found.get("ca_content")) == (wanted, "PEM" if wanted else None)
    assert "ca_content" not in bare


def test_a_missing_account_is_named() -> None:
    with pytest.raises(AnsibleFilterError, match="ftp3 has no fxp_check_user and no fxp_check_password; say it"):
        check_servers(plan(ftp3={}), HOSTVARS)
