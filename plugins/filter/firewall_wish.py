# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: firewall_wish
short_description: What the firewall of one server is to let through
description:
  - Takes from the plan what one server needs, as plain data that any firewall manager can be told.
  - It comes from the same flows as the rule sheet that P(proftpd.fxp.rule_sheet#filter) prints.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
options:
  _input:
    description:
      - The plan that M(proftpd.fxp.fxp_plan) returns.
    type: dict
    required: true
  host:
    description:
      - The server, by its name in the inventory.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Plan what every server must announce, allow, open and prove
  proftpd.fxp.fxp_plan:
  run_once: true
  register: plan

- name: Show what the firewall of this server is to let through
  ansible.builtin.debug:
    msg: "{{ plan | proftpd.fxp.firewall_wish(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description:
    - C(control_port), and C(passive_ports) with C(first) and C(last).
    - C(addresses), those of the server itself.
    - C(clients4) and C(clients6), lists of networks that may connect to all of these ports.
    - C(peers4) and C(peers6), lists of C(name) and C(addresses) that may connect to the passive ports.
    - C(outgoing4) and C(outgoing6), lists of C(name), C(addresses), C(first) and C(last), which the server itself opens.
    - C(mark), by which rules of iptables know what is let through.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import flows


def firewall_wish(plan: t.Mapping[str, t.Any], host: str) -> dict[str, t.Any]:
    """Return what the firewall of ``host`` is to let through."""
    if host not in plan["servers"]:
        raise AnsibleFilterError(f"firewall_wish: {host} is no server of this plan; name one of fxp_servers that is present.")
    # Not one of the flows: it says how rules are told of them, on this host.
    return {**flows.wish(plan, host), "mark": plan["hosts"][host]["firewall_mark"]}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"firewall_wish": firewall_wish}
