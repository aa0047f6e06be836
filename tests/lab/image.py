# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The base images of the lab's hosts, one a release: a Debian with systemd and sshd, built from Debian's own archive.

The engine's image store is the cache. The tag holds a key of everything that shapes the image.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections import deque
from pathlib import Path

from machine import Problem, run, say

REPOSITORY = "localhost/proftpd-fxp-lab"
PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "openssh-server",
    "python3",
    "python3-apt",
    "nftables",
    "iproute2",
    "ca-certificates",
)
# Timers that would hold apt's locks or work on disks that belong to the machine; modules are the machine's to load.
MASKED_UNITS = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "systemd-modules-load.service",
)
DEFAULT_SOURCES = (
    "http://deb.debian.org/debian/ {release} main",
    "http://deb.debian.org/debian/ {release}-updates main",
    "http://deb.debian.org/debian-security/ {release}-security main",
)
COPIED_APT_SETTINGS = (
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
    "Acquire::Check-Valid-Until",
    "Acquire::Check-Date",
)
# sid says for how many days it is good, and a mirror may lag.
OUTDATED_IS_GOOD_ENOUGH = 'Acquire::Check-Valid-Until "false";'
INDEX_FORMAT = "$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)"
BUILD_SECONDS = 900


def sources(index_targets: str, release: str) -> list[str]:
    """
    Debian's archive as this machine reaches it, as ``URI SUITE main`` lines, the release's own suite first.

    ``index_targets`` is what ``apt-get indextargets`` prints in INDEX_FORMAT. A machine that knows nothing of
    this release gets Debian's public address.
    """
    found = []
    for line in index_targets.splitlines():
        uri, codename, component, origin = (line.split() + [""] * 4)[:4]
        entry = f"{uri} {codename} main"
        if origin == "Debian" and component == "main" and codename.split("-")[0] == release and entry not in found:
            found.append(entry)
    found.sort(key=lambda entry: entry.split()[1])
    if not found or found[0].split()[1] != release:
        # What is in the making has no suite beside its own.
        defaults = DEFAULT_SOURCES[:1] if release == "sid" else DEFAULT_SOURCES
        return [entry.format(release=release) for entry in defaults]
    return found


def apt_settings(dump: str) -> list[str]:
    """The lines of ``apt-config dump`` without which a host would not reach the archive as this machine does."""
    pattern = re.compile(rf"(?:{'|'.join(COPIED_APT_SETTINGS)})(?:::\S*)? \"..*\";$", re.IGNORECASE)
    return [line for line in dump.splitlines() if pattern.match(line)]


def cache_key(release: str, apt_sources: list[str], settings: list[str], recipe: bytes) -> str:
    """Changes with all that shapes the image: release, packages, apt configuration and the code that builds it."""
    shape = json.dumps([release, PACKAGES, apt_sources, settings, hashlib.sha256(recipe).hexdigest()])
    return f"{release}-{hashlib.sha256(shape.encode()).hexdigest()[:12]}"


def ensure(release: str) -> str:
    """Build the image unless the engine has it; returns its full name."""
    apt_sources = sources(run(["apt-get", "indextargets", "--format", INDEX_FORMAT, "Created-By: Packages"]), release)
    settings = apt_settings(run(["apt-config", "dump"]))
    if release == "sid":
        settings.append(OUTDATED_IS_GOOD_ENOUGH)
    name = f"{REPOSITORY}:{cache_key(release, apt_sources, settings, Path(__file__).read_bytes())}"
    if name not in _stored():
        say(f"building the base image, Debian {release}: about a minute, once")
        started = time.monotonic()
        _build(name, release, apt_sources, settings)
        say(f"base image built in {time.monotonic() - started:.0f} s")
    return name


def drop_older(name: str) -> None:
    """Remove what earlier recipes made of the same release, once no host is made of it any more."""
    release = name.removeprefix(f"{REPOSITORY}:").split("-")[0]
    for other in _stored():
        if other != name and other.startswith(f"{REPOSITORY}:{release}-"):
            run(["podman", "rmi", other], check=False)


def purge() -> None:
    for name in _stored():
        run(["podman", "rmi", "--force", name])


def _stored() -> list[str]:
    listed = run(["podman", "images", "--format", "{{.Repository}}:{{.Tag}}"]).split()
    return [name for name in listed if name.startswith(f"{REPOSITORY}:")]


def _build(name: str, release: str, apt_sources: list[str], settings: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="proftpd-fxp-image-", dir="/var/tmp") as directory:
        root = Path(directory, "root")
        mirror = apt_sources[0].split()[0]
        bootstrap = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", release, str(root), mirror]
        _watch(bootstrap)
        lines = [f"deb {entry}" for entry in apt_sources]
        (root / "etc/apt/sources.list").write_text("\n".join(lines) + "\n")
        settings = [*settings, 'Acquire::Languages "none";']
        (root / "etc/apt/apt.conf.d/90lab").write_text("\n".join(settings) + "\n")
        chroot = ["chroot", str(root), "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"]
        for step in (["update"], ["--yes", "dist-upgrade"], ["clean"]):
            _watch([*chroot, "apt-get", *step])
        _strip(root)
        say("  importing")
        with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as tar:
            imported = subprocess.run(
                ["timeout", str(BUILD_SECONDS), "podman", "import", "--quiet", "--change", 'CMD ["/sbin/init"]', "-", name],
                stdin=tar.stdout,
                capture_output=True,
                check=False,
            )
        if tar.returncode or imported.returncode:
            words = imported.stderr.decode(errors="replace").strip()
            raise Problem(f"`podman import` of the base image failed: {words}")


def _strip(root: Path) -> None:
    """Take out what must differ from host to host, and what belongs to the machine the image was built on."""
    for key in root.glob("etc/ssh/ssh_host_*"):
        key.unlink()
    (root / "etc/machine-id").write_text("")
    for name in ("var/lib/dbus/machine-id", "etc/resolv.conf", "etc/hostname"):
        (root / name).unlink(missing_ok=True)
    shutil.rmtree(root / "var/log/apt", ignore_errors=True)
    for unit in MASKED_UNITS:
        mask = root / "etc/systemd/system" / unit
        mask.unlink(missing_ok=True)
        mask.symlink_to("/dev/null")


def _watch(command: list[str]) -> None:
    """Run one step of the build in a mount namespace of its own, showing every few seconds that it is alive."""
    started = shown = time.monotonic()
    tail: deque[str] = deque(maxlen=15)
    whole = ["timeout", "--kill-after=5", str(BUILD_SECONDS), "unshare", "--mount", *command]
    with subprocess.Popen(whole, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as step:
        try:
            for line in step.stdout or ():
                tail.append(line.rstrip())
                if time.monotonic() - shown > 5:
                    shown = time.monotonic()
                    say(f"  {shown - started:3.0f} s  {tail[-1][:90]}")
        except BaseException:
            step.terminate()  # ``timeout`` passes it on to all that the step has started
            raise
    if step.returncode:
        raise Problem(f"`{' '.join(command)}` failed:\n" + "\n".join(tail))
