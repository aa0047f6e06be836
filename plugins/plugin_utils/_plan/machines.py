# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Find names of an inventory by which Ansible reaches one machine: each would undo there what the other did."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Problem

# What leads an ssh connection to a machine. The same private address behind two jump hosts is two machines.
WAY = (
    "ansible_connection",
    "ansible_host",
    "ansible_port",
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_executable",
    "ansible_ssh_extra_args",
    "ansible_ssh_host",
    "ansible_ssh_port",
)
SSH = ("ssh", "ansible.builtin.ssh", "smart", "paramiko", "paramiko_ssh", "ansible.builtin.paramiko_ssh", "None")


def shared(hosts: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[Problem]:
    """Return which of ``hosts``, with their variables, are names for a machine that has one already."""
    problems = []
    seen: dict[tuple[str, ...], str] = {}
    for name, variables in hosts.items():
        try:
            way = tuple(str(variables.get(key)) for key in WAY)
        except AnsibleError:
            continue
        if way[0] not in SSH or variables.get("ansible_host") is None:
            continue
        if way in seen:
            problems.append(
                Problem(
                    name,
                    "ansible_host",
                    way[1],
                    f"is also where Ansible reaches {seen[way]}, but a machine has "
                    "one FTP server; keep one of the two names, or correct the address",
                )
            )
        seen.setdefault(way, name)
    return problems
