# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_in_family
short_description: The plan as clients of one address family see it
version_added: 0.3.0
description:
  - Servers may have an IPv4 and an IPv6 address (O(proftpd.fxp.fxp_plan#module:address)). What a client sees of them, and what
    they exchange with one another, is of the family that it dials.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - The plan that M(proftpd.fxp.fxp_plan) returns.
    type: dict
    required: true
  family:
    description:
      - The family, 4 or 6.
    type: int
    choices: [4, 6]
    required: true
seealso:
  - plugin: proftpd.fxp.check_servers
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Prove every pair over IPv4
  vars:
    over_ipv4: "{{ _plan_fleet | proftpd.fxp.plan_in_family(4) }}"
  proftpd.fxp.fxp_mesh_check:
    servers: "{{ over_ipv4 | proftpd.fxp.check_servers(hostvars) }}"
    refusing: "{{ over_ipv4.refusing }}"
    shut: "{{ over_ipv4.shut }}"
  delegate_to: "{{ _plan_fleet.vantage }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - The plan with those servers that have an address of this family, C(address), C(announced) and C(egress) of each being of
      it, and with C(refusing) and C(shut) of these servers.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import families


def plan_in_family(plan: t.Mapping[str, t.Any], family: t.Any) -> dict[str, t.Any]:
    """Return ``plan`` as clients of one family see it."""
    if family not in families.BOTH:
        raise AnsibleFilterError(f"plan_in_family: {family!r} is no address family; write 4 or 6.")
    return families.view(plan, int(family))


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"plan_in_family": plan_in_family}
