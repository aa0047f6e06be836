#!/usr/bin/python
# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fxp_verdict
version_added: 0.3.0
short_description: Stop before any host changes, with everything that stands against a run
description:
  - Takes what M(proftpd.fxp.fxp_look) returned of every host and what M(proftpd.fxp.fxp_authority) said, and fails with all
    refusals at once. Hosts that share one share the line. The last line is the C(--limit) that does the others.
  - A host that did not answer is no refusal.
  - In check mode it prints what could not be asked of whom.
  - It contacts nobody.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
extends_documentation_fragment:
  - proftpd.fxp._attributes
  - proftpd.fxp._attributes.looks
attributes:
  check_mode:
    support: full
options:
  looks:
    description:
      - What M(proftpd.fxp.fxp_look) returned, by the names of the hosts. Anything else is a host that was not asked.
    type: dict
    required: true
  authority:
    description:
      - What M(proftpd.fxp.fxp_authority) returned with O(proftpd.fxp.fxp_authority#module:refuse=false).
    type: dict
    default: {}
  installing:
    description:
      - What C(apt) returned on hosts where this run has installed packages, which stay. With C(msg) in it it failed.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Stop before any host changes where one cannot be done as planned
  proftpd.fxp.fxp_verdict:
    looks: >-
      {{ dict(ansible_play_hosts_all
              | zip(ansible_play_hosts_all | map('extract', hostvars) | map(attribute='look', default={}))) }}
  run_once: true
"""

RETURN = r"""
make:
  description: Whether the fleet has no authority yet, so that one is to be made.
  returned: success
  type: bool
  sample: false
"""
