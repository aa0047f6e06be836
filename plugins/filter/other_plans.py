# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: other_plans
short_description: Name the servers that run another plan than the inventory makes now
description:
  - Holds what servers tell of the plan that they were provisioned by against the present one.
  - A server that cannot be asked, or that carries no digest because an earlier release provisioned it, is not named.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - The plan that M(proftpd.fxp.fxp_plan) returns.
    type: dict
    required: true
  answers:
    description:
      - What M(proftpd.fxp.proftpd_info) returned in a loop over the names of servers.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Plan what every server must announce, allow, open and prove
  proftpd.fxp.fxp_plan:
  run_once: true
  register: plan

- name: Look at the servers
  proftpd.fxp.proftpd_info:
    rules: false
  loop: [ftp1, ftp2]
  delegate_to: "{{ item }}"
  register: answers

- name: Name those of another plan
  ansible.builtin.debug:
    msg: "{{ plan | proftpd.fxp.other_plans(answers.results) }}"
"""

RETURN = r"""
_value:
  description:
    - Names of servers.
  type: list
  elements: str
"""

import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import digest


def other_plans(plan: t.Mapping[str, t.Any], answers: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """Return the servers whose digest is not that of ``plan``."""
    told = {str(answer["item"]): answer.get("plan_digest") for answer in answers}
    return [name for name, kept in told.items() if kept and name in plan["servers"] and kept != digest.digest(plan, name)]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"other_plans": other_plans}
