# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: mesh_legs
short_description: The transfers of one or several meshes as a list
version_added: 0.3.0
description:
  - Makes of the results of M(proftpd.fxp.fxp_mesh_check), from one host or from several that had a share each, what the option
    O(proftpd.fxp.fxp_report#module:legs) wants.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - The results, one per host that the module ran on. One that has no transfers, such as that of check mode, adds none.
    type: list
    elements: dict
    required: true
  vantages:
    description:
      - The hosts that the module ran on, in the same order. Every transfer then has its own as C(vantage).
    type: list
    elements: str
    version_added: 0.3.0
  servers:
    description:
      - The servers of the plan. Every transfer with one behind a gateway then has the names of the gateways, or null, as
        C(gateways) with C(source) and C(destination).
    type: dict
    version_added: 0.6.0
seealso:
  - plugin: proftpd.fxp.unplaced_legs
    plugin_type: filter
  - plugin: proftpd.fxp.placed_legs
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Prove that files flow between all servers
  proftpd.fxp.fxp_mesh_check:
    servers: "{{ servers }}"
  register: mesh
  failed_when: false
  delegate_to: localhost
  run_once: true

- name: Show what was found
  proftpd.fxp.fxp_report:
    legs: "{{ [mesh] | proftpd.fxp.mesh_legs }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - The entries of RV(proftpd.fxp.fxp_mesh_check#module:pairs_passed[]) and RV(proftpd.fxp.fxp_mesh_check#module:pairs_failed[])
      as they are, in the order of names, the one in which the source listens first.
  type: list
  elements: dict
"""

import types
import typing as t


def mesh_legs(
    meshes: t.Iterable[t.Mapping[str, t.Any]],
    vantages: t.Sequence[str] = (),
    servers: t.Mapping[str, t.Mapping[str, t.Any]] = types.MappingProxyType({}),
) -> list[t.Mapping[str, t.Any]]:
    """Return the legs of all ``meshes`` in the order of names, those in which the source listens first."""
    legs = []
    for number, mesh in enumerate(meshes):
        more = {"vantage": vantages[number]} if number < len(vantages) else {}
        # Check mode tells null, a mesh that never began tells nothing.
        found = [leg for key in ("pairs_passed", "pairs_failed") for leg in mesh.get(key) or ()]
        legs += [{**leg, **more, **_gateways(leg, servers)} for leg in found]
    return sorted(legs, key=_order)


def _gateways(leg: t.Mapping[str, t.Any], servers: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """The gateways that a leg goes through, where one does."""
    if leg.get("face") == "inner":
        return {}
    found = {role: servers.get(leg[role], {}).get("gateway") for role in ("source", "destination")}
    return {"gateways": found} if any(found.values()) else {}


def _order(leg: t.Mapping[str, t.Any]) -> tuple[t.Any, ...]:
    way = leg.get("family") or "", leg.get("face") == "inner"
    return leg["source"], leg["destination"], *way, leg["passive"] != "source"


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"mesh_legs": mesh_legs}
