# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's hosts: containers that behave like servers, with systemd as their first process."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import lan
import network
from machine import Problem, on_cgroups_v2, podman, run, say

FILES = Path(__file__).parent / "files"
LABEL = "proftpd-fxp-lab"
RELEASE = "bookworm"
RELEASES = ("bullseye", "bookworm", "trixie", "sid")
# Their systemd refuses the older cgroups, which some machines have beside the newer ones.
NEED_CGROUPS_V2 = frozenset({"sid"})
BOOT_SECONDS = 60
# What an administrator's tools on a real server can do, short of what would reach the machine below:
# /proc/sys and /sys stay read-only, so that a booting systemd cannot change the machine's own settings.
CAPABILITIES = (
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_PTRACE",
    "NET_ADMIN",
    "NET_RAW",
    "AUDIT_WRITE",
    "DAC_READ_SEARCH",
    "IPC_LOCK",
    "LINUX_IMMUTABLE",
    "MKNOD",
)
RUN_OPTIONS = (
    f"--cap-add={','.join(CAPABILITIES)}",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    # The engine raises these to the machine's limits, which not every machine lets it do.
    "--ulimit=nofile=1024:1024",
    "--ulimit=nproc=4096:4096",
    # ``systemctl reboot`` ends the container with an error code: it comes back by itself.
    "--restart=on-failure",
    "--http-proxy=false",
)
# What the engine sets up for systemd by itself, and the same by hand around the newer of two trees of cgroups.
SYSTEMD_OPTIONS = ("--systemd=always",)
SYSTEMD_ON_V2_OPTIONS = (
    "--systemd=false",
    "--stop-signal=SIGRTMIN+3",
    "--tmpfs=/run",
    "--tmpfs=/run/lock",
    "--tmpfs=/tmp",
    "--volume=/sys/fs/cgroup/unified:/sys/fs/cgroup:rw",
    "--env=container=podman",
)


@dataclass(frozen=True)
class Host:
    name: str
    number: int
    group: str
    files: tuple[str, ...] = ("every",)
    units: tuple[str, ...] = ()
    release: str = RELEASE
    behind: int = 0  # the gateway that it stands behind, by its number; 0 for none
    beside: int = 0  # the one in whose network it has a second address
    gateway: int = 0  # which gateway it is; 0 for none

    @property
    def address(self) -> str:
        return lan.address(self.behind, self.number) if self.behind else network.address(self.number)

    @property
    def place(self) -> list[str]:
        """Options of the engine that put it into the lab's network; what is behind a gateway gets its interface later."""
        # Where there is no network, the engine writes no file with name servers either.
        without = ["--network", "none", "--volume=/etc/resolv.conf:/etc/resolv.conf:ro"]
        return without if self.behind else network.place(self.number)

    @property
    def container(self) -> str:
        return f"fxp-lab-{self.name}"

    @property
    def run_options(self) -> tuple[str, ...]:
        by_hand = self.release in NEED_CGROUPS_V2 and not on_cgroups_v2()
        forwards = ("--sysctl=net.ipv4.ip_forward=1", "--sysctl=net.ipv6.conf.all.forwarding=1") if self.gateway else ()
        return (*(SYSTEMD_ON_V2_OPTIONS if by_hand else SYSTEMD_OPTIONS), *RUN_OPTIONS, *forwards)

    def join(self) -> None:
        """Give the host its interface in the network behind a gateway, if it has one there, and its ways to others."""
        if self.behind:
            lan.attach(self.container, self.behind, self.number, "eth0", way_out=True)
            return
        if self.gateway:
            lan.attach(self.container, self.gateway, lan.GATEWAY, lan.INSIDE, way_out=False)
        if self.beside:
            lan.attach(self.container, self.beside, self.number, lan.INSIDE, way_out=False)
        for other in lan.present():
            if other not in (self.gateway, self.beside):
                lan.lead(other, GATEWAYS + other, self.container)


