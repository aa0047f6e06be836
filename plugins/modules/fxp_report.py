#!/usr/bin/python
# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fxp_report
short_description: Show what checks of site-to-site transfers found
description:
  - Prints on the controller, for each transfer, what was said on both control connections, in one colour per server, the
    listing of the file on both servers and the closing line; then a table of all transfers.
  - Fails if one of the transfers fell short, after all of them are shown.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
extends_documentation_fragment:
  - proftpd.fxp._attributes
  - proftpd.fxp._attributes.looks
attributes:
  check_mode:
    support: full
    details:
      - Checks send nothing in check mode, so there is nothing to show and the task is skipped.
options:
  results:
    description:
      - The C(results) of a loop over M(proftpd.fxp.fxp_check) whose items have the keys C(source) and C(destination) with the
        names to show.
    type: list
    elements: dict
    required: true
  probes:
    description:
      - What M(proftpd.fxp.fxp_probe) showed about transfers whose data connection was lost somewhere. The report then says where.
      - Each entry has the keys C(source), C(destination) and C(passive) of the transfer, C(port), C(egress) (the addresses that
        the connecting server is expected to come from), C(connection) from the connecting server and C(arrivals) from the
        listening one.
    type: list
    elements: dict
    default: []
  show:
    description:
      - What people see. What is returned is the same.
    type: str
    choices:
      - dialogues
      - table
      - nothing
    default: dialogues
"""

EXAMPLES = r"""
- name: Send a file both ways
  proftpd.fxp.fxp_check:
    source: "{{ servers[item.source] }}"
    destination: "{{ servers[item.destination] }}"
  loop:
    - {source: ftp1, destination: ftp2}
    - {source: ftp2, destination: ftp1}
  register: checks
  failed_when: false
  delegate_to: localhost
  run_once: true

- name: Show what was found
  proftpd.fxp.fxp_report:
    results: "{{ checks.results }}"
  run_once: true
"""

RETURN = r"""
passed:
  description: How many transfers were proven.
  returned: always
  type: int
  sample: 4
tried:
  description: How many transfers were tried.
  returned: always
  type: int
  sample: 4
legs:
  description: Every transfer in the order of the table, with the names and measures that M(proftpd.fxp.fxp_check) returns.
  returned: always
  type: list
  elements: dict
"""
