# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: unplaced_legs
short_description: Which data connections to try again to learn where they are lost
version_added: 0.3.0
description:
  - Of transfers that fell short those whose dialogue does not tell in which place, as what is to be asked of whom. Nothing is
    asked about transfers that went well, whose cause is certain, or whose place no connection shows.
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
  servers:
    description:
      - The C(servers) of the plan that M(proftpd.fxp.fxp_plan) returns. With them, and with the C(vantages) of
        P(proftpd.fxp.mesh_legs#filter), connections of the client itself are among those to try.
    type: dict
    version_added: 0.3.0
  most:
    description:
      - How many entries to return at the most, so that as many servers as possible are asked; V(0) sets no limit.
    type: int
    default: 0
    version_added: 0.3.0
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
    - One entry per transfer; of connections of the client one for all transfers that share it.
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
    question:
      description:
        - What is to be found out. V(opens) is whether the data connection comes about, V(announced) and V(leads) whether the
          announced address leads to the server, to which the other one refused to connect or was not told to, V(carries) what a
          connection carries that came about. V(control) and V(client data) are about connections of the client.
      type: str
    connecting:
      description: Name of the host that connects.
      type: str
    listening:
      description: Name of the server that listens.
      type: str
    address:
      description: The address to dial.
      type: str
    port:
      description: The port to dial.
      type: int
    sent:
      description:
        - Where somebody on the way could have changed it, the C(address) that the connecting server was told, C(PORT) or C(EPRT)
          as the client sent it, and the C(transfer) that it was for, which is what the option
          O(proftpd.fxp.fxp_probe#module:logged) takes.
      type: dict
      returned: if the dialogue was not encrypted
      version_added: 0.6.0
    local_port:
      description: The same port on the listening host, which is another one behind some gateways.
      type: int
"""

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.placing import connections_of


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"unplaced_legs": connections_of}
