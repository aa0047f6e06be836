#!/usr/bin/python
# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fxp_look
version_added: 0.3.0
short_description: Look at a host, and hold it against the plan of its FXP server
description:
  - Asks in one round trip everything that can refuse a run, and whether each part of the server is as planned already. Nothing is
    changed on the host.
  - What stands against a run is returned as RV(refusals) and does not fail the module, so that a whole fleet is asked before
    P(proftpd.fxp.fxp_verdict#module) judges. A host that is down fails as ever.
  - No other program may listen on O(control_port), at whatever address. Inside O(passive_ports) one that takes TCP connections
    from elsewhere is a refusal if the rules in force may let somebody in there, and a warning otherwise; the port of an ssh
    server, also where systemd listens for it, is always a refusal.
  - What only a program can say that is not installed yet is named in RV(not_asked).
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
extends_documentation_fragment:
  - proftpd.fxp._accounts
  - proftpd.fxp._attributes
  - proftpd.fxp._run
  - proftpd.fxp._attributes.looks
  - proftpd.fxp._attributes.platform
  - proftpd.fxp._wish
attributes:
  check_mode:
    support: full
  platform:
    platforms: debian
  action:
    description: The action plugin adds the clock of the controller, the name of the host and O(run), and keeps the arguments out
      of the result.
    support: full
  async:
    description: Supports being used with the C(async) keyword.
    support: none
options:
  control_port:
    description:
      - The port on which the server is to listen. Required with O(state=present), as are O(passive_ports), O(configuration) and
        O(accounts).
    type: int
  passive_ports:
    description:
      - The range for data connections.
    type: dict
    suboptions:
      first:
        description: The first port.
        type: int
        required: true
      last:
        description: The last port.
        type: int
        required: true
  secrets:
    description:
      - As O(proftpd.fxp.proftpd_config#module:secrets).
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  packages:
    description:
      - Packages that O(configuration) needs beside those of ProFTPD itself.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  configuration:
    description:
      - As O(proftpd.fxp.proftpd_config#module:content).
    type: str
  take_over:
    description:
      - As O(proftpd.fxp.proftpd_config#module:take_over).
    type: bool
    default: false
  accept_open_passive:
    description:
      - Take O(configuration) also for a release of ProFTPD that lets anybody take the passive data connections that it opens to
        peers. Otherwise that is one of RV(refusals).
      - While ProFTPD is not installed, the release that the host's platform ships counts.
    type: bool
    default: false
  uncork:
    description:
      - As O(proftpd.fxp.proftpd_config#module:uncork).
    type: bool
    default: false
  accounts:
    description:
      - As O(proftpd.fxp.proftpd_accounts#module:accounts). Nothing of a password is returned.
  needs:
    description:
      - As O(proftpd.fxp.proftpd_accounts#module:needs).
    type: list
    elements: str
    choices:
      - server
      - tls
    default: []
  plan_digest:
    description:
      - As O(proftpd.fxp.proftpd_config#module:plan_digest).
    type: str
  certificate:
    description:
      - What the server needs for TLS. Without it nothing of that is looked at, nor is the clock.
    type: dict
    suboptions:
      addresses:
        description: As O(proftpd.fxp.proftpd_certificate#module:addresses).
        type: list
        elements: str
        required: true
      name:
        description: As O(proftpd.fxp.proftpd_certificate#module:name).
        type: str
      trust:
        description: As O(proftpd.fxp.proftpd_certificate#module:trust).
        type: str
        required: true
      certificate:
        description: As O(proftpd.fxp.proftpd_certificate#module:certificate).
        type: str
      private_key:
        description: As O(proftpd.fxp.proftpd_certificate#module:private_key).
        type: str
      renew_before:
        description: As O(proftpd.fxp.proftpd_certificate#module:renew_before).
        type: int
        default: 30
  ahead:
    description:
      - The look is made for a later play. The first play that asks the same takes it instead of another one.
    type: bool
    default: false
  again:
    description:
      - Look in any case. Without it, what was looked at before in the same play is not looked at again.
    type: bool
    default: false
  state:
    description:
      - With V(absent) the parts are in place of which nothing is left.
    type: str
    choices:
      - present
      - absent
    default: present
  _now:
    description:
      - The clock of the controller. Set by the action plugin; leave it alone.
    type: float
  _host:
    description:
      - The name of the host in the inventory, for warnings. Set by the action plugin; leave it alone.
    type: str
seealso:
  - module: proftpd.fxp.fxp_verdict
"""

EXAMPLES = r"""
- name: Look at the server
  proftpd.fxp.fxp_look:
    control_port: 21
    passive_ports: {first: 61000, last: 61099}
    configuration: "{{ lookup('ansible.builtin.template', 'proftpd.conf.j2') }}"
    accounts:
      - name: mirror
        password_hash: "{{ vault_mirror_hash }}"
        home: /srv/fxp/mirror
    needs: [server]
  register: look

- name: Tell what stands against it
  ansible.builtin.debug:
    msg: "{{ look.refusals | map(attribute='sentence') | list }}"
"""

RETURN = r"""
platform:
  description: The platform that the host was taken for.
  returned: success
  type: str
  sample: Debian 12
python:
  description: The release of Python that the module ran in.
  returned: success
  type: str
  sample: 3.11.2
packages:
  description:
    - C(missing) are those that must be installed first. C(server) is the one that the program of the server is in, C(service) the
      unit that it brings.
  returned: success
  type: dict
  sample: {missing: [], server: proftpd-core, service: proftpd}
units:
  description: What systemd says of the units of the server and its rules, by name.
  returned: success
  type: dict
listeners:
  description: Who listens on the ports of the plan, ProFTPD itself among them.
  returned: success
  type: list
  elements: dict
  sample: [{address: 0.0.0.0, port: 21, program: proftpd (process 417)}]
in_place:
  description: Whether no package is missing, nothing is refused, and all of RV(parts) are in place.
  returned: success
  type: bool
  sample: true
run:
  description:
    - O(run) with the parts that are to change and what tells later whether their files are still those that were seen, for the
      modules that change them.
    - While another run is at work on the host, that is one of RV(refusals).
  returned: success
  type: dict
  sample:
    id: 6b1f0c2e9d4a7f35-417-220134
    who: admin@controller, process 417
    left: [rules, configuration]
    seen: {/etc/proftpd/proftpd.conf: '1181:2210:1790000000123456789:33188:0:0'}
parts:
  description:
    - Each of C(configuration), C(accounts), C(rules) and C(certificate) that was looked at.
    - C(in_place) tells that there is nothing to do for it. C(certificate) has C(trusted), C(reason) and C(expires) as
      M(proftpd.fxp.proftpd_certificate) returns them, C(rules) has C(drift) and C(former_ports) as
      M(proftpd.fxp.fxp_firewall) does.
  returned: success
  type: dict
refusals:
  description: Everything that stands against a run.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description: A word for programs.
      type: str
      returned: success
      sample: control_port_taken
    variable:
      description: The variable that says what cannot be; C(null) where no variable does.
      type: str
      returned: success
      sample: fxp_control_port
    value:
      description: What it says, or what was found.
      type: raw
      returned: success
      sample: 21
    sentence:
      description: Why not.
      type: str
      returned: success
      sample: port 21 is taken by vsftpd (process 417), which listens on 0.0.0.0.
    cure:
      description: What mends it; empty where the sentence says so itself.
      type: str
      returned: success
      sample: Stop it, or give the server another fxp_control_port.
not_asked:
  description: What nobody could tell yet, because a program is not installed. Each is a part of a sentence.
  returned: success
  type: list
  elements: str
  sample: [what ProFTPD's own checker (proftpd -t) says of the configuration]
"""

import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import choose
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Wish, read_wish, wish_options
from ansible_collections.proftpd.fxp.plugins.module_utils._host import platform, record
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._look import parts, survey
from ansible_collections.proftpd.fxp.plugins.module_utils._module import Module
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import accounts


def wished(asked: t.Mapping[str, t.Any], rules: Wish | None) -> survey.Wish:
    """What the options ask for."""
    certificate = asked["certificate"]
    if certificate is not None:
        # Templates of ansible-core 2.18 make an empty text of none.
        certificate = {**certificate, **{name: certificate[name] or None for name in ("name", "certificate", "private_key")}}
    said = ("control_port", "take_over", "plan_digest", "accept_open_passive", "uncork")
    return survey.Wish(
        parts.Configuration(
            text=asked["configuration"],
            secrets=tuple(asked["secrets"]),
            packages=tuple(asked["packages"]),
            **{name: asked[name] for name in said},
        ),
        (asked["passive_ports"]["first"], asked["passive_ports"]["last"]),
        asked["accounts"],
        asked["needs"],
        rules,
        certificate,
        time.time() if asked["_now"] is None else asked["_now"],
        asked["run"],
        asked["backend"],
    )


def main() -> None:
    module = Module(
        argument_spec={
            "control_port": {"type": "int"},
            "passive_ports": {
                "type": "dict",
                "options": {"first": {"type": "int", "required": True}, "last": {"type": "int", "required": True}},
            },
            "configuration": {"type": "str"},
            "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
            "packages": {"type": "list", "elements": "str", "default": []},
            "take_over": {"type": "bool", "default": False},
            "accept_open_passive": {"type": "bool", "default": False},
            "uncork": {"type": "bool", "default": False},
            "accounts": {"type": "list", "elements": "dict", "options": accounts.options()},
            "needs": {"type": "list", "elements": "str", "choices": ["server", "tls"], "default": []},
            "plan_digest": {"type": "str"},
            "backend": {"type": "str", "choices": list(choose.CHOICES), "default": choose.AUTO},
            "wish": {"type": "dict", "options": wish_options()},
            "certificate": {
                "type": "dict",
                "options": {
                    "addresses": {"type": "list", "elements": "str", "required": True},
                    "name": {"type": "str"},
                    "trust": {"type": "str", "required": True},
                    "certificate": {"type": "str"},
                    "private_key": {"type": "str", "no_log": True},
                    "renew_before": {"type": "int", "default": 30},
                },
            },
            "ahead": {"type": "bool", "default": False},
            "again": {"type": "bool", "default": False},
            "run": record.run_options(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "_now": {"type": "float"},
            "_host": {"type": "str"},
        },
        required_if=[("state", "present", ("control_port", "passive_ports", "configuration", "accounts"))],
        supports_check_mode=True,
    )
    asked = module.params
    try:
        wish = None if asked["wish"] is None else read_wish(asked["wish"])
    except HostError as exc:
        module.fail_json(msg=str(exc))
    # Before the look: what changes meanwhile has changed since.
    seen = record.marks(parts.files_of(platform.nearest()))
    known = survey.gone(asked["run"]) if asked["state"] == "absent" else survey.survey(wished(asked, wish))
    for warning in known.pop("warnings"):
        module.warn(f"{asked['_host']}: {warning}" if asked["_host"] else warning)
    left = [name for name, part in known["parts"].items() if not part["in_place"] or part.get("former_ports")]
    run = {**asked["run"], "left": left, "seen": seen} if asked["run"] else None
    module.exit_json(changed=False, run=run, **known)


if __name__ == "__main__":
    main()
