# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: check_results
short_description: Merge what meshes returned for the report
version_added: 0.2.0
description:
  - Makes of the results of M(proftpd.fxp.fxp_mesh_check), from one host or from several that had a share each, what the option
    O(proftpd.fxp.fxp_report#module:results) wants.
deprecated:
  removed_in: 1.0.0
  why: Transfers are a flat list everywhere; going back to pairs loses what belongs to each of them.
  alternative: Use P(proftpd.fxp.mesh_legs#filter), with the option O(proftpd.fxp.fxp_report#module:legs).
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - The results, one per host that the module ran on.
    type: list
    elements: dict
    required: true
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
    results: "{{ [mesh] | proftpd.fxp.check_results }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - One entry per ordered pair, in the order of names, like the results of a loop over M(proftpd.fxp.fxp_check).
  type: list
  elements: dict
  contains:
    item:
      description: Names of the servers and what was expected, as C(source), C(destination) and C(expect).
      type: dict
    legs:
      description: The transfers of the pair, those that fell short and those that did not.
      type: list
      elements: dict
    transcript:
      description: The dialogues that were kept; C(leg) is the index in RV(_value[].legs).
      type: list
      elements: dict
"""

import typing as t

from ansible.utils.display import Display


def check_results(meshes: t.Iterable[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    """Return the pairs of all ``meshes``, each with its legs."""
    # Said here and not in meta/runtime.yml: by that Ansible tells everybody whose play uses any filter of the collection.
    Display().deprecated(
        "The filter proftpd.fxp.check_results has a successor. Use the filter proftpd.fxp.mesh_legs, and the option legs of the "
        "module proftpd.fxp.fxp_report.",
        version="1.0.0",
        collection_name="proftpd.fxp",
    )
    pairs: dict[tuple[str, str], dict[str, t.Any]] = {}
    for mesh in meshes:
        # Check mode tells null, a mesh that never began tells nothing.
        for leg in [*(mesh.get("pairs_passed") or ()), *(mesh.get("pairs_failed") or ())]:
            item = {key: leg[key] for key in ("source", "destination", "expect")}
            pair = pairs.setdefault((leg["source"], leg["destination"]), {"item": item, "legs": []})
            pair["legs"].append(leg)
    for pair in pairs.values():
        # The source first, as a single check does it.
        pair["legs"].sort(key=lambda leg: leg["passive"] != "source")
        pair["transcript"] = [dict(entry, leg=index) for index, leg in enumerate(pair["legs"]) for entry in leg["transcript"]]
    return [pairs[names] for names in sorted(pairs)]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"check_results": check_results}
