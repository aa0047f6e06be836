# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: placed_legs
short_description: Tell of transfers where their connection is lost
version_added: 0.3.0
description:
  - Completes the diagnosis of transfers by what both of their servers showed. Where that tells the place, C(server), C(certain),
    C(also_possible) and C(remedy) of the transfer become those of the place, and C(seen) says what was seen. All else stays.
  - C(placed) is then true, C(ends) are the two hosts of the connection that was tried, and C(place) is V(source), V(destination),
    V(network) or V(client) where it is certain. C(also_possible) may name V(client), too.
  - C(not_asked) has C(server) and C(reason) of those that were not asked or could not be; C(seen) says so, too.
  - The result is what the option O(proftpd.fxp.fxp_report#module:legs) wants.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - The transfers, as P(proftpd.fxp.mesh_legs#filter) returns them.
    type: list
    elements: dict
    required: true
  probes:
    description:
      - What the servers showed. Each entry is one of P(proftpd.fxp.unplaced_legs#filter) with three keys more.
      - C(egress), the addresses that the connecting host is expected to come from.
      - C(connect), what M(proftpd.fxp.fxp_probe) returned on the connecting host.
      - C(watch), what it returned on the listening server. Where it is a job, what M(ansible.builtin.async_status) returned
        of it, or what the task returned that could not start it.
      - C(logged), if the entry has C(sent), what the module returned as RV(proftpd.fxp.fxp_probe#module:logged) on the connecting
        host. Where it is another address than was sent, C(cause) becomes V(port_address_rewritten). It may be left out.
      - A server that could not be asked is told with the reason.
    type: list
    elements: dict
    required: true
  servers:
    description:
      - Names of servers on which Ansible runs. Of others, which are partners, it is told that they were not asked.
    type: list
    elements: str
    version_added: 0.6.0
seealso:
  - plugin: proftpd.fxp.unplaced_legs
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

# How the role smoke_test asks for each of them is in its tasks/locate.yml.
- name: Show what was found, and where connections are lost by what both servers showed
  proftpd.fxp.fxp_report:
    legs: "{{ [mesh] | proftpd.fxp.mesh_legs | proftpd.fxp.placed_legs(probes | default([])) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - The transfers in the same order.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.placing import placed, probe_of


def placed_legs(
    legs: t.Iterable[t.Mapping[str, t.Any]],
    probes: t.Sequence[t.Mapping[str, t.Any]],
    servers: t.Container[str] | None = None,
) -> list[t.Mapping[str, t.Any]]:
    """Return ``legs`` with the places that ``probes`` showed."""
    wanted = ("source", "destination", "passive", "connecting", "listening", "port", "egress", "connect", "watch")
    for number, probe in enumerate(probes):
        missing = [key for key in wanted if key not in probe]
        if missing:
            raise AnsibleFilterError(
                f"placed_legs: entry {number} of the probes has no {missing[0]}; give entries of the filter unplaced_legs, each "
                "with egress, connect and watch."
            )
    return placed(legs, [probe_of(probe) for probe in probes], servers)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"placed_legs": placed_legs}
