# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The lab: real hosts with systemd and sshd on one machine.

up [--servers N] [--release HOST=RELEASE ...] [--behind GATEWAY=HOST[,HOST] ...] [--beside GATEWAY=HOST[,HOST] ...]
                      make or mend it; ftp1 and ftp2 unless more are asked for; Debian 12 unless a host is asked to run another
                      release, which it keeps until it is asked to run yet another or the lab goes; gw1, gw2, ... stand in front
                      of servers that have private addresses then; a server beside one
                      stays where it is and has an address in the network behind it, too
status                hosts, addresses, releases, states
shell HOST [COMMAND]  log in, or run a command there
reboot HOST           restart a host and wait until it answers
down [--purge]        remove it and put the machine back; --purge removes the base images too
"""

from __future__ import annotations

import argparse
import fcntl
import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import hosts
import image
import lan
import machine
import network
from access import Access
from hosts import MOST_SERVERS, RELEASES, SERVERS, Host, fleet
from machine import Problem, say

LOCK_SECONDS = 900
AT_ONCE = 4  # hosts that are started at the same time


def up(state: Path, servers: int, releases: Mapping[str, str], behind: hosts.Asked, beside: hosts.Asked) -> None:
    started = time.monotonic()
    machine.require_commands()
    existing = hosts.containers()
    wanted = hosts.with_releases(hosts.with_gateways(fleet(servers), behind, beside), releases, existing)
    elsewhere = {container.kept_in for container in existing.values()} - {str(state)}
    if elsewhere:
        other = elsewhere.pop()
        raise Problem(f"The lab is up already, kept in {other}: use `--state {other}`, or take it down first.")
    networked = network.exists()
    if not networked:
        network.require_free()
    images = {release: image.ensure(release) for release in sorted({host.release for host in wanted})}
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not networked:
        machine.remember(state / "machine.json")
        machine.allow_watchers()
        network.create()
    for number in sorted({host.gateway for host in wanted} - {0}):
        lan.ensure(number)
    access = Access(state)
    public_key = access.ensure_key()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda host: hosts.ensure(host, existing.get(host.name), images[host.release], public_key, state), wanted))
        network.settle()
        for number in lan.present():
            lan.lead(number, hosts.GATEWAYS + number)
        keys = list(pool.map(hosts.host_key, wanted))
        access.write(wanted, {host.name: key for host, key in zip(wanted, keys)})
        list(pool.map(access.wait_for_login, wanted))
    for name in images.values():
        image.drop_older(name)
    say(f"up in {time.monotonic() - started:.1f} s; inventory: {access.inventory}")


def down(state: Path, purge: bool) -> None:
    existing = hosts.containers()
    places = sorted({state, *(Path(container.kept_in) for container in existing.values())})
    for place in places:
        Access(place).remove()
    hosts.remove(sorted(existing))
    lan.remove()
    if network.exists():
        network.remove()
    for place in places:
        record = place / "machine.json"
        if record.exists():
            machine.restore(record)
            record.unlink()
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()
    if purge:
        image.purge()
    say("down")


def status() -> None:
    existing = hosts.containers()
    print(f"{'HOST':<10}{'ADDRESS':<16}{'GROUP':<14}{'RELEASE':<10}STATE")
    known = hosts.known(existing)
    usual = [host.name for host in fleet()]
    for host in [known[name] for name in [*usual, *sorted(existing.keys() - set(usual))]]:
        container = existing.get(host.name)
        release, state = (container.release, container.state) if container else ("-", "absent")
        print(f"{host.name:<10}{host.address:<16}{host.group:<14}{release:<10}{state}")


def shell(state: Path, name: str, command: list[str]) -> None:
    host = _running(name)
    line = Access(state).ssh(host, *command, terminal=not command or sys.stdin.isatty())
    os.execvp(line[0], line)


def reboot(state: Path, name: str) -> None:
    host = _running(name)
    started = time.monotonic()
    hosts.reboot(host)
    Access(state).wait_for_login(host)
    say(f"{host.name} rebooted in {time.monotonic() - started:.1f} s")


def _running(name: str) -> Host:
    existing = hosts.containers()
    if name not in existing or existing[name].state != "running":
        raise Problem(f"{name} is not running: bring the lab up first.")
    return hosts.known(existing)[name]


@contextmanager
def _one_at_a_time(state: Path) -> Iterator[None]:
    """Hold a lock on the directory around the state directory, which stays when the lab goes."""
    state.parent.mkdir(parents=True, exist_ok=True)
    directory = os.open(state.parent, os.O_RDONLY)
    deadline = time.monotonic() + LOCK_SECONDS
    waiting = False
    try:
        while True:
            try:
                fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Problem("Another command has held the lab for too long; end it and try again.") from None
            if not waiting:
                waiting = True
                say("waiting for another command of the lab to end")
            time.sleep(0.2)
        yield
    finally:
        os.close(directory)


def _arguments() -> argparse.Namespace:
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = os.environ.get("PROFTPD_FXP_CACHE") or Path(caches) / "proftpd-fxp"
    parser = argparse.ArgumentParser(prog="lab", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--state", type=Path, default=Path(cache) / "lab", help="directory for key and inventory")
    commands = parser.add_subparsers(dest="command", required=True)
    servers = commands.add_parser("up")
    servers.add_argument("--servers", type=int, default=SERVERS, choices=range(1, MOST_SERVERS + 1), metavar="N")
    servers.add_argument("--release", type=_release, action="append", default=[], metavar="HOST=RELEASE")
    for name in ("--behind", "--beside"):
        servers.add_argument(name, type=_at_gateway, action="append", default=[], metavar="GATEWAY=HOST[,HOST]")
    commands.add_parser("status")
    commands.add_parser("down").add_argument("--purge", action="store_true")
    names = [*(host.name for host in fleet(MOST_SERVERS)), *(f"gw{number}" for number in range(1, 10))]
    commands.add_parser("reboot").add_argument("host", choices=names, metavar="host")
    login = commands.add_parser("shell")
    login.add_argument("host", choices=names, metavar="host")
    login.add_argument("remote", nargs=argparse.REMAINDER, metavar="command")
    return parser.parse_args()


def _release(text: str) -> tuple[str, str]:
    host, _equals, release = text.partition("=")
    if not host or release not in RELEASES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a host and one of {', '.join(RELEASES)}: say ftp2=trixie")
    return host, release


def _at_gateway(text: str) -> tuple[str, list[str]]:
    gateway, _equals, servers = text.partition("=")
    if not servers or not re.fullmatch("gw[1-9]", gateway):
        raise argparse.ArgumentTypeError(f"{text!r} is not a gateway and its servers: say gw1=ftp1,ftp2")
    return gateway, servers.split(",")


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = _arguments()
    state = arguments.state.absolute()
    try:
        if os.geteuid() != 0:
            raise Problem("The lab makes containers and a network: run it as root.")
        if arguments.command == "status":
            status()
        elif arguments.command == "shell":
            shell(state, arguments.host, arguments.remote)
        else:
            with _one_at_a_time(state):
                if arguments.command == "up":
                    up(state, arguments.servers, dict(arguments.release), dict(arguments.behind), dict(arguments.beside))
                elif arguments.command == "reboot":
                    reboot(state, arguments.host)
                else:
                    down(state, arguments.purge)
    except Problem as problem:
        print(f"lab: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
