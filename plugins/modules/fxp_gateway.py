#!/usr/bin/python
# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fxp_gateway
short_description: Have a gateway lead connections to the FXP servers behind it, or no longer
version_added: 0.6.0
description:
  - Leads the ports that the world dials to the servers behind the gateway (DNAT), gives connections of those servers the one
    address that their peers know (SNAT), also between two servers behind the same gateway (hairpin NAT), and lets nobody but
    clients and peers through to them.
  - All of that is one table of nftables, C(inet proftpd_fxp_gateway), in the file C(/etc/proftpd-fxp/gateway.nft). It stands in
    front of what others translate at the usual priorities, and is loaded again whenever C(nftables.service) flushes everything.
  - In every chain of another table that drops forwarded packets by default, rules with the comment C(proftpd.fxp gateway) are put
    directly in front of that. What the operator denies stays in front of them. Nothing else of other tables is touched.
  - The rules are on trial first. The host returns to the old ones by itself, unless Ansible comes back to it through a new
    connection within O(return_after) seconds and confirms them. Connections that were led keep going meanwhile.
  - Where the host forwards no IPv4 (C(net.ipv4.ip_forward)), that is switched on in a file of its own, and then nothing but these
    connections passes. IPv6 is never switched on.
  - If firewalld, ufw or iptables decides on what is forwarded, if the host does not have the address at which connections arrive
    or no way to a server, if one of the ports is in use on the gateway itself, or if another rule denies them to everybody, the
    module fails before anything is changed.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
requirements:
  - nftables with JSON, iproute2, and systemd, on the host
extends_documentation_fragment:
  - proftpd.fxp._attributes
  - proftpd.fxp._commit
  - proftpd.fxp._run
  - proftpd.fxp._attributes.platform
attributes:
  check_mode:
    support: full
    details:
      - The whole transaction is checked by C(nft -c) in check mode too.
  diff_mode:
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
  platform:
    platforms: debian
  async:
    description: Supports being used with the C(async) keyword.
    support: none
