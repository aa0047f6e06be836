#!/usr/bin/python
# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fxp_report
short_description: Tell what checks of site-to-site transfers found
description:
  - Prints on the controller a table of all transfers. For those that fell short it prints before it what was said on both control
    connections, in one colour per server, the listing of the file on both servers and the closing line; and after it a sentence
    for each reason, with the cure, in the names of the inventory.
  - Of many transfers it prints only the dialogues of the first 10 that fell short, and of more than 100 only the rows of those
    that fell short; the rest is counted.
  - Nothing is printed where another program reads what Ansible writes, as with the callback P(ansible.posix.json#callback).
  - With O(directory) it writes what was found to the four files C(report.html) for people, C(report.json) for programs,
    C(junit.xml) for pipelines and C(report.md) for merge requests.
  - Fails if one of the transfers fell short, or if strangers can abuse a server or nothing could be learnt about that, after all
    of it is shown and written.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
extends_documentation_fragment:
  - proftpd.fxp._attributes
attributes:
  check_mode:
    support: full
    details:
      - Checks send nothing in check mode, so there is nothing to show and the task is skipped.
      - Results of checks that ran with C(check_mode=false) are shown, and the files are left as they are.
  diff_mode:
    support: partial
    details:
      - Shows C(report.md). The other files tell the same.
options:
  results:
    description:
      - The C(results) of a loop over M(proftpd.fxp.fxp_check) whose items have the keys C(source) and C(destination) with the
        names to show.
      - One of O(results), O(legs) and O(bounce) is needed if O(state=present).
    type: list
    elements: dict
  legs:
    description:
      - Transfers as a flat list. Each entry has the keys of RV(proftpd.fxp.fxp_check#module:legs), C(source) and C(destination)
        with the names of the servers. P(proftpd.fxp.mesh_legs#filter) makes it of meshes, and P(proftpd.fxp.placed_legs#filter)
        adds where connections are lost, C(seen), what was seen there, and C(not_asked), who was not asked and why.
      - It may have C(transcript), C(expect), and C(repeated) if it was tried a second time, C(first_cause) then saying what was
        met at first.
    type: list
    elements: dict
    version_added: 0.2.0
  probes:
    description:
      - What M(proftpd.fxp.fxp_probe) showed about transfers whose data connection was lost somewhere. The report then says where.
        P(proftpd.fxp.placed_legs#filter) does the same before the report, from what the module returned.
      - Each entry has the keys C(source), C(destination) and C(passive) of the transfer, C(port), C(egress) (the addresses that
        the connecting server is expected to come from), C(connection) from the connecting server and C(arrivals) from the
        listening one. It may have C(not_asked), a list of C(server) and C(reason) of those that could not be asked, which the
        report then tells, and the other keys of P(proftpd.fxp.unplaced_legs#filter).
    type: list
    elements: dict
    default: []
  bounce:
    description:
      - Whether strangers can abuse the servers, a table of its own. By the name of the server what
        M(proftpd.fxp.fxp_bounce_check) returned, or at least its C(vulnerable), C(tested) and C(findings).
    type: dict
    version_added: 0.2.0
  show:
    description:
      - What people see. What is returned and written is the same.
      - V(failed) prints the table, and dialogues of what fell short; V(dialogues) prints those of up to 24 transfers whatever
        came of them. V(table) prints no dialogue.
      - Up to release 0.2.0 the default was V(dialogues).
    type: str
    choices:
      - failed
      - dialogues
      - table
      - nothing
    default: failed
  directory:
    description:
      - Directory on the controller, as an absolute path or relative to where Ansible was started, for C(report.html),
        C(report.json), C(junit.xml) and C(report.md). It is made if it is not there.
      - Required if O(state=absent).
      - The same results make the same files; nothing is written then, and the time in the report is that of the first.
    type: path
    version_added: 0.2.0
  state:
    description:
      - V(absent) takes the files of an earlier report out of O(directory) and shows nothing. Begin with it, so that checks that
        end early do not leave the report of others behind.
    type: str
    choices:
      - present
      - absent
    default: present
    version_added: 0.2.1
  title:
    description:
      - What stands above the report.
    type: str
    default: Site-to-site transfers
    version_added: 0.2.0
  coverage:
    description:
      - Which pairs were tried, in words. It stands in every form of the report.
    type: str
    version_added: 0.2.0
  other_plans:
    description:
      - Servers that run another plan than the inventory makes now, as P(proftpd.fxp.other_plans#filter) tells. It is the first
        thing to mend when transfers fail, so every form of the report says so.
    type: list
    elements: str
    default: []
    version_added: 0.3.0
  vantage_untold:
    description:
      - Servers that may see the client at the address of a peer, RV(proftpd.fxp.fxp_mesh_check#module:vantage_untold). Those of
        O(results) are added.
    type: list
    elements: str
    default: []
    version_added: 0.2.2
  files_left:
    description:
      - Files of checks that are to be deleted, RV(proftpd.fxp.fxp_mesh_check#module:files_left). Those of O(results) are added.
    type: list
    elements: dict
    default: []
    version_added: 0.2.2
"""

EXAMPLES = r"""
- name: Send a file both ways
  proftpd.fxp.fxp_check:
    source: "{{ servers[item.source] }}"
    destination: "{{ servers[item.destination] }}"
  loop:
    - {source: ftp1, destination: ftp2}
    - {source: ftp2, destination: ftp1}
  register: checks
  failed_when: false
  delegate_to: localhost
  run_once: true

- name: Show what was found
  proftpd.fxp.fxp_report:
    results: "{{ checks.results }}"
  run_once: true

- name: Show it as a table, and write it down for the pipeline
  proftpd.fxp.fxp_report:
    results: "{{ checks.results }}"
    show: table
    directory: fxp-report
    title: Transfers between the mirrors
    coverage: all ordered pairs, each side listening once
  run_once: true
"""

RETURN = r"""
directory:
  description: Where the report is, as an absolute path.
  returned: with O(directory)
  type: str
  sample: /builds/mirrors/fxp-report
  version_added: 0.2.0
files:
  description: The paths of the files of the report.
  returned: with O(directory)
  type: list
  elements: str
  version_added: 0.2.0
ok:
  description:
    - Whether nothing fell short, no stranger can abuse a server, and the report could be written. The task fails otherwise.
  returned: always
  type: bool
  sample: true
  version_added: 0.2.2
passed:
  description: How many transfers were proven.
  returned: always
  type: int
  sample: 4
tried:
  description: How many transfers were tried.
  returned: always
  type: int
  sample: 4
legs:
  description: Every transfer in the order of the table, with the names and measures that M(proftpd.fxp.fxp_check) returns.
  returned: always
  type: list
  elements: dict
"""
