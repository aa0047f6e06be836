#!/usr/bin/python
# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fxp_firewall
short_description: Put the firewall rules of an FXP server into force, or return to the old ones
description:
  - Makes one file of nftables rules of what is to be let through, loads it atomically, and keeps it in force over restarts of
    C(nftables.service) and of the host. C(proftpd.service) does not start without them.
  - Where ufw decides on the host, these rules are the guard that keeps strangers off the ports, and an application profile
    C(proftpd-fxp) with one rule for it lets packets reach it. Denies and limits of the operator stay in front of that rule. A
    guard that somebody flushes is put back within a minute.
  - Where iptables decides, of either variant, these rules mark what they let through as well, and one line of iptables with the
    comment C(proftpd.fxp), per family and direction, accepts that mark. It stands directly in front of what drops everything that
    is left, in the kernel and, once the rules are confirmed, in C(/etc/iptables/rules.v4) and C(rules.v6) where those files are.
    Without these rules it opens nothing. If something else on the host uses bits of the mark, the module fails.
  - Where firewalld decides, the rules are sets and two policies of its own. One drops strangers before any zone is asked, the
    other accepts clients and peers after the zones, so what the operator denies holds. Members of the sets change without a
    reload. Where a reload is needed that would lose rules which firewalld has in none of its files, or put in force some that it
    has in its files only, the module fails before anything is changed.
  - The rules are on trial first. The host returns to the old ones by itself, unless Ansible comes back to it through a new
    connection within O(return_after) seconds and confirms them. A reboot in between returns to the old ones too.
  - An accept in one table of nftables does not overrule the drop of another. In every base chain of another table that drops
    these connections by default, one rule with the comment C(proftpd.fxp) is put directly in front of the rule, or the policy,
    that drops everything that is left; if that rule is in a chain that is jumped to, it is put in front of the jump that all
    take, or behind the denies of that chain if nothing else leads there. Whatever drops under a condition, as the rules of
    C(fail2ban), block lists and limits, stays in front of it; where such a condition is not understood, a warning names the rule.
    Nothing else of other tables is touched, and into tables that firewalld, ufw or iptables manages nft writes nothing.
  - Rules fit the server that runs at every moment. Where that has other ports than O(wish) says, because it is to change only
    after this, those ports are guarded too, and let the same clients and peers through. The same module run after the change
    narrows the rules to the ports of O(wish).
  - If the rules would govern the port that ssh comes in by, if two managers decide on connections to the host, or if another
    rule denies the ports of the plan to everybody, the module fails before anything is changed.
  - With O(state=absent) everything that this module brought leaves the host, the rules in other tables too. The rules leave the
    kernel on trial, and only the confirmation removes the files and the units. Where nothing of this collection is, nothing is
    done, whatever manages the firewall there.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
requirements:
  - nftables with JSON, and systemd, on the host; where firewalld decides, firewalld with ipsets
extends_documentation_fragment:
  - proftpd.fxp._attributes
  - proftpd.fxp._commit
  - proftpd.fxp._run
  - proftpd.fxp._wish
  - proftpd.fxp._attributes.platform
attributes:
  check_mode:
    support: full
    details:
      - The whole transaction is checked by C(nft -c), or by C(firewall-offline-cmd), in check mode too. Where nftables is not
        installed yet, nobody could check the rules, and RV(validated) is V(false).
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
  content:
    description:
      - The whole text of the rules for nftables, instead of O(wish). One of both is required if O(state=present).
      - It becomes C(/etc/proftpd-fxp/firewall.nft).
      - It defines C(control_port), C(passive_ports) and C(incoming), and C(outgoing4) and C(outgoing6) where this server dials
        peers, and replaces the table C(inet proftpd_fxp), as the text that O(wish) makes does.
      - Deprecated, and goes in 1.0.0. Use O(wish).
    type: str
  unit:
    description:
      - With O(content), the text of C(proftpd-fxp-firewall.service), which loads the rules when the host starts.
      - Deprecated, and goes in 1.0.0. The module has a text of its own.
    type: str
  drop_in:
    description:
      - With O(content), the text of a drop-in for C(nftables.service), which loads the rules again whenever that flushes
        everything.
      - Deprecated, and goes in 1.0.0. The module has a text of its own.
    type: str
  state:
    description:
      - Whether the rules are in force, or nothing of this collection is left in the firewall.
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
- name: Load the rules of the plan
  proftpd.fxp.fxp_firewall:
    wish: "{{ plan | proftpd.fxp.firewall_wish(inventory_hostname) }}"

