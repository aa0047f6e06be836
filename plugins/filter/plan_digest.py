# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_digest
short_description: The digest of what the plan decides about one server
description:
  - Tells whether a server runs the plan that the inventory says. M(proftpd.fxp.proftpd_config) keeps the digest on the server,
    and M(proftpd.fxp.proftpd_info) reads it.
  - It is made of ports, class, accounts without their passwords, TLS, the names in the certificate, and what the firewall lets
    through. It does not change with what is said of other servers only, nor with paths, nor with who runs the plan.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - The plan that M(proftpd.fxp.fxp_plan) returns.
    type: dict
    required: true
  host:
    description:
      - The server, by its name in the inventory.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Plan what every server must announce, allow, open and prove
  proftpd.fxp.fxp_plan:
  run_once: true
  register: plan

- name: Look at the server
  proftpd.fxp.proftpd_info:
    rules: false
  register: ftp

- name: Tell whether it runs another plan
  ansible.builtin.debug:
    msg: "{{ ftp.plan_digest != plan | proftpd.fxp.plan_digest(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description:
    - SHA-256, 64 hexadecimal digits.
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import digest


def plan_digest(plan: t.Mapping[str, t.Any], host: str) -> str:
    """Return the digest of what ``plan`` decides about ``host``."""
    if host not in plan["servers"]:
        raise AnsibleFilterError(f"plan_digest: {host} is no server of this plan; name one of fxp_servers that is present.")
    return digest.digest(plan, host)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"plan_digest": plan_digest}
