# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rule_sheet
short_description: Tell what firewalls that other people administer must allow
description:
  - Lists every TCP connection that the plan needs, with source, destination, ports, direction and reason.
  - It comes from the inventory alone; nobody is contacted.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - The plan that M(proftpd.fxp.fxp_plan) returns.
    type: dict
    required: true
  format:
    description:
      - What the sheet is for, people or programs.
    type: str
    choices:
      - markdown
      - csv
      - json
    default: markdown
"""

EXAMPLES = r"""
- name: Plan what every server must announce, allow, open and prove
  proftpd.fxp.fxp_plan:
  run_once: true
  register: plan

- name: Write the rule sheet for the network department
  ansible.builtin.copy:
    content: "{{ plan | proftpd.fxp.rule_sheet }}"
    dest: rule_sheet.md
    mode: "0644"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - The sheet as text.
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.proftpd.fxp.plugins.plugin_utils._rule_sheet import FORMATS


def rule_sheet(plan: t.Mapping[str, t.Any], format: str = "markdown") -> str:  # noqa: A002 - the option's natural name
    """Return the rule sheet of ``plan`` in one of the formats."""
    if format not in FORMATS:
        raise AnsibleFilterError(f"rule_sheet: format {format!r} is not known; write one of {', '.join(FORMATS)}.")
    return FORMATS[format](plan)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"rule_sheet": rule_sheet}