- name: Load rules for one client and one peer over a slow way in
  proftpd.fxp.fxp_firewall:
    wish:
      control_port: 21
      passive_ports: {first: 49152, last: 49407}
      addresses: [198.51.100.11]
      clients4: [192.0.2.0/24]
      peers4:
        - name: ftp2
          addresses: [198.51.100.12]
      outgoing4:
        - name: ftp2
          addresses: [198.51.100.12]
          first: 49152
          last: 49407
    return_after: 120

- name: Take all rules away
  proftpd.fxp.fxp_firewall:
    state: absent
"""

RETURN = r"""
path:
  description: The file that holds the rules.
  returned: success
  type: str
  sample: /etc/proftpd-fxp/firewall.nft
manager:
  description: The firewall manager that the rules are for, as O(backend) has it.
  returned: success
  type: str
  sample: nftables
  version_added: 0.3.0
validated:
  description: Whether C(nft) was asked about the rules.
  returned: success
  type: bool
  sample: true
missing_packages:
  description:
    - Packages that must be installed first. If there are any, nothing was changed; install them and run the module again.
  returned: success
  type: list
  elements: str
  sample: []
rules_in:
  description: Base chains of other tables that drop by default and therefore hold one rule of ours.
  returned: success
  type: list
  elements: str
  sample:
    - inet filter input
former_ports:
  description:
    - Ports that the server of this host still has beside those of O(wish), by its configuration in force. They are guarded like
      those and let the same clients and peers through, so that rules fit the server while it changes.
    - If there are any, run the module again when the server has changed.
  returned: success
  type: list
  elements: dict
  version_added: 0.3.0
  contains:
    first:
      description: First port.
      type: int
      returned: success
    last:
      description: Last port.
      type: int
      returned: success
  sample:
    - first: 2121
      last: 2121
drift:
  description: How the rules in force differed from the file although the file was as wanted.
  returned: success
  type: list
  elements: str
  sample:
    - chain inet filter input drops by default and lacks the rule of proftpd.fxp
"""

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import (
    choose,
    detect,
    interfaces,
    kinds,
    lockout,
    make,
    managers,
    phases,
    removal,
    state,
    transaction,
    units,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.backend import Backend
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.errors import FirewallError, TooLate
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import read_defines, with_interfaces
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.wish import Former, former, read_wish, wish_options
from ansible_collections.proftpd.fxp.plugins.module_utils._host import platform, record, systemd
from ansible_collections.proftpd.fxp.plugins.module_utils._host import root as _root
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._module import Module
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import served

DEPRECATED = {"removed_in_version": "1.0.0", "removed_from_collection": "proftpd.fxp"}


def backend_of(module: Module, kind: kinds.Kind) -> Backend:
    """The backend of the manager that decides here; what goes away, or was begun, is asked of the one that it was made with."""
    if module.params["_manager"] in managers.BACKENDS:
        return managers.BACKENDS[module.params["_manager"]].make("")
    if module.params["_phase"] == phases.APPLY and module.params["state"] == "present":
        return choose.choose(detect.Commands(), module.params["backend"])
    return managers.in_use(kind=kind)


def transaction_of(module: Module, host: state.Host, left: Former) -> transaction.Transaction:
    """What is to be carried out on this host; raise FirewallError where no timer could take it back."""
    manager = systemd.Systemd()
    if not manager.is_here():
        raise FirewallError(
            "systemd does not run here, and the timer that takes a bad change of the firewall back needs it; set "
            "fxp_firewall_backend to none for this host and open the ports yourself."
        )
    if module.params["state"] == "absent":
        return removal.Removal(host, manager, make.program())
    return transaction.Transaction(host, manager, texts_of(module, host, left))


def texts_of(module: Module, host: state.Host, left: Former) -> transaction.Texts:
    """What is to stand on the host: for a wish, or texts of the user's own."""
    params, commands = module.params, detect.Commands()
    if params["wish"]:
        return make.texts(host, read_wish(params["wish"])._replace(former=left), commands)
    found = interfaces.find(read_defines(params["content"]).addresses, commands)
    files = units.files(host, params["unit"], params["drop_in"])
    return transaction.Texts(with_interfaces(params["content"], *found), files, make.program())


def former_of(module: Module) -> Former:
    """The ports that the server still has beside those of the wish; they are guarded until it has changed to those."""
    if not module.params["wish"]:
        return Former()
    has = served.served(platform.nearest())
    ways_in = lockout.ways_in(lockout.ssh_connection(), lockout.listening())
    return former(read_wish(module.params["wish"]).ports, has.control, has.passive, ways_in)