options:
  wish:
    description:
      - What is to be forwarded, as the filter P(proftpd.fxp.gateway_wish#filter) derives it from the plan. Required if
        O(state=present).
    type: dict
    suboptions:
      outer_address:
        description: The IPv4 address that the world dials.
        type: str
        required: true
      arrival_address:
        description:
          - The address of the gateway at which such connections arrive. It is another one where something in front of the gateway
            translates it. If it is not said, it is O(wish.outer_address).
        type: str
      keep:
        description:
          - Take nothing away yet of what is forwarded now.
        type: bool
        default: false
      servers:
        description: The servers behind the gateway.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the server, which stands beside its ports.
            type: str
            required: true
          inner_address:
            description: Its own IPv4 address, to which connections are led.
            type: str
          address6:
            description: Its IPv6 address, which is not translated; the gateway lets clients and peers through to it.
            type: str
          public_control_port:
            description: The port of O(wish.outer_address) at which clients log in.
            type: int
            required: true
          control_port:
            description: The port of the server at which clients log in.
            type: int
            required: true
          passive_ports:
            description: The range of data connections, the same outside and inside.
            type: dict
            required: true
            suboptions:
              first:
                description: First port.
                type: int
                required: true
              last:
                description: Last port.
                type: int
                required: true
          renamed:
            description:
              - Whether connections of the server to peers are to come from the outer address. Otherwise where they come from is
                left to others.
            type: bool
            default: true
          inner_networks:
            description:
              - IPv4 networks whose hosts dial the inner address. Those of them that dial the outer one are seen at that one then,
                without which answers would not come back through the gateway.
            type: list
            elements: str
            default: []
            version_added: 0.6.0
          pending:
            description:
              - Whether the server may still have other ports than these. What leads there now stays then, and takes precedence.
            type: bool
            default: false
          clients4:
            description: IPv4 networks that may connect to all of these ports.
            type: list
            elements: str
            default: []
          clients6:
            description: IPv6 networks that may connect to all of these ports.
            type: list
            elements: str
            default: []
          peers4:
            description: Peers that may connect to the passive ports by IPv4, with the addresses that the gateway sees.
            type: list
            elements: dict
            default: []
            suboptions: &peer
              name:
                description: Name of the peer.
                type: str
                required: true
              addresses:
                description: Its addresses of this family.
                type: list
                elements: str
                required: true
          peers6:
            description: Peers that may connect to the passive ports by IPv6.
            type: list
            elements: dict
            default: []
            suboptions: *peer
          outgoing4:
            description: Peers elsewhere to which the server opens data connections by IPv4.
            type: list
            elements: dict
            default: []
            suboptions: &listening
              name:
                description: Name of the peer.
                type: str
                required: true
              addresses:
                description: Its addresses of this family.
                type: list
                elements: str
                required: true
              first:
                description: First of the ports at which it listens.
                type: int
                required: true
              last:
                description: Last of them.
                type: int
                required: true
          outgoing6:
            description: Peers elsewhere to which the server opens data connections by IPv6.
            type: list
            elements: dict
            default: []
            suboptions: *listening
  look:
    description:
      - Change nothing, and return what stands against O(wish) as RV(refusals) instead of failing.
    type: bool
    default: false
  state:
    description:
      - Whether the gateway leads connections, or nothing of this collection is left there. The latter resets connections that it
        led, if no other rules of nftables translate there.
    type: str
    choices:
      - present
      - absent
    default: present
seealso:
  - module: proftpd.fxp.fxp_plan
    description: Where the variables are documented that the rules come from.
"""

EXAMPLES = r"""
- name: Lead connections to the server behind this gateway
  proftpd.fxp.fxp_gateway:
    wish:
      outer_address: 198.51.100.10
      servers:
        - name: ftp1
          inner_address: 10.0.0.11
          public_control_port: 21
          control_port: 21
          passive_ports: {first: 61000, last: 61049}
          clients4: [0.0.0.0/0]
          peers4:
            - {name: ftp2, addresses: [198.51.100.12]}
          outgoing4:
            - {name: ftp2, addresses: [198.51.100.12], first: 61000, last: 61049}

- name: Lead none any more
  proftpd.fxp.fxp_gateway:
    state: absent
"""

RETURN = r"""
path:
  description: The file that holds the rules.
  returned: success, without O(look)
  type: str
  sample: /etc/proftpd-fxp/gateway.nft
rules_in:
  description: Base chains of other tables that drop forwarded packets by default and therefore hold rules of ours.
  returned: success, without O(look)
  type: list
  elements: str
  sample:
    - inet filter forward
drift:
  description: How the rules in force differed from the file although the file was as wanted.
  returned: success, without O(look)
  type: list
  elements: str
  sample:
    - table inet proftpd_fxp_gateway is not loaded
forwarding_switched_on:
  description: Whether C(net.ipv4.ip_forward) was, or would be, switched on.
  returned: success, without O(look)
  type: bool
  sample: false
in_place:
  description: Whether nothing is to be done on this gateway.
  returned: with O(look)
  type: bool
  sample: true
parts:
  description:
    - C(rules) has C(in_place), C(drift), and C(moves), the servers that a port is to lead to which leads elsewhere now. For them
      the module is to be run again the moment that they have changed.
  returned: with O(look)
  type: dict
  sample: {rules: {in_place: true, drift: [], moves: []}}
refusals:
  description: Everything that stands against a run, as M(proftpd.fxp.fxp_look) returns it.
  returned: with O(look)
  type: list
  elements: dict
run:
  description: O(run) with what M(proftpd.fxp.fxp_look) adds to it.
  returned: with O(look)
  type: dict
"""

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import detect, lockout, phases, removal, state, transaction
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import make as _make
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError, TooLate
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway import make
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.gateway.wish import Wish, read_wish, wish_options
from ansible_collections.proftpd.fxp.plugins.module_utils._host import forwarding, record, systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._host import root as _root
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._look import gateway as _look
from ansible_collections.proftpd.fxp.plugins.module_utils._module import Module


def look(module: Module, wish: Wish | None, host: state.Host) -> dict[str, t.Any]:
    """Tell what would be done and what stands against it; the return values."""
    run = module.params["run"]
    seen = record.marks([host.rules])
    known = _look.look(wish, run)
    for warning in known.pop("warnings"):
        module.warn(warning)
    if known["in_place"]:
        # What this run added before the servers it does not have to take away behind them.
        record.end(run, "rules", [host.rules])
    return {**known, "run": {**run, "left": [] if known["in_place"] else ["rules"], "seen": seen} if run else None}


def change_of(wish: Wish | None, host: state.Host) -> transaction.Transaction:
    """What is to be carried out on this host."""
    manager = systemd.Systemd()
    if not manager.is_here():
        raise FirewallError(_look.WITHOUT_SYSTEMD)
    if wish is None:
        return removal.Removal(host, manager, _make.program())
    return transaction.Transaction(host, manager, make.texts(host, make.leads(host, wish, detect.Commands())))


def apply(module: Module, wish: Wish | None, host: state.Host, connection: str) -> dict[str, t.Any]:
    """Put the wish in force, on trial until the controller has come back over a new connection; the return values."""
    run = None if module.check_mode else module.params["run"]
    result = {"path": host.rules, "manager": host.backend.name, "rules_in": [], "drift": [], "forwarding_switched_on": False}
    if wish is None and not removal.is_found(host):
        return {**result, "changed": not module.check_mode and forwarding.switch_off()}
    change = change_of(wish, host)
    record.begin(run, [host.rules], lockout.ssh_source())
    outcome = change.apply(module.params["return_after"], module.check_mode)
    is_off = wish is not None and not forwarding.is_on(4)
    if not outcome.on_trial and not module.check_mode:
        finish(wish)
        record.end(run, "rules", [host.rules], done=wish is None or not wish.keep)
    for warning in outcome.warnings:
        module.warn(warning)
    return {
        **result,
        "rules_in": outcome.rules_in,
        "drift": outcome.drift,
        "forwarding_switched_on": is_off,
        "changed": outcome.changed or is_off,
        "diff": list(outcome.diff),
        "on_trial": outcome.on_trial,
        "connection": connection,
    }


def finish(wish: Wish | None) -> None:
    """Forward packets once the rules are there that say which, or no longer."""
    if wish is None:
        forwarding.switch_off()
    elif not forwarding.is_on(4):
        forwarding.switch_on()


def main() -> None:
    module = Module(
        argument_spec={
            "wish": {"type": "dict", "options": wish_options()},
            "look": {"type": "bool", "default": False},
            "run": record.run_options(),
            **phases.options(),
        },
        required_if=[("state", "present", ("wish",))],
        supports_check_mode=True,
    )
    connection = lockout.ssh_connection()
    try:
        wish = read_wish(module.params["wish"]) if module.params["state"] == "present" else None
        host = make.host()
        if module.params["look"]:
            module.exit_json(changed=False, **look(module, wish, host))
        if module.params["_phase"] == phases.APPLY:
            phases.refuse_haste(module.params["return_after"])
            module.exit_json(**apply(module, wish, host, connection))
        change = change_of(wish, host)
        settled = phases.settle(change, host) if module.params["_phase"] == phases.SETTLE else None
        if settled is None:
            phases.confirm(change, connection, module.params["_connection"])
        # Also where it was only the answer to the confirmation that was lost.
        if settled is None or settled["confirmed"]:
            finish(wish)
            record.end(module.params["run"], "rules", [host.rules], done=wish is None or not wish.keep)
        module.exit_json(**(settled or {"changed": True}))
    except TooLate as exc:
        module.fail_json(msg=str(exc), too_late=True)
    except (HostError, OSError) as exc:
        module.fail_json(msg=_root.told(exc))


if __name__ == "__main__":
    main()
