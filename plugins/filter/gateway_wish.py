# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: gateway_wish
short_description: What one gateway is to forward
version_added: 0.6.0
description:
  - Takes from the plan what one member of C(fxp_gateways) is to forward, as plain data for M(proftpd.fxp.fxp_gateway).
  - It comes from the same flows as the firewall rules of the servers behind it.
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
      - The gateway, by its name in the inventory.
    type: str
    required: true
  pending:
    description:
      - Servers that may still have other ports than those of the plan. What leads there now stays.
    type: list
    elements: str
    default: []
  keep:
    description:
      - Take nothing away yet of what is forwarded now.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Plan what every server must announce, allow, open and prove
  proftpd.fxp.fxp_plan:
  run_once: true
  register: plan

- name: Show what each gateway is to forward
  ansible.builtin.debug:
    msg: "{{ plan | proftpd.fxp.gateway_wish(item) }}"
  loop: "{{ plan.gateways | list }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - C(outer_address), C(arrival_address), C(keep), and the C(servers) behind the gateway, as the option C(wish) of
      M(proftpd.fxp.fxp_gateway) takes them.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import gateways


def gateway_wish(plan: t.Mapping[str, t.Any], host: str, pending: t.Sequence[str] = (), keep: bool = False) -> dict[str, t.Any]:
    """Return what ``host`` is to forward."""
    if plan["gateways"].get(host, {}).get("state") != "present":
        raise AnsibleFilterError(f"gateway_wish: {host} is no gateway that this plan configures; name one of its gateways.")
    return gateways.gateway_wish(plan, host, pending, keep=keep)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"gateway_wish": gateway_wish}
