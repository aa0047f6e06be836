#!/usr/bin/python
# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: proftpd_info
version_added: 0.2.0
short_description: Tell what a ProFTPD server lets others do with its data connections
description:
  - Reads the configuration as ProFTPD does, with C(Include), C(IfModule), C(IfDefine), C(IfVersion), C(Global), C(VirtualHost),
    C(Anonymous) and the sections of mod_ifsession, and tells for every server whose addresses it takes, on which ports it
    listens, what it announces and what it demands of TLS.
  - What C(AllowForeignAddress) means depends on the release, and is told for the side that connects (C(PORT)) and the side that
    listens (C(PASV)) apart. In ProFTPD 1.3.8, for example, a server that does not say it lets anybody take its passive data
    connections.
  - Tells what is known to be wrong with this release, and whether it applies to this configuration. Fixes that Debian puts into
    its package without changing the release count.
  - Tells who gets in at these ports, as far as the nftables rules in force can be evaluated, and whether the daemon has read its
    files since they were changed.
  - Values of the daemon's environment are told only as the values of directives that this module is about, never by themselves.
  - Works on servers that this collection never configured. Where ProFTPD is not installed, RV(installed) is V(false).
  - Nothing is changed. Without root, whatever cannot be read is named in RV(findings), RV(problem) or RV(rules).
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
extends_documentation_fragment:
  - proftpd.fxp._attributes
  - proftpd.fxp._attributes.looks
  - proftpd.fxp._attributes.platform
attributes:
  check_mode:
    support: full
    details:
      - It does the same in check mode.
  platform:
    platforms: posix
options:
  path:
    description:
      - The configuration file.
      - By default the one that the unit O(service) names, or else the one that ProFTPD was built for.
    type: path
  service:
    description:
      - The unit of systemd. A host without systemd needs none.
    type: str
    default: proftpd
  rules:
    description:
      - Whether to look at the firewall too.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Look at the server
  proftpd.fxp.proftpd_info:
  register: ftp
  become: true

- name: Name the servers where anybody may take a passive data connection
  ansible.builtin.debug:
    msg: >-
      {{ ftp.servers | selectattr('listens') | selectattr('allow_foreign_address.passive', 'eq', 'anybody')
         | map(attribute='name') | join(', ') }}
"""

RETURN = r"""
installed:
  description: Whether there is a proftpd program.
  returned: always
  type: bool
  sample: true
version:
  description: What it says of itself.
  returned: always
  type: str
  sample: ProFTPD Version 1.3.8
release:
  description: Its release; V(null) if it cannot be told.
  returned: always
  type: str
  sample: 1.3.8
package_version:
  description: The version of Debian's package C(proftpd-core); V(null) if it is not installed.
  returned: always
  type: str
  sample: 1.3.8+dfsg-4+deb12u5
path:
  description: The configuration file.
  returned: always
  type: str
  sample: /etc/proftpd/proftpd.conf
files:
  description: The files that it includes, in the order in which they are read.
  returned: always
  type: list
  elements: str
  sample: [/etc/proftpd/modules.conf]
managed:
  description: Whether the file has the mark of this collection.
  returned: always
  type: bool
  sample: false
