# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: mesh_coverage
short_description: What several meshes covered, in words
version_added: 0.3.0
description:
  - Puts RV(proftpd.fxp.fxp_mesh_check#module:coverage) of meshes together for the option
    O(proftpd.fxp.fxp_report#module:coverage). Servers that no mesh can have as a pair, because one has an IPv4 address alone
    and the other an IPv6 address alone, are told too, and so are partners of whom no account is known.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - The results of M(proftpd.fxp.fxp_mesh_check). One that has no coverage, such as that of check mode, adds nothing.
    type: list
    elements: dict
    required: true
  plan:
    description:
      - The plan that M(proftpd.fxp.fxp_plan) returns.
    type: dict
    required: true
seealso:
  - plugin: proftpd.fxp.mesh_legs
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Prove that files flow between all servers
  proftpd.fxp.fxp_mesh_check:
    servers: "{{ _plan_fleet | proftpd.fxp.check_servers(hostvars) }}"
  register: mesh
  failed_when: false
  delegate_to: "{{ _plan_fleet.vantage }}"
  run_once: true

- name: Show what was found
  proftpd.fxp.fxp_report:
    legs: "{{ [mesh] | proftpd.fxp.mesh_legs }}"
    coverage: "{{ [mesh] | proftpd.fxp.mesh_coverage(_plan_fleet) | default(omit, true) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - The words, empty where there is nothing to tell.
  type: str
  sample: "all pairs: 2 of 2 ordered pairs of 2 servers, either side listening in turn"
"""

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import families
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import some
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.report import FAMILIES


def mesh_coverage(meshes: t.Iterable[t.Mapping[str, t.Any]], plan: t.Mapping[str, t.Any]) -> str:
    """Return what ``meshes`` covered of ``plan``, in words."""
    said = []
    found = [mesh for mesh in meshes if mesh.get("coverage")]
    # Who had a share of nothing has nothing to tell, unless nobody had more.
    for mesh in [mesh for mesh in found if mesh["coverage"].get("pairs")] or found:
        text = mesh["coverage"].get("text")
        over = {leg.get("family") for key in ("pairs_passed", "pairs_failed") for leg in mesh.get(key) or ()}
        named = FAMILIES.get(str(next(iter(over), ""))) if len(over) == 1 else None
        if text:
            said.append(f"over {named} {text}" if named and len(families.of_fleet(plan["servers"])) > 1 else text)
    strangers = families.strangers(plan["servers"]) if said else 0
    if strangers:
        pairs = "1 ordered pair has" if strangers == 1 else f"{strangers:,} ordered pairs have"
        said.append(f"{pairs} no family in common")
    unproven = [name for name, partner in plan["partners"].items() if not partner["is_proven"]] if said else []
    if unproven:
        said.append(f"nothing is proven with {some(unproven)}, of whom no account is said (fxp_extra_peers)")
    return "; ".join(said)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"mesh_coverage": mesh_coverage}
