# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: unplaced_legs
short_description: Which data connections to try again to learn where they are lost
version_added: 0.3.0
description:
  - Of transfers that fell short those whose cause is a data connection that was lost somewhere, as what is to be asked of whom.
    Nothing is asked about transfers that went well or whose cause is certain.
  - Run M(proftpd.fxp.fxp_probe) on both servers of each, and hand what it returned to P(proftpd.fxp.placed_legs#filter).
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - The transfers, as P(proftpd.fxp.mesh_legs#filter) returns them.
    type: list
    elements: dict
    required: true
seealso:
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

- name: Try connections that were lost once more, from the servers that opened them
  proftpd.fxp.fxp_probe:
    connect:
      address: "{{ item.address }}"
      port: "{{ item.port }}"
  loop: "{{ [mesh] | proftpd.fxp.mesh_legs | proftpd.fxp.unplaced_legs }}"
  loop_control:
    label: "{{ item.connecting }} -> {{ item.listening }}"
  delegate_to: "{{ item.connecting }}"
  become: true
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - One entry per transfer.
  type: list
  elements: dict
  contains:
    source:
      description: Name of the server that sends. With C(destination) and C(passive) it tells which transfer this is.
      type: str
    destination:
      description: Name of the server that receives.
      type: str
    passive:
      description: The server that listens, V(source) or V(destination).
      type: str
    connecting:
      description: Name of the server that connects.
      type: str
    listening:
      description: Name of the server that listens.
      type: str
    address:
      description: The address that it announced.
      type: str
    port:
      description: The port that it announced.
      type: int
"""

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.placing import connections_of


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"unplaced_legs": connections_of}