plan_digest:
  description:
    - What M(proftpd.fxp.proftpd_config) kept of the plan that the configuration comes from; V(null) if nothing. The filter
      P(proftpd.fxp.plan_digest#filter) tells what it is by the present plan.
  returned: always
  type: str
  version_added: 0.3.0
valid:
  description:
    - Whether ProFTPD's own checker takes the configuration, with the environment and the command line of the daemon; V(null)
      without root or ProFTPD, and where the configuration depends on an environment that is not known.
    - V(false) also for errors in files that are included, with which releases before 1.3.9rc1 start all the same.
  returned: always
  type: bool
  sample: true
problem:
  description: What the checker says, or why the file cannot be read; V(null) if all is well.
  returned: always
  type: str
  sample:
modules:
  description: The modules that are compiled in, and those that the configuration loads.
  returned: always
  type: dict
  contains:
    compiled_in:
      description: As C(proftpd -l) tells.
      type: list
      elements: str
    loaded:
      description: Those of every C(LoadModule) in force.
      type: list
      elements: str
servers:
  description: The main server, and every C(VirtualHost).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: V(main), or the arguments of the C(VirtualHost).
      type: str
    listens:
      description: Whether the server is switched on.
      type: bool
    sftp:
      description: Whether it speaks SFTP (mod_sftp), so that nothing of FTP applies to it.
      type: bool
    control_port:
      description: Its control port; V(0) is off, V(null) is not known.
      type: int
    addresses:
      description: Where it listens; empty for every address.
      type: list
      elements: str
    allow_foreign_address:
      description:
        - C(said) is the word in force or V(null), C(port) and C(passive) are what it means on the side that connects and on the
          side that listens, V(refused), V(class), V(anybody), or V(unknown) where the release, the
          daemon's environment or a part of the configuration is not known.
        - C(class) and C(members) are the class that it names and its rules, C(holds) the networks that it holds for certain, and
          C(unclear) those of its rules of which that cannot be told.
      type: dict
    passive_ports:
      description: C(first) and C(last) of C(PassivePorts); V(null) if it is not said.
      type: dict
    masquerade_address:
      description: What C(PASV) announces in place of the server's own address; V(null) if nothing.
      type: str
    unknown:
      description:
        - The directives whose values depend on variables of the daemon's environment (C(%{env:NAME})) that are not known. Those
          of the unit are; those of a daemon that was started otherwise are not, because it writes its title over them.
        - Also those in whose place something may count that was not read, which a finding tells.
      type: list
      elements: str
    tls:
      description: What mod_tls is told, by default values where it is not.
      type: dict
    anonymous:
      description: The same settings inside of every C(Anonymous).
      type: list
      elements: dict
    overrides:
      description:
        - What sections of mod_ifsession say for some users, groups or classes of clients.
        - C(tls) is what the clients of a class are asked for. What is said for accounts comes too late for that.
      type: list
      elements: dict
classes:
  description: The classes with C(members) and C(satisfy), by name.
  returned: always
  type: dict
findings:
  description:
    - What is wrong with the configuration and ProFTPD's own checker accepts.
    - C(severity) tells what M(proftpd.fxp.proftpd_config) makes of it before it is written, which refuses an V(error) and has a
      V(warning); of a V(note) it says nothing. C(weight) tells how bad it is where it is in force on this release, a V(hole), a
      V(fault) or a V(note), as M(proftpd.fxp.fxp_audit) tells it.
  returned: always
  type: list
  elements: dict
  sample:
    - code: foreign_address_missing
      severity: error
      server: main
      file: /etc/proftpd/proftpd.conf
      line: 1
      sentence: AllowForeignAddress is not said, and on this release anybody may then take a passive data connection
      cure: say AllowForeignAddress off, or the name of a class of peers, in this server itself or in <Global>
      weight: hole
advisories:
  description:
    - What is known to be wrong with this release. C(applies) tells whether what C(needs) names is there, C(certain) is V(false)
      where the package may have the fix without a word that is known here.
    - C(cure) is one that is there for this release and its package, C(severity) is V(note) where there is none yet.
      C(in_findings) tells whether RV(findings) tell the same.
  returned: always
  type: list
  elements: dict
running:
  description:
    - C(active), C(pid), and when the daemon was C(started) and last C(loaded) its files, in seconds since 1970.
    - C(newer) are the files that were changed since, C(current) is whether there are none, or V(null) if nothing can be said.
    - C(listening) has every C(address) and C(port) where it really listens, V(null) if that cannot be seen.
    - C(unit) is the state of O(service), V(null) where there is no such unit.
    - C(uncorked) is whether it runs as O(proftpd.fxp.proftpd_config#module:uncork) says, V(null) if it should and that cannot be
      seen.
  returned: always
  type: dict
rules:
  description:
    - Who gets in. C(access) has for every range of ports and C(family) the networks that are C(accepted), and those of which it
      is C(unknown), with C(why) and the rule that it depends on; all others are kept out.
    - C(evaluated) is V(false) with C(why) where the rules cannot be read, C(others) names firewalls beside nftables,
      C(own_table) tells whether the rules of this collection are in force, and C(ports) which ports it is about.
    - C(unkept) names files of iptables that are not there, so that a line of this collection is lost whenever somebody loads the
      rules anew.
    - C(no_neighbours) is the chain, as family, table and name, that drops neighbour discovery, without which IPv6 stands still;
      V(null) if none does.
    - V(null) with O(rules=false) and where ProFTPD is not installed.
  returned: always
  type: dict
"""

from ansible_collections.proftpd.fxp.plugins.module_utils._host import record
from ansible_collections.proftpd.fxp.plugins.module_utils._look import look
from ansible_collections.proftpd.fxp.plugins.module_utils._module import Module


def main() -> None:
    module = Module(
        argument_spec={
            "path": {"type": "path"},
            "service": {"type": "str", "default": "proftpd"},
            "rules": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    known = look.look(wanted["path"], wanted["service"], wanted["rules"])
    module.exit_json(changed=False, plan_digest=record.plan_digest(), **known)


if __name__ == "__main__":
    main()
