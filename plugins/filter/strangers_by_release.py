# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: strangers_by_release
short_description: Tell what strangers got of servers by the releases that these run
version_added: 0.3.0
description:
  - A check that plays strangers sees that one gets a passive data connection, and not why. ProFTPD 1.3.7rc1 to 1.3.7c, 1.3.8rc1
    and 1.3.8rc2 give it to anybody with every class. Of servers that run one of these, and of which the plan means peers, the
    cure becomes another release.
  - Where O(proftpd.fxp.fxp_plan#module:accept_open_passive=true), that is no hole. The finding has C(meant=true) and
    C(vulnerable=false) then, and so has the server if nothing else is open.
  - All else stays. The result is what the option O(proftpd.fxp.fxp_report#module:bounce) wants.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - What M(proftpd.fxp.fxp_bounce_check) returned, by the name of the server, or a list of that, as a loop over address
        families gives it. Results that were skipped are left out.
    type: dict
    required: true
  plan:
    description:
      - The plan that M(proftpd.fxp.fxp_plan) returns.
    type: dict
    required: true
  answers:
    description:
      - What M(proftpd.fxp.proftpd_info) returned, by the name of the server. Servers that let no stranger in need not be asked.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Plan what every server must announce, allow, open and prove
  proftpd.fxp.fxp_plan:
  run_once: true
  register: plan

- name: Play strangers
  proftpd.fxp.fxp_bounce_check:
    server: "{{ servers.ftp1 }}"
  delegate_to: localhost
  run_once: true
  register: strangers
  failed_when: false

- name: Ask the server which release it runs
  proftpd.fxp.proftpd_info:
    rules: false
  delegate_to: ftp1
  run_once: true
  register: answer

- name: Show what they got
  proftpd.fxp.fxp_report:
    bounce: "{{ {'ftp1': strangers} | proftpd.fxp.strangers_by_release(plan, {'ftp1': answer}) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - The same, by the name of the server.
  type: dict
"""

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils import _strangers


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"strangers_by_release": _strangers.by_release}
