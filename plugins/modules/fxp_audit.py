#!/usr/bin/python
# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fxp_audit
version_added: 0.2.0
short_description: Show what an audit of FTP servers found
description:
  - Prints on the controller a table of all servers that M(proftpd.fxp.proftpd_info) looked at, whom each does FXP with, its
    passive ports and its TLS; then every finding with its cure.
  - With O(plan), the configuration in force, the firewall rules in force and the inventory are held against one another, and
    whatever is wider, narrower or weaker than said is told.
  - Fails if there is a hole, after everything is shown. A hole lets somebody in who was not meant to; a fault keeps something
    from working, or from being judged; a note is neither.
  - What the inventory variable C(fxp_acknowledged) has is shown with its reason, and counts as none of them.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
extends_documentation_fragment:
  - proftpd.fxp._attributes
  - proftpd.fxp._attributes.looks
attributes:
  check_mode:
    support: full
    details:
      - It does the same in check mode, and writes O(report) too.
options:
  results:
    description:
      - What M(proftpd.fxp.proftpd_info) returned, by the names of the hosts. An empty entry is a host that was not reached.
    type: dict
    required: true
  plan:
    description:
      - What M(proftpd.fxp.fxp_plan) returned. Without it nothing is known of what is meant to be.
    type: dict
  gateways:
    description:
      - What M(proftpd.fxp.fxp_gateway) returned with C(look), by the names of the gateways of O(plan), which is required then. An
        empty entry is a gateway that was not reached.
    type: dict
    version_added: 0.6.0
  report:
    description:
      - A file on the controller for everything that was found and seen, as JSON. It is readable for its owner only.
    type: path
  show:
    description:
      - What people see. What is returned is the same.
      - V(problems) leaves notes out.
    type: str
    choices:
      - everything
      - problems
      - nothing
    default: everything
"""

EXAMPLES = r"""
- name: Look at every server
  proftpd.fxp.proftpd_info:
  register: look
  become: true

- name: Show what was found, and go on
  proftpd.fxp.fxp_audit:
    results: >-
      {{ dict(ansible_play_hosts_all
              | zip(ansible_play_hosts_all | map('extract', hostvars) | map(attribute='look', default={}))) }}
  register: audit
  failed_when: false
  run_once: true

- name: Name the hosts with holes
  ansible.builtin.debug:
    msg: "{{ audit.audit | selectattr('severity', 'eq', 'hole') | map(attribute='host') | unique | join(', ') }}"
  run_once: true
"""

RETURN = r"""
audit:
  description: Every finding, holes first.
  returned: always
  type: list
  elements: dict
  contains:
    code:
      description: What it is; C(docs/audit.md) explains every one.
      type: str
      sample: passive_open_unset
    severity:
      description: V(hole), V(fault), V(known) or V(note).
      type: str
      sample: hole
    host:
      description: The host.
      type: str
      sample: ftp1
    server:
      description: V(main), the arguments of a C(VirtualHost), or empty if it is about the whole host.
      type: str
      sample: main
    sentence:
      description: What is wrong.
      type: str
    cure:
      description: What to do.
      type: str
    advisory:
      description: Where the code is V(advisory), which one; else null.
      type: str
      version_added: 0.3.0
    acknowledged:
      description:
        - Where the severity is V(known), the C(reason), C(until) which day, and the C(severity) that it would have; else null.
      type: dict
acknowledged:
  description: How many findings are known.
  returned: always
  type: int
  sample: 0
holes:
  description: How many holes there are.
  returned: always
  type: int
  sample: 0
faults:
  description: How many faults there are.
  returned: always
  type: int
  sample: 1
notes:
  description: How many notes there are.
  returned: always
  type: int
  sample: 3
"""
