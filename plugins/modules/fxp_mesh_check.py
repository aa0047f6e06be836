#!/usr/bin/python
# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fxp_mesh_check
short_description: Prove that files flow between all FTP servers of a fleet
version_added: 0.2.0
description:
  - Does for a whole fleet what M(proftpd.fxp.fxp_check) does for one ordered pair of servers, with the same proof and the same
    causes, over one control connection per server, or as many as O(connections) says.
  - A round-robin tournament decides the order. It keeps every server busy and none with more transfers at once than it
    has connections, so that neither limits on connections nor other transfers blur the result.
  - A server that is down, stalls or refuses costs only its own pairs. Its connection is opened anew where that can help. A server
    that cannot be logged in to is asked twice in all, however many pairs it has.
  - A transfer that falls short is repeated alone, as M(proftpd.fxp.fxp_check) would do it, with nothing else going on between
    these two servers, and only that result counts. The connections to all servers are closed before.
  - A server that was waited for in vain with two peers, and with none successfully, is not waited for among the others any more.
    What it has to do in the same part, listening or connecting, is tried alone at once. So a firewall that drops costs its
    O(timeout) about once per transfer. One that lets not even the client in costs it twice per server.
  - Each server that sends gets one random payload, which is used for all of its transfers and deleted in the end.
  - Interrupted (Ctrl-C, C(SIGTERM), C(SIGHUP)), it closes its connections and deletes its files within 5 seconds. On another host
    than the controller it ends in the same way when its output is not read any more, or when the controller has given no sign of
    life for 15 seconds. Names of files that may have stayed are kept in C(~/.local/state/proftpd-fxp) of the user who checks. The
    next check from there of the same server, with the same account and directory, deletes them and tells it as a warning.
  - Large fleets need not be covered whole, see O(coverage), and can be shared between several hosts, see O(shares).
  - People see on the terminal how far it is. Where the output is no terminal nothing is shown before the result.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
requirements:
  - Python 3.8 or later on the host that executes the module
extends_documentation_fragment:
  - proftpd.fxp._attributes
  - proftpd.fxp._attributes.checks
attributes:
  async:
    description: Supports being used with the C(async) keyword.
    support: none
    details:
      - The action plugin runs the module in this way itself where progress is shown.
