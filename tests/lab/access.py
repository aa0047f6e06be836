# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the lab's hosts are reached: ssh key, known hosts, Ansible inventory, all in the lab's state directory."""

from __future__ import annotations

import json
import shlex
import shutil
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from hosts import Host
from machine import Problem, run

ANSWER_SECONDS = 20


class Access:
    """The files in the state directory that let this machine log in to the hosts."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.key = state / "id_ed25519"
        self.public_key = state / "id_ed25519.pub"
        self.known_hosts = state / "known_hosts"
        self.inventory = state / "inventory.yml"
        self.masters = state / "cp"
        # What the collection makes beside the inventory that names the servers.
        self.authority = (state / "fxp-ca.pem", state / "fxp-ca.key")

    def ensure_key(self) -> str:
        if not (self.key.exists() and self.public_key.exists()):
            self.key.unlink(missing_ok=True)
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "proftpd.fxp lab", "-f", str(self.key)])
        return self.public_key.read_text()

    def write(self, hosts: Iterable[Host], host_keys: Mapping[str, str]) -> None:
        """Write known_hosts and the inventory; ``host_keys`` are public keys by host name."""
        hosts = list(hosts)
        self.known_hosts.write_text("".join(f"{host.address} {host_keys[host.name]}\n" for host in hosts))
        self.inventory.write_text(render_inventory(hosts, self.key, self.known_hosts, self.masters))

    def ssh(self, host: Host, *command: str, terminal: bool = False) -> list[str]:
        options = [
            "-F",
            "none",
            "-i",
            str(self.key),
            *shlex.split(ssh_options(self.known_hosts)),
            "-o",
            "ConnectTimeout=5",
        ]
        mode = ["-t"] if terminal else ["-o", "BatchMode=yes"]
        return ["ssh", *options, *mode, f"root@{host.address}", *command]

    def wait_for_login(self, host: Host) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                run(self.ssh(host, "true"), timeout=10)
                return
            except Problem as problem:
                if time.monotonic() > deadline:
                    raise Problem(f"{host.name} ({host.address}) runs, but its sshd let nobody in: {problem}") from None
            time.sleep(0.2)

    def close_masters(self) -> None:
        """End the connections that Ansible keeps open to the hosts, which are processes on this machine."""
        for socket in self.masters.glob("*"):
            run(["ssh", "-F", "none", "-O", "exit", "-o", f"ControlPath={socket}", "lab"], check=False)

    def remove(self) -> None:
        self.close_masters()
        shutil.rmtree(self.masters, ignore_errors=True)
        for path in (self.key, self.public_key, self.known_hosts, self.inventory, *self.authority):
            path.unlink(missing_ok=True)


def ssh_options(known_hosts: Path) -> str:
    """Options for every ssh to the lab: a quick key exchange, and a host that vanishes is noticed after 20 s."""
    options = (
        f"UserKnownHostsFile={known_hosts}",
        "GlobalKnownHostsFile=none",
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
        "PreferredAuthentications=publickey",
        "KexAlgorithms=curve25519-sha256",
        "ServerAliveInterval=5",
        "ServerAliveCountMax=4",
    )
    return shlex.join(word for option in options for word in ("-o", option))


def render_inventory(hosts: Iterable[Host], key: Path, known_hosts: Path, masters: Path) -> str:
    """The Ansible inventory, as YAML: how to reach the hosts and nothing of what they are for."""
    variables = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(key),
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_common_args": ssh_options(known_hosts),
        "ansible_control_path_dir": str(masters),
    }
    lines = ["# Written by tests/lab/lab.py; gone when the lab is down.", "all:", "  vars:"]
    lines += [f"    {name}: {json.dumps(value)}" for name, value in variables.items()]
    lines.append("  children:")
    groups: dict[str, list[Host]] = {}
    for host in hosts:
        groups.setdefault(host.group, []).append(host)
    for group, members in groups.items():
        lines += [f"    {group}:", "      hosts:"]
        lines += [f"        {host.name}: {{ansible_host: {host.address}}}" for host in members]
    return "\n".join(lines) + "\n"
