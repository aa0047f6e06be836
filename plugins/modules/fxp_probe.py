#!/usr/bin/python

# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fxp_probe
short_description: Tell what an FTP server looks like from one host
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
description:
  - Runs on the host whose view is wanted, and tells what that host can reach.
  - With O(server) it logs in, asks for a passive port and fetches a listing, as any FTP client there would.
  - With O(connect) it opens one TCP connection and sends nothing over it. This needs no account, so it shows whether one server
    can reach a port of another one that only admits clients of its own.
  - With O(watch) it waits until somebody tries to connect to a port of the host itself. It sees this before the host's own
    firewall does, whatever wrote the rules of that. O(connect) on one host while O(watch) waits on the other one tells which of
    the two drops a connection, or that neither of them does.
  - With O(carry) on both hosts the two also tell whether a connection that comes about carries data both ways, and if not, where
    it gets lost. A way that loses full packets opens connections as any other does.
  - It changes nothing, and that something cannot be reached is a result and no failure.
  - Interrupted (Ctrl-C, C(SIGTERM), C(SIGHUP)), or on another host than the controller when nobody waits for the result any more,
    it closes its connections and ends, as M(proftpd.fxp.fxp_check) does.
requirements:
  - Python 3.8 or later on the host that executes the module
  - Linux and the right to open packet sockets (root has it) for O(watch) and for RV(connection.left)
extends_documentation_fragment:
  - proftpd.fxp._server
  - proftpd.fxp._attributes
  - proftpd.fxp._attributes.checks