options:
  servers:
    description:
      - The servers of the fleet by name. Each has the options of O(proftpd.fxp.fxp_check#module:source).
      - The names are those that results use; they need not be names of hosts.
    type: dict
    required: true
  pairs:
    description:
      - The ordered pairs that are wanted, by the names in O(servers). Without it every server is to reach every other one.
    type: list
    elements: dict
    suboptions:
      source:
        description:
          - The server that sends.
        type: str
        required: true
      destination:
        description:
          - The server that receives.
        type: str
        required: true
      expect:
        description:
          - As O(proftpd.fxp.fxp_check#module:expect).
        type: str
        choices:
          - allowed
          - refused
        default: allowed
  refusing:
    description:
      - Names in O(servers) that take no foreign addresses. Every transfer with one of them must be refused.
      - Not used with O(pairs).
    type: list
    elements: str
    default: []
  shut:
    description:
      - Names in O(servers) whose passive ports a firewall keeps shut for peers, as it may for those that take no foreign
        addresses.
      - Transfers that must be refused are then proven with the other server listening, so that the server itself refuses them,
        and not its firewall. Where the other one is in O(refusing) as well, this makes no difference.
      - Not used with O(pairs).
    type: list
    elements: str
    default: []
    version_added: 0.3.0
  only:
    description:
      - Names in O(servers). Only pairs with at least one of them are tried. Without it all are. Not used with O(pairs).
    type: list
    elements: str
  partners:
    description:
      - Names in O(servers) that are tried with some of the others alone, each with the list of their names. Two of these are not
        tried with one another unless both lists say so. Not used with O(pairs).
    type: dict
    default: {}
    version_added: 0.6.0
  faces:
    description:
      - Groups of servers that reach one another at other addresses than those in O(servers), for hosts in networks of their own.
      - A pair of such a group is tried once by a host that is in its networks, at the inner addresses, and once by one that is
        not, at those in O(servers). What no host can try is told in RV(coverage). Pairs that must be refused are tried at those
        in O(servers) alone.
    type: list
    elements: dict
    default: []
    version_added: 0.6.0
    suboptions:
      servers:
        description:
          - By names in O(servers), C(host), and C(port) and C(expected_address) where they are others there, as
            O(proftpd.fxp.fxp_check#module:source) has them.
        type: dict
        required: true
      shares:
        description:
          - The values of O(share) of the hosts that are in those networks.
        type: list
        elements: int
        required: true
  protection:
    description:
      - Whether the data is encrypted, as O(proftpd.fxp.fxp_check#module:protection).
    type: str
    choices:
      - private
      - clear
  passive:
    description:
      - Which server listens for the data connection.
      - V(alternate) proves each ordered pair once. The roles alternate so that, towards each of its peers, a server sends and
        receives, listens and connects.
      - V(both) proves each ordered pair twice, with either side listening.
      - V(source) and V(destination) prove each ordered pair once with that side listening.
    type: str
    choices:
      - alternate
      - both
      - source
      - destination
    default: alternate
  coverage:
    description:
      - V(all) tries every pair.
      - V(ring) tries each server with its two neighbours in the order of their names.
      - V(sample) tries each server with O(peers) others. If servers and peers are both odd in number, one server has one more.
      - With O(pairs), those of them that belong to the coverage.
    type: str
    choices:
      - all
      - ring
      - sample
    default: all
  peers:
    description:
      - Number of peers per server. Required with O(coverage=sample), and only used there.
    type: int
  seed:
    description:
      - Decides which peers are in the sample; another text gives another sample. The result tells it.
    type: str
    default: ''
  shares:
    description:
      - Number of hosts that share the work. Each runs this module with the same options but O(share). No pair is proven twice and
        none is left out, and what is proven at the same time is between different servers as far as the hosts keep pace.
    type: int
    default: 1
  share:
    description:
      - Which share this host takes, counted from 0.
    type: int
    default: 0
  family:
    description:
      - Address family of the control connections, and so of the data connections.
      - V(auto) takes the one that most servers prefer, where a server has it.
    type: str
    choices:
      - auto
      - ipv4
      - ipv6
    default: auto
  payload_size:
    description:
      - Size of the random payloads, for example V(20MB).
    type: bytes
    default: 64KB
  timeout:
    description:
      - Seconds that any one step may take, and that a transfer may stand still.
      - Logging in always has at least 15 seconds per step, because servers delay it when sessions have just ended.
    type: float
    default: 10
  concurrency:
    description:
      - Number of transfers at a time.
      - By default half as many as there are control connections, at most 32, or at most 64 if data is encrypted.
    type: int
  connections:
    description:
      - Number of control connections per server. Each can be in one transfer at a time.
      - One is enough in the clear. With TLS a transfer mostly waits, and several connections let several wait at a time.
      - Every one is a login of its own and sends a payload of its own. A server that refuses the first login is not asked for
        another; one that limits its sessions refuses those beyond its limit, which a warning tells.
      - Not more than a server has passive ports, if O(servers) says which these are.
    type: int
    default: 1
    version_added: 0.2.0
  transcripts:
    description:
      - Whose dialogue is returned, and with V(all) also what LIST shows of each file afterwards.
      - V(failed) keeps those of the first 200 transfers that fell short.
    type: str
    choices:
      - all
      - failed
      - none
    default: failed
  progress:
    description:
      - Whether lines about the progress are shown while it runs.
      - V(auto) shows them if the standard output of Ansible is a terminal.
    type: str
    choices:
      - auto
      - always
      - never
    default: auto
  _progress:
    description:
      - Where the action plugin of this module looks for the progress. Set by it; leave it alone.
    type: str
    default: ''
seealso:
  - module: proftpd.fxp.fxp_check
"""

EXAMPLES = r"""
- name: Prove every pair of a fleet, with either side listening
  proftpd.fxp.fxp_mesh_check:
    servers:
      ftp1: {host: 192.0.2.11, user: fxpcheck, password: "{{ fxp_check_password }}"}
      ftp2: {host: 192.0.2.12, user: fxpcheck, password: "{{ fxp_check_password }}"}
      ftp3: {host: 192.0.2.13, user: fxpcheck, password: "{{ fxp_check_password }}"}
    passive: both
  delegate_to: localhost
  run_once: true

- name: Prove what the plan says, including what must be refused
  proftpd.fxp.fxp_mesh_check:
    servers: "{{ _plan_fleet | proftpd.fxp.check_servers(hostvars) }}"
    refusing: "{{ _plan_fleet.refusing }}"
    shut: "{{ _plan_fleet.shut }}"
  delegate_to: "{{ _plan_fleet.vantage }}"
  run_once: true

- name: Try each server of a large fleet with four others, another four every day
  proftpd.fxp.fxp_mesh_check:
    servers: "{{ servers }}"
    coverage: sample
    peers: 4
    seed: "{{ now(fmt='%Y-%m-%d') }}"
  delegate_to: localhost
  run_once: true

- name: Spread a fleet over all hosts of the play
  proftpd.fxp.fxp_mesh_check:
    servers: "{{ servers }}"
    shares: "{{ ansible_play_hosts | length }}"
    share: "{{ ansible_play_hosts.index(inventory_hostname) }}"
  register: mesh
"""

RETURN = r"""
ok:
  description:
    - Whether every transfer did what was expected. The task fails when it is V(false) and returns all other values nevertheless.
  returned: always, null in check mode
  type: bool
  sample: true
pairs:
  description: Number of ordered pairs that were tried here.
  returned: always
  type: int
  sample: 380
pairs_passed:
  description:
    - The transfers that did what was expected, each with the keys of RV(proftpd.fxp.fxp_check#module:legs[]) and those below. Of
      the evidence only what was seen is kept.
  returned: always, null in check mode
  type: list
  elements: dict
  contains: &leg
    source:
      description: Name of the server that sent.
      type: str
      returned: always
    destination:
      description: Name of the server that received.
      type: str
      returned: always
    family:
      description: Address family that the transfer was of, V(ipv4) or V(ipv6), or null if no server could be dialled.
      type: str
      returned: always
      version_added: 0.3.0
    face:
      description: Which addresses of both servers were used, V(inner) for those in O(faces), else V(outer).
      type: str
      returned: always
      version_added: 0.6.0
    expect:
      description: What was expected, V(allowed) or V(refused).
      type: str
      returned: always
    repeated:
      description:
        - Whether it fell short among the others, and this is the result of its repetition alone. V(false) also for one that was
          only tried alone.
      type: bool
      returned: always
    first_cause:
      description: The cause before the repetition, else null. A transfer that has one and passed depends on what else goes on.
      type: str
      returned: always
    transcript:
      description: The dialogue as RV(proftpd.fxp.fxp_check#module:transcript), or nothing if it was not kept.
      type: list
      elements: dict
      returned: always
pairs_failed:
  description:
    - The transfers that fell short, in the same form.
    - Where a server could not be logged in to, the dialogue stands with the first transfer that it was asked for.
  returned: always, null in check mode
  type: list
  elements: dict
  contains: *leg
legs:
  description: Numbers of transfers.
  returned: always, null in check mode
  type: dict
  contains:
    total:
      description: All that were tried.
      type: int
      returned: always
    passed:
      description: Those that did what was expected.
      type: int
      returned: always
    failed:
      description: Those that fell short.
      type: int
      returned: always
    repeated:
      description: Those that were repeated alone.
      type: int
      returned: always
vantage_untold:
  description:
    - Servers of which it is not known that they see the client at another address than a peer, because they do not tell, or
      because NAT stands between them and the client and none between the client and a peer. Should it be the same address,
      transfers with that peer pass whatever the policy is.
  returned: always, null in check mode
  type: list
  elements: str
  version_added: 0.2.2
  sample: []
files_left:
  description:
    - Files of the check that could not be deleted, or that a server which fell silent may still be about to store, those of
      an interrupted check before it too. Delete them.
  returned: always, null in check mode
  type: list
  elements: dict
  contains:
    server:
      description: Name of the server.
      type: str
      returned: always
    directory:
      description: The option C(directory) of that server.
      type: str
      returned: always
    file:
      description: Name of the file.
      type: str
      returned: always
  version_added: 0.2.2
  sample: []
coverage:
  description: Which part of the fleet was tried.
  returned: always, null in check mode
  type: dict
  contains:
    kind:
      description: The value of O(coverage).
      type: str
      returned: always
    peers:
      description: The value of O(peers), null without a sample.
      type: int
      returned: always
    seed:
      description: The value of O(seed), null without a sample.
      type: str
      returned: always
    passive:
      description: The value of O(passive).
      type: str
      returned: always
    share:
      description: The value of O(share).
      type: int
      returned: always
    shares:
      description: The value of O(shares).
      type: int
      returned: always
    servers:
      description: Number of servers in O(servers).
      type: int
      returned: always
    pairs:
      description: Number of ordered pairs that were tried here.
      type: int
      returned: always
    pairs_asked:
      description: Number of ordered pairs that O(pairs) asks for.
      type: int
      returned: always
    pairs_of_fleet:
      description: Number of ordered pairs that the fleet has.
      type: int
      returned: always
    pairs_inside:
      description: Number of pairs, each in both directions, that were tried here at inner addresses (O(faces)).
      type: int
      returned: always
      version_added: 0.6.0
    inner_untried:
      description: Number of ordered pairs whose inner addresses no host of all shares can try.
      type: int
      returned: always
      version_added: 0.6.0
    outer_untried:
      description: Number of ordered pairs whose outer addresses no host of all shares can try.
      type: int
      returned: always
      version_added: 0.6.0
    text:
      description: All of this in words.
      type: str
      returned: always
  sample:
    kind: all
    pairs: 380
    pairs_of_fleet: 380
    text: "all pairs: 380 of 380 ordered pairs of 20 servers, sides listening by turns"
seconds:
  description: How long it took.
  returned: always, null in check mode
  type: float
  sample: 1.93
rate:
  description: Transfers per second, repetitions not counted.
  returned: always, null in check mode
  type: float
  sample: 196.9
"""

import typing as t

from ansible.module_utils import basic

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError
from ansible_collections.proftpd.fxp.plugins.module_utils._masked import masked_already
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.mesh import MeshOutcome, run_mesh
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.progress import ProgressFile
from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.request import mesh_options, parse_mesh
from ansible_collections.proftpd.fxp.plugins.module_utils._module import Module
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.leftovers import ending_well

RESULT_KEYS = (
    "ok",
    "pairs",
    "pairs_passed",
    "pairs_failed",
    "legs",
    "vantage_untold",
    "files_left",
    "coverage",
    "seconds",
    "rate",
)


def server_names() -> list[str]:
    """
    The names in the option ``servers``.

    They become part of the argument spec, so that Ansible itself checks every server and keeps every password out of logs and
    results. This has to be known before the module is made, because that already writes to the system's log.
    """
    given = (basic._load_params() or {}).get("servers")
    return [str(name) for name in given] if isinstance(given, dict) else []


def result_of(outcome: MeshOutcome, coverage: dict[str, t.Any]) -> dict[str, t.Any]:
    """The return values."""
    failed = [leg for leg in outcome.legs if not leg["ok"]]
    return {
        "ok": not failed,
        "pairs": coverage["pairs"],
        "pairs_passed": [leg for leg in outcome.legs if leg["ok"]],
        "pairs_failed": failed,
        "legs": {
            "total": len(outcome.legs),
            "passed": len(outcome.legs) - len(failed),
            "failed": len(failed),
            "repeated": sum(leg["repeated"] for leg in outcome.legs),
        },
        "vantage_untold": outcome.untold,
        "files_left": outcome.files_left,
        "coverage": coverage,
        "seconds": round(outcome.seconds, 3),
        "rate": round(len(outcome.legs) / outcome.seconds, 1) if outcome.seconds else None,
    }


def main() -> None:
    """Run the module."""
    module = Module(
        argument_spec={
            **mesh_options(server_names()),
            "progress": {"type": "str", "choices": ["auto", "always", "never"], "default": "auto"},
            "_progress": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    try:
        request, coverage = parse_mesh(module.params)
    except RequestError as error:
        module.fail_json(msg=str(error))
    if module.check_mode:
        module.exit_json(**dict.fromkeys(RESULT_KEYS))
    progress = ProgressFile(module.params["_progress"])
    try:
        # A job writes its result to nobody but itself.
        with ending_well(progress.lost if progress.is_made else None):
            outcome = run_mesh(request, progress.tell)
    finally:
        progress.remove()
    shown = masked_already(module)
    for warning in outcome.warnings:
        module.warn(warning)
    result = result_of(outcome, coverage)
    if not result["ok"]:
        module.fail_json(msg=outcome.message, **result, **shown)
    module.exit_json(**result, **shown)


if __name__ == "__main__":
    main()