def files_of(host: state.Host) -> list[str]:
    """What tells whether somebody else has changed the rules."""
    return managers.texts(host.root, host.kind)


def remove(module: Module, host: state.Host, connection: str) -> dict[str, t.Any]:
    """Take everything of ours away; the return values."""
    validated = host.backend.is_installed()
    result = {
        "path": host.rules,
        "manager": host.backend.name,
        "validated": validated,
        "missing_packages": [],
        "rules_in": [],
        "drift": [],
        "former_ports": [],
        "changed": False,
    }
    if not removal.is_found(host):
        return result
    if not validated:
        name = host.backend.name
        module.warn(f"{name} is not installed here any more; rules of proftpd.fxp that the kernel may hold go with a restart.")
    run = None if module.check_mode else module.params["run"]
    record.begin(run, files_of(host), lockout.ssh_source())
    outcome = transaction_of(module, host, Former()).apply(module.params["return_after"], module.check_mode)
    if not outcome.on_trial:
        record.end(run, "rules", files_of(host))
    result.update({"changed": outcome.changed, "on_trial": outcome.on_trial, "diff": list(outcome.diff)})
    return {**result, "connection": connection}


def apply(module: Module, host: state.Host, connection: str) -> dict[str, t.Any]:
    """Put the wish in force, on trial until the controller has come back over a new connection; the return values."""
    wish = module.params["wish"]
    governed = read_wish(wish).ports if wish else host.backend.ports(module.params["content"])
    lockout.refuse_lockout(governed, connection, lockout.listening())
    left = former_of(module)
    change = transaction_of(module, host, left)
    result = {
        "path": host.rules,
        "manager": host.backend.name,
        "validated": True,
        "missing_packages": [],
        "rules_in": [],
        "drift": [],
        "former_ports": [{"first": first, "last": last} for first, last in left.spans],
    }
    if host.backend.is_installed():
        run = None if module.check_mode else module.params["run"]
        record.begin(run, files_of(host), lockout.ssh_source())
        outcome = change.apply(module.params["return_after"], module.check_mode)
        if not outcome.on_trial:
            record.end(run, "rules", files_of(host), done=not left.spans)
        for warning in outcome.warnings:
            module.warn(warning)
        result.update({"rules_in": outcome.rules_in, "drift": outcome.drift, "on_trial": outcome.on_trial})
    else:
        result.update({"validated": False, "missing_packages": [host.backend.package]})
        if not module.check_mode:
            return {**result, "changed": False}
        outcome = change.preview()
    return {**result, "changed": outcome.changed, "diff": list(outcome.diff), "connection": connection}


def main() -> None:
    module = Module(
        argument_spec={
            "backend": {"type": "str", "choices": list(choose.CHOICES), "default": choose.AUTO},
            "wish": {"type": "dict", "options": wish_options()},
            "content": {"type": "str", **DEPRECATED},
            "unit": {"type": "str", **DEPRECATED},
            "drop_in": {"type": "str", **DEPRECATED},
            "run": record.run_options(),
            **phases.options(),
        },
        required_if=[("state", "present", ("wish", "content"), True)],
        mutually_exclusive=[("wish", "content"), ("wish", "unit"), ("wish", "drop_in")],
        supports_check_mode=True,
    )
    connection = lockout.ssh_connection()
    try:
        kind = kinds.KINDS[(module.params["wish"] or {}).get("kind", "server")]
        host = state.Host(backend_of(module, kind), kind=kind)
        if module.params["_phase"] == phases.APPLY:
            phases.refuse_haste(module.params["return_after"])
            begin = remove if module.params["state"] == "absent" else apply
            module.exit_json(**begin(module, host, connection))
        left = former_of(module)
        change = transaction_of(module, host, left)
        settled = phases.settle(change, host) if module.params["_phase"] == phases.SETTLE else None
        if settled is None:
            phases.confirm(change, connection, module.params["_connection"])
        # Also where it was only the answer to the confirmation that was lost.
        if settled is None or settled["confirmed"]:
            record.end(module.params["run"], "rules", files_of(host), done=not left.spans)
        module.exit_json(**(settled or {"changed": True}))
    except TooLate as exc:
        module.fail_json(msg=str(exc), too_late=True)
    except (HostError, OSError) as exc:
        module.fail_json(msg=_root.told(exc))


if __name__ == "__main__":
    main()
