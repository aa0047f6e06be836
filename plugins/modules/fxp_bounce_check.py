#!/usr/bin/python

# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fxp_bounce_check
short_description: Prove that strangers can neither bounce off an FTP server nor take its data connections
version_added: 0.2.0
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
description:
  - Site-to-site transfers need a server that connects to, and is connected to by, another host than its client. This module shows
    that it does so for nobody else. It logs in to one server and plays the stranger from further addresses of the host that
    it runs on.
  - PORT and EPRT must be refused for a stranger's address, and for every port below 1024, the client's own included (RFC 2577).
  - A stranger that connects to a passive port before the client does must not get the data. ProFTPD gives it to anybody while
    C(AllowForeignAddress) is absent or names an undefined class, even though it refuses PORT then.
  - What the network lets through is told apart from what the server's policy lets through. A passive port that a stranger can
    connect to is no fault as long as the policy refuses the stranger.
  - The server is never told to connect to anything but a listener of this host. After a refused PORT no command follows that
    moves data. Nothing is written on the server; the data is a listing of O(server.directory).
  - Run it on a host that is no peer of the server, for peers are let in.
  - Interrupted (Ctrl-C, C(SIGTERM), C(SIGHUP)), or on another host than the controller when nobody waits for the result any more,
    it closes its connections and ends, as M(proftpd.fxp.fxp_check) does.
requirements:
  - Python 3.8 or later on the host that executes the module
  - Linux, to find addresses when O(stranger_sources) is not given
  - The right to listen on ports below 1024 (root has it) for the probes of these; they are left untested otherwise
extends_documentation_fragment:
  - proftpd.fxp._server.announcing
  - proftpd.fxp._attributes
  - proftpd.fxp._attributes.checks
options:
  server:
    description:
      - The server to test.
      - The listing of its C(directory) is what a stranger is offered. C(passive_ports) and C(expected_address) are of no effect
        here.
    required: true
  stranger_sources:
    description:
      - Literal addresses of the host that the module runs on, from which strangers are played. Those of the other address family
        than the control connection's are left alone.
      - An address is no stranger if the control connection comes from it, if the server has it, or if it is that of a peer.
      - Nor is it one if the server sees it at the same address as the client, because of NAT. What it was given then is
        no hole but V(untested), with the reason in C(summary), as it is where the server does not tell how it sees the two.
      - If not given, up to four addresses of the host are taken that have the family of the control connection. Addresses of
        bridges for containers are not, because their traffic is commonly translated to the host's own, nor are private ones
        between two public hosts. For a server on loopback an address of 127.0.0.0/8 is taken.
    type: list
    elements: str
  timeout:
    description:
      - Seconds that any one step may take. A passive port that a firewall keeps shut costs this time once for each stranger.
      - Logging in always has at least 15 seconds per step, because servers delay it when sessions have just ended.
    type: float
    default: 10
"""

EXAMPLES = r"""
- name: Prove that alpha serves its client and peers alone
  proftpd.fxp.fxp_bounce_check:
    server:
      host: 192.0.2.11
      user: fxpcheck
      password: "{{ fxp_check_password }}"
  delegate_to: localhost
  become: true

- name: Play the stranger from a certain address
  proftpd.fxp.fxp_bounce_check:
    server:
      host: 192.0.2.11
      user: fxpcheck
      password: "{{ fxp_check_password }}"
    stranger_sources:
      - 198.51.100.77
    timeout: 5
  delegate_to: localhost
  become: true
  register: bounce

- name: Demand that strangers were played and that the firewall keeps them out of passive ports, too
  ansible.builtin.assert:
    that:
      - bounce.tested
      - not bounce.firewall_exposed
  when: not ansible_check_mode
"""

RETURN = r"""
vulnerable:
  description:
    - Whether the server let a stranger in or accepted a port below 1024. The task fails then and returns all other values
      nevertheless.
    - Null if nothing of that kind was seen but RV(tested) is V(false).
  returned: always, null in check mode
  type: bool
  sample: false
tested:
  description:
    - Whether a stranger was played for both sides, so that RV(vulnerable) is proof. On the passive side a firewall counts as an
      answer if it keeps every stranger out of passive ports but refuses the connection or leaves the control port open.
    - If it is V(false), RV(findings[].summary) says why. A warning says so only where something can be done about it, so not
      where a firewall shuts everything to strangers, or where the host that checks has no second address to play one. The task
      fails only if the server could not be logged in to.
  returned: always, null in check mode
  type: bool
  sample: true
