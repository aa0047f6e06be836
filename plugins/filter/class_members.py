# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: class_members
short_description: Whose addresses one server takes beside its client's own
version_added: 0.6.0
description:
  - Takes from the plan the addresses that data connections of a server's peers are announced at and come from, which the class
    that C(AllowForeignAddress) names must hold.
  - Peers whose O(proftpd.fxp.fxp_plan#module:inner_networks) are those of the server have their inner address there, too.
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

- name: Show whose addresses this server takes
  ansible.builtin.debug:
    msg: "{{ plan | proftpd.fxp.class_members(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description:
    - Lists of addresses and networks by the name of the peer.
  type: dict
  sample: {ftp2: [198.51.100.12]}
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import faces


def class_members(plan: t.Mapping[str, t.Any], host: str) -> dict[str, list[str]]:
    """Return the addresses of each peer of ``host``."""
    if host not in plan["servers"]:
        raise AnsibleFilterError(f"class_members: {host} is no server of this plan; name one of fxp_servers that is present.")
    return faces.members(plan, host)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"class_members": class_members}
