# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: check_servers
short_description: Tell checks how to log in to the servers of a plan
version_added: 0.2.0
description:
  - Makes of the plan and the hosts' variables what the option O(proftpd.fxp.fxp_mesh_check#module:servers) wants. The entry of
    one server is also what O(proftpd.fxp.fxp_check#module:source) and O(proftpd.fxp.fxp_check#module:destination) want.
  - The result has passwords in it. Hand it on to a module, and do not keep it in a fact.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - The plan that M(proftpd.fxp.fxp_plan) returns.
    type: dict
    required: true
  hostvars:
    description:
      - The variables of all hosts. C(fxp_check_user) and C(fxp_check_password) are read from them.
    type: dict
    required: true
  ca_content:
    description:
      - The certificate of the authority that the servers' certificates come from, as PEM text. Used for servers that the plan
        gives TLS.
    type: str
  names:
    description:
      - Names of servers. Those of them that the plan has are returned; without it all are.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Prove every pair of the plan
  proftpd.fxp.fxp_mesh_check:
    servers: "{{ _plan_fleet | proftpd.fxp.check_servers(hostvars) }}"
    refusing: "{{ _plan_fleet.refusing }}"
    shut: "{{ _plan_fleet.shut }}"
  delegate_to: "{{ _plan_fleet.vantage }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - By the server's name, how to log in to it and what it must announce. Without O(names) partners of whom an account is known
      (O(proftpd.fxp.fxp_plan#module:extra_peers)) are among them.
  type: dict
  sample:
    ftp1:
      host: 198.51.100.11
      port: 21
      user: fxpcheck
      password: VALUE_SPECIFIED_IN_NO_LOG_PARAMETER
      expected_address: 198.51.100.11
      passive_ports: 61000-61099
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import partners


def check_servers(
    plan: t.Mapping[str, t.Any],
    hostvars: t.Mapping[str, t.Mapping[str, t.Any]],
    ca_content: str | None = None,
    names: t.Collection[str] | None = None,
) -> dict[str, dict[str, t.Any]]:
    """Return the options of each server of ``plan``, or of those in ``names`` that it has; and of partners that are proven."""
    wanted = plan["servers"] if names is None else [name for name in names if name in plan["servers"]]
    found = {name: _options(name, plan["servers"][name], hostvars[name], ca_content) for name in wanted}
    for name, partner in plan["partners"].items() if names is None else ():
        if partner["is_proven"] and partner["servers"]:
            said = hostvars[partner["servers"][0]]["fxp_extra_peers"]
            account = next(entry for entry in said if entry["name"] == name)
            login = {"fxp_check_user": account["user"], "fxp_check_password": account["password"]}
            found[name] = _options(name, partner, login, partner["authority"] or ca_content)
    return found


def _options(
    name: str, server: t.Mapping[str, t.Any], variables: t.Mapping[str, t.Any], ca_content: str | None
) -> dict[str, t.Any]:
    missing = [key for key in ("fxp_check_user", "fxp_check_password") if key not in variables]
    if missing:
        raise AnsibleFilterError(f"check_servers: {name} has no {' and no '.join(missing)}; say it in the inventory.")
    ports = server["passive_ports"]
    options = {
        "host": server["address"],
        "port": server["public_control_port"],
        "user": variables["fxp_check_user"],
        "password": variables["fxp_check_password"],
        "expected_address": server["announced"],
        **({"passive_ports": "{first}-{last}".format(**ports)} if ports != partners.ANY_PORT else {}),
    }
    if server.get("tls", "none") != "none":
        options["tls"] = "explicit"
        if ca_content:
            options["ca_content"] = ca_content
    return options


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"check_servers": check_servers}