SERVERS = 2
GATEWAYS = 30  # the first one has the next address, as it has among the servers
MOST_SERVERS = 100
OTHERS = (Host("client", 20, "lab_others"), Host("stranger", 66, "lab_others"))


def fleet(servers: int = SERVERS) -> tuple[Host, ...]:
    """The hosts of a lab with this many servers: ftp1 and so on, and those that are no servers."""
    # The addresses of the others lie between those of the ninth and the tenth server.
    numbers = [10 + n if n < 10 else 90 + n for n in range(1, servers + 1)]
    kind = ("fxp_servers", ("every", "server"), ("nftables.service",))
    made = [Host(f"ftp{n}", number, *kind) for n, number in enumerate(numbers, 1)]
    return (*made, *OTHERS)


Asked = Mapping[str, Iterable[str]]  # servers, by the name of each gateway: ``gw1`` and so on


def with_gateways(hosts: Iterable[Host], behind: Asked, beside: Asked) -> tuple[Host, ...]:
    """The hosts with a gateway in front of some, and others that have an address in the network behind one, too."""
    hidden, homed = _numbers(behind), _numbers(beside)
    made = tuple(replace(host, behind=hidden.get(host.name, 0), beside=homed.get(host.name, 0)) for host in hosts)
    unknown = sorted((hidden.keys() | homed.keys()) - {host.name for host in made if host.group == "fxp_servers"})
    if unknown:
        raise Problem(f"A gateway is asked for {', '.join(unknown)}, which this lab is not to have as servers.")
    both = sorted(hidden.keys() & homed.keys())
    if both:
        raise Problem(f"{', '.join(both)} cannot stand behind a gateway and beside one.")
    kind = ("fxp_gateways", ("every", "gateway"), ("nftables.service",))
    gateways = [Host(f"gw{n}", GATEWAYS + n, *kind, gateway=n) for n in sorted({*hidden.values(), *homed.values()})]
    return (*made, *gateways)


def _numbers(asked: Asked) -> dict[str, int]:
    """The number of the gateway that is asked for, by server."""
    return {server: int(name.removeprefix("gw")) for name, servers in asked.items() for server in servers}


def with_releases(hosts: Iterable[Host], asked: Mapping[str, str], present: Mapping[str, Container]) -> tuple[Host, ...]:
    """The hosts with the releases that were asked for; those that are there keep theirs where nothing is asked."""
    kept = {name: container.release for name, container in present.items()}
    made = tuple(replace(host, release=asked.get(host.name, kept.get(host.name, host.release))) for host in hosts)
    unknown = sorted(asked.keys() - {host.name for host in made})
    if unknown:
        raise Problem(f"A release is asked for {', '.join(unknown)}, and this lab is to have {', '.join(h.name for h in made)}.")
    return made


@dataclass(frozen=True)
class Container:
    """What the engine says of a host."""

    state: str
    made_from: str
    kept_in: str
    release: str
    behind: int = 0
    beside: int = 0


def containers() -> dict[str, Container]:
    """The containers of this lab, by host name."""
    listed = json.loads(run(["podman", "ps", "--all", "--filter", f"label={LABEL}", "--format", "json"]))
    found = {}
    for entry in listed:
        labels = entry["Labels"]
        release = labels.get(f"{LABEL}.release", RELEASE)
        places = (int(labels.get(f"{LABEL}.{place}", 0)) for place in ("behind", "beside"))
        found[labels[LABEL]] = Container(entry["State"], labels[f"{LABEL}.spec"], labels[f"{LABEL}.state"], release, *places)
    return found


def known(present: Mapping[str, Container]) -> dict[str, Host]:
    """All hosts that a lab can have, by name, where they stand now."""
    behind: dict[str, list[str]] = {}
    beside: dict[str, list[str]] = {}
    for name, container in present.items():
        for number, servers in ((container.behind, behind), (container.beside, beside)):
            if number:
                servers.setdefault(f"gw{number}", []).append(name)
    return {host.name: host for host in with_gateways(fleet(MOST_SERVERS), behind, beside)}


