# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: mesh_faces
short_description: Which servers reach one another at inner addresses, and which vantages do
version_added: 0.6.0
description:
  - Makes of the plan and the addresses of vantages what the option O(proftpd.fxp.fxp_mesh_check#module:faces) wants.
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
      - The address family that is tried, C(4) or C(6).
    type: int
    required: true
  vantages:
    description:
      - The addresses of each host that checks, in the order of their shares.
    type: list
    elements: list
    required: true
"""

EXAMPLES = r"""
- name: Prove every pair of the plan over IPv4, at inner addresses if this host is inside
  proftpd.fxp.fxp_mesh_check:
    servers: "{{ _plan_fleet | proftpd.fxp.plan_in_family(4) | proftpd.fxp.check_servers(hostvars) }}"
    faces: "{{ _plan_fleet | proftpd.fxp.mesh_faces(4, [ansible_facts.all_ipv4_addresses]) }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - A group for each set of inner networks that two servers or more have in common.
  type: list
  elements: dict
  sample:
    - servers:
        ftp1: {host: 10.0.0.11, port: 21, expected_address: 10.0.0.11}
        ftp2: {host: 10.0.0.12, port: 21, expected_address: 10.0.0.12}
      shares: []
"""

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import faces


def mesh_faces(plan: t.Mapping[str, t.Any], family: t.Any, vantages: t.Sequence[t.Sequence[str]]) -> list[dict[str, t.Any]]:
    """Return the groups of servers of ``plan`` with an inner address of this family."""
    return faces.groups(plan, int(family), vantages)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"mesh_faces": mesh_faces}
