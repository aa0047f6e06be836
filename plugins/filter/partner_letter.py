# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: partner_letter
short_description: What a partner must do so that files flow between its FTP server and ours
version_added: 0.6.0
description:
  - Makes a letter for who administers an FTP server outside the inventory (O(proftpd.fxp.fxp_plan#module:extra_peers)), as
    Markdown. It tells what to open, whose addresses to take, which certificate to trust and how to try it.
  - No account and no password is in it.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - The plan that M(proftpd.fxp.fxp_plan) returns.
    type: dict
    required: true
  name:
    description:
      - The partner, by the name that O(proftpd.fxp.fxp_plan#module:extra_peers[].name) gives it.
    type: str
    required: true
  authority:
    description:
      - The certificate of the fleet's authority as PEM text, if there is one.
    type: str
    default: ''
"""

EXAMPLES = r"""
- name: Write a letter to each partner
  ansible.builtin.copy:
    content: "{{ _plan_fleet | proftpd.fxp.partner_letter(item, _plan_ca_certificate) }}"
    dest: "partner-{{ item }}.md"
    mode: "0644"
  loop: "{{ _plan_fleet.partners | list }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - The letter.
  type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.proftpd.fxp.plugins.plugin_utils._letter.letter import letter


def partner_letter(plan: t.Mapping[str, t.Any], name: str, authority: str = "") -> str:
    """Return the letter to the partner ``name`` of ``plan``."""
    if name not in plan["partners"]:
        raise AnsibleFilterError(f"partner_letter: {name} is no partner of this plan; name one of fxp_extra_peers.")
    return letter(plan, name, authority)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"partner_letter": partner_letter}