def overlay(host: Host, public_key: str) -> bytes:
    """The tar archive that makes a host of the bare image: its files, its enabled units and who may log in."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for tree in host.files:
            for path in sorted((FILES / tree).rglob("*")):
                if path.is_file():
                    _add_file(tar, str(path.relative_to(FILES / tree)), path.read_bytes(), 0o644)
        for unit in host.units:
            link = tarfile.TarInfo(f"etc/systemd/system/sysinit.target.wants/{unit}")
            link.type, link.linkname = tarfile.SYMTYPE, f"/lib/systemd/system/{unit}"
            tar.addfile(link)
        _add_file(tar, "root/.ssh/authorized_keys", public_key.encode(), 0o600)
    return archive.getvalue()


def _add_file(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def ensure(host: Host, existing: Container | None, image: str, public_key: str, state: Path) -> None:
    """Bring one host up: made anew if it is unfinished or made of something else, started if it stands still."""
    files = overlay(host, public_key)
    spec = hashlib.sha256(repr((host, image, host.run_options)).encode() + files).hexdigest()[:16]
    if existing and (existing.made_from != spec or existing.state not in ("running", "exited", "stopped")):
        remove([host.name])
        existing = None
    if existing and existing.state == "running":
        host.join()
        return
    if not existing:
        labels = {LABEL: host.name, f"{LABEL}.spec": spec, f"{LABEL}.state": str(state), f"{LABEL}.release": host.release}
        labels |= {f"{LABEL}.behind": str(host.behind), f"{LABEL}.beside": str(host.beside)}
        options = [f"--label={name}={value}" for name, value in labels.items()]
        names = ["--name", host.container, "--hostname", host.name]
        run([*podman(), "create", *names, *host.place, *options, *host.run_options, image, "/sbin/init"])
        with tempfile.TemporaryDirectory() as scratch:  # the engine leaves its own copy of the archive behind
            run(["env", f"TMPDIR={scratch}", "podman", "cp", "-", f"{host.container}:/"], stdin=files)
    started = time.monotonic()
    run(["podman", "start", host.container])
    wait_until_booted(host)
    host.join()
    say(f"{host.name} ({host.address}, Debian {host.release}) is up after {time.monotonic() - started:.1f} s")


def reboot(host: Host) -> None:
    run(["podman", "restart", "--time", "20", host.container])
    wait_until_booted(host)
    host.join()


def wait_until_booted(host: Host) -> None:
    """Wait until systemd has started everything; a unit that failed is a Problem."""
    deadline = time.monotonic() + BOOT_SECONDS
    state = ""
    while time.monotonic() < deadline:
        state = run(["podman", "exec", host.container, "systemctl", "is-system-running"], check=False).strip()
        if state == "running":
            return
        if state == "degraded":
            failed = run(["podman", "exec", host.container, "systemctl", "--failed", "--plain", "--no-legend"])
            raise Problem(f"{host.name} booted, but units failed there: {failed.strip()}")
        time.sleep(0.2)
    raise Problem(
        f"{host.name} did not finish booting within {BOOT_SECONDS} s (systemd says: {state or 'nothing'}): "
        f"see `podman logs {host.container}`."
    )


def host_key(host: Host) -> str:
    """The public key that sshd of this host shows, read through the engine, not over the network."""
    deadline = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < deadline:
        key = run(["podman", "exec", host.container, "cat", "/etc/ssh/ssh_host_ed25519_key.pub"], check=False).strip()
        if key:
            return key
        time.sleep(0.2)
    raise Problem(f"{host.name} made no ssh host key within {BOOT_SECONDS} s: see `journalctl -u ssh` there.")


def remove(names: list[str]) -> None:
    for name in names:
        run(["podman", "rm", "--force", "--time", "0", f"fxp-lab-{name}"])