options:
  server:
    description:
      - The FTP server to log in to. Its C(directory) is listed.
  connect:
    description:
      - The TCP port to connect to.
    type: dict
    suboptions:
      address:
        description:
          - Literal address to dial.
        type: str
        required: true
      port:
        description:
          - Port to dial.
        type: int
        required: true
      insist:
        description:
          - Whether a connection that is rejected is tried again until O(timeout) is over, so that an O(watch) that begins late on
            the other host sees it, too. A drop is tried several times in any case.
        type: bool
        default: false
        version_added: 0.2.2
  watch:
    description:
      - The TCP port of this host to watch. Meanwhile the port is listened on, if nobody does so yet, and nothing is said to
        whoever connects, unless O(carry) is set. So a rejection that the other host meets is one by rules.
    type: int
  whole:
    description:
      - Whether O(watch) goes on until O(timeout) is over, so that it also sees who comes after others. Set it for the port of a
        service. The port is then listened on for a moment only, to see whether it is taken.
    type: bool
    default: false
    version_added: 0.3.0
  carry:
    description:
      - Bytes that O(connect) and O(watch) send to one another once they are connected, after a greeting that tells the one who
        the other is. The listening one greets first, so that nothing is sent to other programs. Set it to the same on both hosts;
        V(0) sends nothing. V(262144) is more than a sender hands on before the first of it has arrived.
      - With O(connect), O(connect.insist) and this a connection that somebody else answers is tried again.
      - At most V(16777216).
    type: int
    default: 0
    version_added: 0.3.0
  logged:
    description:
      - A transfer that a client had the FTP server of this host do a moment ago, as the client gave it, V(RETR) or V(STOR) and
        the name of the file. What the server was told to connect to before is read in O(log), as it came there. Where that is
        not what the client sent, something on the way has changed it, which neither of them sees by itself.
      - This needs the right to read the log.
    type: str
    version_added: 0.6.0
  log:
    description:
      - The log of the server, as the role P(proftpd.fxp.server#role) has it written. Where it is not said, that of the host's
        platform; C(/var/log/proftpd/proftpd.log) on Debian and Ubuntu.
    type: path
    version_added: 0.6.0
  timeout:
    description:
      - Seconds that any one step may take, and that O(watch) waits. Logging in always has at least 15 seconds per step.
    type: float
    default: 10
"""

EXAMPLES = r"""
- name: See whether beta can use alpha as an FTP client would
  proftpd.fxp.fxp_probe:
    server:
      host: 192.0.2.11
      user: fxpcheck
      password: "{{ fxp_check_password }}"
  delegate_to: beta

- name: See whether beta can do so over TLS, and trusts alpha's certificate
  proftpd.fxp.fxp_probe:
    server:
      host: 192.0.2.11
      user: fxpcheck
      password: "{{ fxp_check_password }}"
      tls: explicit
      ca_path: /etc/ssl/fxp-ca.pem
  delegate_to: beta

- name: Watch a passive port of alpha
  proftpd.fxp.fxp_probe:
    watch: 49152
    timeout: 20
  delegate_to: alpha
  become: true
  async: 60
  poll: 0
  register: watching

- name: Connect to it from beta
  proftpd.fxp.fxp_probe:
    connect:
      address: 192.0.2.11
      port: 49152
    timeout: 5
  delegate_to: beta
  become: true
  register: connected

- name: Learn what arrived at alpha
  ansible.builtin.async_status:
    jid: "{{ watching.ansible_job_id }}"
  delegate_to: alpha
  become: true
  register: watched
  until: watched.finished
  retries: 30
  delay: 1

- name: Learn what beta was told to connect to before it took a file
  proftpd.fxp.fxp_probe:
    logged: STOR fxp-check-4711
  delegate_to: beta
  become: true
  register: came
"""

RETURN = r"""
reachable:
  description:
    - Whether every step of O(server) was done, or O(connect) got an answer of the other host, be it a connection or a refusal.
      Null with O(watch) and O(logged).
  returned: always, null in check mode
  type: bool
  sample: true
steps:
  description: The steps with O(server), in the order tried; else null.
  returned: always
  type: list
  elements: dict
  contains:
    step:
      description:
        - V(control) is the connection and its greeting, V(login) AUTH TLS if that was asked for, the account, the binary mode and
          the directory, and V(data) a listing over a passive data connection, which is encrypted if the control connection is.
      type: str
      returned: always
    ok:
      description: Whether it was done. Null if an earlier step failed.
      type: bool
      returned: always
    seconds:
      description: Time that it took, or null.
      type: float
      returned: always
    cause:
      description: Code of what is wrong, one of those of M(proftpd.fxp.fxp_check), or null.
      type: str
      returned: always
    detail:
      description: What was seen, a clause for people, or null.
      type: str
      returned: always
    remedy:
      description: What cures it, or null.
      type: str
      returned: always
  sample:
    - step: control
      ok: true
      seconds: 0.0021
      cause: null
      detail: null
      remedy: null
connection:
  description: What became of O(connect); else null.
  returned: always
  type: dict
  contains:
    state:
      description: V(connected), V(refused), V(unreachable) or V(no answer).
      type: str
      returned: always
    seconds:
      description: Time that it took.
      type: float
      returned: always
    left:
      description: Whether the attempt left this host. Null without the right to look.
      type: bool
      returned: always
    answered:
      description: Whether something came back to this host, even if its own rules dropped it. Null without the right to look.
      type: bool
      returned: always
    source:
      description: The address that this host connects from, before anybody on the way translates it. Null without a route.
      type: str
      returned: always
    carried:
      description: What O(carry) brought; null without it, and where no connection came about.
      type: dict
      returned: always
      contains:
        size:
          description: The bytes that were to come, as many as were to be sent.
          type: int
        greeted:
          description: Whether the greeting of the probe at the other end came.
          type: bool
        received:
          description: Bytes that came after it.
          type: int
        largest_left:
          description: Bytes of data in the largest segment that left this host. Null without the right to look.
          type: int
        largest_came:
          description: Bytes of data in the largest segment that came to this host, even if its own rules dropped it. Null without
            the right to look.
          type: int
  sample:
    state: no answer
    seconds: 5.0008
    left: true
    answered: false
    source: 192.0.2.12
    carried: null
arrivals:
  description: What O(watch) saw; else null.
  returned: always
  type: dict
  contains:
    sources:
      description: Literal addresses that tried to connect. Null without the right to look.
      type: list
      elements: str
      returned: always
    answered:
      description: Those of them that this host sent something back to. Null without the right to look.
      type: list
      elements: str
      returned: always
    listening:
      description: Whether the module listened on the port meanwhile. Null if it is taken.
      type: bool
      returned: always
    carried:
      description: As RV(connection.carried).
      type: dict
      returned: always
  sample:
    sources:
      - 192.0.2.12
    answered: []
    listening: true
    carried: null
logged:
  description:
    - The addresses that the server was told before O(logged), oldest first. Null without that, and where the log cannot be read
      or does not have it.
  returned: always
  type: list
  elements: dict
  contains:
    command:
      description: C(PORT) or C(EPRT) with its argument, as the server received it.
      type: str
    code:
      description: What the server answered; null if nothing.
      type: int
  sample:
    - command: PORT 192,0,2,11,192,0
      code: 200
"""

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.options import dialled_options
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError, parse_port, parse_server, parse_timeout
from ansible_collections.proftpd.fxp.plugins.module_utils._host import platform
from ansible_collections.proftpd.fxp.plugins.module_utils._masked import masked_already
from ansible_collections.proftpd.fxp.plugins.module_utils._module import Module
from ansible_collections.proftpd.fxp.plugins.module_utils._probe.logged import addresses_before, parse_transfer
from ansible_collections.proftpd.fxp.plugins.module_utils._probe.probe import (
    PROBE_KEYS,
    parse_carry,
    parse_connection,
    probe_connection,
    probe_server,
    watch_port,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.leftovers import ending_well


def main() -> None:
    """Run the module."""
    module = Module(
        argument_spec={
            "server": {"type": "dict", "options": dialled_options()},
            "connect": {
                "type": "dict",
                "options": {
                    "address": {"type": "str", "required": True},
                    "port": {"type": "int", "required": True},
                    "insist": {"type": "bool", "default": False},
                },
            },
            "watch": {"type": "int"},
            "whole": {"type": "bool", "default": False},
            "carry": {"type": "int", "default": 0},
            "logged": {"type": "str"},
            "log": {"type": "path"},
            "timeout": {"type": "float", "default": 10},
        },
        required_one_of=[("server", "connect", "watch", "logged")],
        mutually_exclusive=[("server", "connect", "watch", "logged")],
        required_by={"log": "logged"},
        supports_check_mode=True,
    )
    result: dict[str, t.Any] = dict.fromkeys(PROBE_KEYS)
    options = module.params
    try:
        timeout = parse_timeout(options["timeout"])
        size = parse_carry(options["carry"])
        if options["server"]:
            server = parse_server("server", {"passive_ports": None, "expected_address": None, **options["server"]})
        elif options["connect"]:
            address, port = parse_connection(options["connect"])
        elif options["logged"] is not None:
            transfer = parse_transfer(options["logged"])
        else:
            port = parse_port("watch", options["watch"])
    except RequestError as error:
        module.fail_json(msg=str(error))
    if module.check_mode:
        module.exit_json(**result)
    with ending_well():
        if options["server"]:
            result["steps"] = probe_server(server, timeout)
            result["reachable"] = all(step["ok"] for step in result["steps"])
        elif options["connect"]:
            result["connection"] = probe_connection(address, port, timeout, options["connect"]["insist"], size)
            result["reachable"] = result["connection"]["state"] in ("connected", "refused")
        elif options["logged"] is not None:
            log = options["log"] or f"{platform.nearest().log_directory}/proftpd.log"
            result["logged"] = addresses_before(log, transfer)
        else:
            result["arrivals"] = watch_port(port, timeout, size, options["whole"])
    module.exit_json(**result, **masked_already(module))


if __name__ == "__main__":
    main()