firewall_exposed:
  description:
    - Whether the network lets a stranger connect to a passive port. Null if this was not seen.
  returned: always
  type: bool
  sample: false
findings:
  description:
    - One entry per probe, in the order tried.
  returned: always, null in check mode
  type: list
  elements: dict
  contains:
    probe:
      description:
        - V(passive_port_reachable) tells whether the network lets a stranger connect to a passive port, and
          V(passive_by_stranger) whether the server then gives it the data.
        - V(port_to_stranger) and V(eprt_to_stranger) tell the server to connect to a stranger, V(port_to_low_port_of_stranger)
          and V(eprt_to_low_port_of_stranger) to a port below 1024 of one, V(port_to_own_low_port) and V(eprt_to_own_low_port) to
          such a port of the client itself. Over IPv6 there is no PORT.
        - V(passive_ports_in_sequence) tells whether passive ports can be foreseen. It is information only.
        - V(port_address_rewritten) tells whether private addresses in PORT are replaced by the client's own. It is tried between
          public hosts and is information only.
      type: str
      returned: always
    stranger:
      description: The address that played the stranger, or null.
      type: str
      returned: always
    result:
      description: V(refused), V(accepted) or V(untested).
      type: str
      returned: always
    vulnerable:
      description: Whether the server must not have done so.
      type: bool
      returned: always
    exposure:
      description: What let it through or refused it, V(policy) of the server or V(firewall).
      type: str
      returned: always
    proven:
      description: Whether what was accepted was also done, such as a connection to the stranger's listener.
      type: bool
      returned: always
    server_said:
      description: The replies that decided, or null.
      type: str
      returned: always
    summary:
      description: What was seen or why it was left untested, a clause for people.
      type: str
      returned: always
    remedy:
      description: What cures it, or null.
      type: str
      returned: always
  sample:
    - probe: port_to_stranger
      stranger: 198.51.100.77
      result: refused
      vulnerable: false
      exposure: policy
      proven: false
      server_said: 500 Illegal PORT command
      summary: PORT to port 40123 of the stranger 198.51.100.77 was refused
      remedy: null
stranger_sources:
  description:
    - The addresses that strangers were played from.
  returned: always, null in check mode
  type: list
  elements: str
  sample:
    - 198.51.100.77
transcript:
  description:
    - The whole dialogue in order, without passwords.
  returned: always, null in check mode
  type: list
  elements: dict
  contains:
    seconds:
      description: Time since the beginning of the check.
      type: float
      returned: always
    direction:
      description: V(sent) or V(received), as seen from the client.
      type: str
      returned: always
    line:
      description: The line, with control characters written as escapes.
      type: str
      returned: always
    probe:
      description: The probe that a line belongs to, or null for what serves all of them.
      type: str
      returned: always
    stranger:
      description: The stranger of that probe, or null.
      type: str
      returned: always
  sample:
    - seconds: 0.0102
      direction: sent
      line: PASV
      probe: passive_by_stranger
      stranger: 198.51.100.77
"""

from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.bounce import parse_bounce, run_bounce
from ansible_collections.proftpd.fxp.plugins.module_utils._bounce.result import BOUNCE_KEYS
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.options import server_options
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError
from ansible_collections.proftpd.fxp.plugins.module_utils._masked import masked_already
from ansible_collections.proftpd.fxp.plugins.module_utils._module import Module
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.leftovers import ending_well


def main() -> None:
    """Run the module."""
    module = Module(
        argument_spec={
            "server": {"type": "dict", "required": True, "options": server_options()},
            "stranger_sources": {"type": "list", "elements": "str"},
            "timeout": {"type": "float", "default": 10},
        },
        supports_check_mode=True,
    )
    try:
        request = parse_bounce(module.params)
        if module.check_mode:
            module.exit_json(**dict.fromkeys(BOUNCE_KEYS))
        with ending_well():
            outcome = run_bounce(request)
    except RequestError as error:
        module.fail_json(msg=str(error))
    shown = masked_already(module)
    for warning in outcome.warnings:
        module.warn(warning)
    if outcome.message:
        module.fail_json(msg=outcome.message, **outcome.result, **shown)
    module.exit_json(**outcome.result, **shown)


if __name__ == "__main__":
    main()
