#!/usr/bin/python
# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fxp_authority
version_added: 0.2.1
short_description: Refuse an authority that servers would not trust, before any host changes
description:
  - Holds the certificate authority that the controller has against those that the servers trust. Fails with both named, and with
    the cure, if they have no certificate in common.
  - Where the controller has none, one may be made only if every server of the plan answered and none trusts one.
  - The private key is read only if something is to be signed. It must then be the one of the first certificate and have no
    passphrase.
  - It contacts nobody.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
requirements:
  - cryptography (on the controller)
extends_documentation_fragment:
  - proftpd.fxp._attributes
  - proftpd.fxp._attributes.looks
attributes:
  check_mode:
    support: full
options:
  plan:
    description:
      - What M(proftpd.fxp.fxp_plan) returned.
    type: dict
    required: true
  looks:
    description:
      - What M(proftpd.fxp.proftpd_certificate) returned in check mode, by the names of the hosts. An empty entry is a host that
        was not reached.
      - Without it only the controller's own files are looked at.
    type: dict
  refuse:
    description:
      - Fail if the authority does not do. Otherwise RV(refused) says why, for P(proftpd.fxp.fxp_verdict#module).
    type: bool
    default: true
    version_added: 0.3.0
"""

EXAMPLES = r"""
- name: Look which authorities every server trusts
  proftpd.fxp.proftpd_certificate:
    addresses: "{{ _plan_fleet.hosts[inventory_hostname].certificate_addresses }}"
    trust: "{{ _plan_ca_certificate }}"
  check_mode: true
  register: look

- name: Stop where they do not go with the controller's
  proftpd.fxp.fxp_authority:
    plan: "{{ _plan_fleet }}"
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
refused:
  description: Why the authority does not do.
  returned: O(refuse=false), where it does not
  type: str
  version_added: 0.3.0
  sample: ftp2 trusts the authority ..., and fxp_tls_ca_cert on the controller has ...
"""
