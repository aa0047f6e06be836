# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machine that the lab runs on: its commands, and what the lab changes there and puts back."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PACKAGES = {
    "podman": "podman",
    "debootstrap": "debootstrap",
    "unshare": "util-linux",
    "tar": "tar",
    "ip": "iproute2",
    "nft": "nftables",
    "iptables": "iptables",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
}
SYSCTLS = Path("/proc/sys/net/ipv4")
INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
WATCHERS = 1024  # inotify instances; systemd takes half a dozen on every host, and 128 is the kernel's default


class Problem(Exception):
    """What went wrong and what cures it, in one sentence for the user."""


def run(command: Sequence[str], timeout: float = 60, check: bool = True, stdin: bytes | None = None) -> str:
    """Run a command and return what it printed; a failure or a timeout is a Problem in the command's own words."""
    try:
        done = subprocess.run(
            command, input=stdin if stdin is not None else b"", capture_output=True, check=False, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        if not check:
            return ""
        raise Problem(f"`{' '.join(command)}` did not finish within {timeout:g} seconds.") from None
    except FileNotFoundError:
        raise Problem(f"`{command[0]}` is not installed here.") from None
    if check and done.returncode != 0:
        words = (done.stderr or done.stdout).decode(errors="replace").strip() or f"exit code {done.returncode}"
        raise Problem(f"`{' '.join(command)}` failed: {words}")
    return done.stdout.decode(errors="replace")


def say(line: str) -> None:
    """One line of progress, whole even when several threads speak."""
    sys.stdout.write(f"lab: {line}\n")
    sys.stdout.flush()


def on_cgroups_v2() -> bool:
    return Path("/sys/fs/cgroup/cgroup.controllers").exists()


def podman() -> list[str]:
    """The engine's command; crun, its default runtime on Debian, refuses the older cgroups, runc knows both."""
    return ["podman"] if on_cgroups_v2() else ["podman", "--runtime", "runc"]


def require_commands() -> None:
    needed = dict(PACKAGES) if on_cgroups_v2() else {**PACKAGES, "runc": "runc"}
    missing = [command for command in needed if shutil.which(command) is None]
    if missing:
        packages = " ".join(sorted({needed[command] for command in missing}))
        raise Problem(f"The lab needs {', '.join(missing)}, not found here: run `apt-get install {packages}`.")


def remember(record: Path) -> None:
    """Write down, before the first change, what a container network changes on a machine."""
    if record.exists():
        return
    before = {
        "sysctls": _forwarding(),
        "inotify": INOTIFY.read_text().strip(),
        "netavark": "NETAVARK" in run(["iptables-save"]),
        "nft_tables": _nft_tables(),
    }
    record.write_text(json.dumps(before, indent=2) + "\n")


def allow_watchers() -> None:
    """Let all hosts together have enough inotify instances: Linux counts those of all containers as those of one user."""
    if int(INOTIFY.read_text()) < WATCHERS:
        INOTIFY.write_text(f"{WATCHERS}\n")


def restore(record: Path) -> None:
    """Put back what remember() wrote down. Containers of others that still run keep what they need."""
    if run(["podman", "ps", "--quiet"]).strip():
        say("other containers are running, so packet forwarding and the engine's firewall chains stay as they are")
        return
    before = json.loads(record.read_text())
    if not before["netavark"]:
        for table in ("filter", "nat"):
            for command in chain_removals(run(["iptables-save", "--table", table])):
                run(["iptables", "--wait", "--table", table, *command])
    for table in _nft_tables():
        if table not in before["nft_tables"] and table in ("ip filter", "ip nat") and _has_no_rules(table):
            run(["nft", "delete", "table", *table.split()])
    INOTIFY.write_text(before.get("inotify", INOTIFY.read_text()))
    for name, value in before["sysctls"].items():
        setting = SYSCTLS / name
        if setting.exists() and setting.read_text().strip() != value:
            setting.write_text(value)


def chain_removals(saved: str) -> list[list[str]]:
    """
    iptables arguments that remove the chains netavark leaves behind, and the jumps to them.

    ``saved`` is what ``iptables-save`` prints for one table.
    """
    chains = re.findall(r"^:(NETAVARK\S*)", saved, re.MULTILINE)
    jumps = re.findall(r"^-A ((?!NETAVARK)\S+ .*-j NETAVARK\S*)$", saved, re.MULTILINE)
    flushed = [["--flush", chain] for chain in chains]
    return [_split_rule(jump) for jump in jumps] + flushed + [["--delete-chain", chain] for chain in chains]


def _split_rule(rule: str) -> list[str]:
    words = re.findall(r'"[^"]*"|\S+', rule)
    return ["--delete", *(word.strip('"') for word in words)]


def _forwarding() -> dict[str, str]:
    """ip_forward first: writing it sets the settings of every interface, which are then put right one by one."""
    settings = [
        SYSCTLS / "ip_forward",
        SYSCTLS / "conf/all/accept_redirects",
        *sorted(SYSCTLS.glob("conf/*/forwarding")),
    ]
    return {str(setting.relative_to(SYSCTLS)): setting.read_text().strip() for setting in settings}


def _nft_tables() -> list[str]:
    return [line.removeprefix("table ") for line in run(["nft", "list", "tables"]).splitlines()]


def _has_no_rules(table: str) -> bool:
    objects = json.loads(run(["nft", "--json", "list", "table", *table.split()]))["nftables"]
    return not any("rule" in entry for entry in objects)
