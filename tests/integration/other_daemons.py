# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
vsftpd and pure-ftpd from Debian's packages, as children of a test.

Their packages conflict with ProFTPD's, so they are unpacked beside one another and not installed. No account of the machine is
used or made: vsftpd serves anonymous users as the system account ``ftp``, pure-ftpd has virtual users in a file of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import pathlib
import shutil
import signal
import subprocess
import time
import typing as t

from ansible_collections.proftpd.fxp.tests.integration.daemons import ACCOUNT, PASSWORD_HASH, USER, listens, server_options

# The last two are libraries that ProFTPD's package does not bring along.
PACKAGES = ("vsftpd", "pure-ftpd", "libwrap0", "libsodium23")
CACHE = pathlib.Path(os.environ.get("PROFTPD_FXP_CACHE") or pathlib.Path.home() / ".cache/proftpd-fxp") / "ftp-servers"

VSFTPD = """\
listen=YES
background=NO
listen_address={address}
listen_port={port}
local_enable=NO
anonymous_enable=YES
ftp_username=ftp
anon_root={root}/anonymous
write_enable=YES
anon_upload_enable=YES
anon_other_write_enable=YES
anon_world_readable_only=NO
anon_umask=022
secure_chroot_dir={root}/empty
connect_from_port_20=NO
xferlog_enable=NO
seccomp_sandbox=NO
"""
VSFTPD_ALLOW = "port_promiscuous=YES\npasv_promiscuous=YES\n"
PURE_ALLOW = ("-w",)


@functools.lru_cache(maxsize=1)
def unpacked() -> pathlib.Path:
    """The directory that the packages are unpacked in; they are downloaded if need be."""
    done = CACHE / "unpacked"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other workers want them, too
        if not done.exists():
            if _apt("download", *PACKAGES).returncode:
                _apt("update").check_returncode()
                _apt("download", *PACKAGES).check_returncode()
            partial = CACHE / f"partial-{os.getpid()}"
            for package in CACHE.glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", package, partial], check=True, timeout=60)
            partial.rename(done)
    return done


def _apt(*command: str) -> subprocess.CompletedProcess[bytes]:
    # One of several workers has a network of its own, from which no mirror can be reached; what started it has not.
    outside = ("nsenter", f"--net=/proc/{os.getppid()}/ns/net", "--", "apt-get", "-qq")
    return subprocess.run([*outside, *command], cwd=CACHE, check=False, timeout=300, capture_output=True)


class _Daemon:
    """A process and the directory that its users see."""

    def __init__(
        self,
        root: pathlib.Path,
        address: str,
        port: int,
        home: pathlib.Path,
        command: t.Sequence[str],
        prefix: t.Sequence[str] = (),
    ) -> None:
        self.root, self.address, self.port, self.home = root, address, port, home
        self.kept: set[str] = set()
        libraries = ":".join(str(unpacked() / place / "x86_64-linux-gnu") for place in ("usr/lib", "lib"))
        with (root / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [*prefix, str(unpacked() / command[0]), *command[1:]],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "LD_LIBRARY_PATH": libraries},
            )

    def wait(self) -> None:
        """Return when the daemon listens."""
        deadline = time.monotonic() + 20
        while not listens(self.process.pid, self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the daemon did not start: {(self.root / 'output').read_text()}")
            time.sleep(0.005)

    def stop(self) -> None:
        """End the daemon and its sessions."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def files(self) -> set[str]:
        """All files in the home but the one that pure-ftpd keeps quotas in."""
        return {path.name for path in self.home.iterdir()} - {".ftpquota"}


class Vsftpd(_Daemon):
    """vsftpd with ``settings`` of its configuration file."""

    def __init__(self, root: pathlib.Path, address: str, settings: str, port: int, prefix: t.Sequence[str] = ()) -> None:
        home = root / "anonymous/upload"
        home.mkdir(parents=True)
        (root / "empty").mkdir()
        shutil.chown(home, "ftp")
        configuration = root / "vsftpd.conf"
        configuration.write_text(VSFTPD.format(address=address, port=port, root=root) + settings)
        super().__init__(root, address, port, home, ["usr/sbin/vsftpd", str(configuration)], prefix)

    def options(self, **more: t.Any) -> dict[str, t.Any]:
        """This server as an option of the check."""
        return {**server_options(self.address, self.port), "user": "anonymous", "directory": "upload", **more}


class PureFtpd(_Daemon):
    """pure-ftpd with further ``arguments``."""

    def __init__(
        self, root: pathlib.Path, address: str, arguments: t.Sequence[str], port: int, prefix: t.Sequence[str] = ()
    ) -> None:
        home = root / "home"
        home.mkdir(parents=True)
        os.chown(home, ACCOUNT, ACCOUNT)
        database = root / "users.pdb"
        # A line of pure-pw(8) with an MD5-crypt hash: its own hashes take seconds.
        users = root / "users"
        users.write_text(f"{USER}:{PASSWORD_HASH}:{ACCOUNT}:{ACCOUNT}::{home}" + ":" * 12 + "\n")
        users.chmod(0o600)
        subprocess.run(
            [str(unpacked() / "usr/bin/pure-pw"), "mkdb", str(database), "-f", str(users)],
            check=True,
            capture_output=True,
            timeout=30,
            env={**os.environ, "LD_LIBRARY_PATH": str(unpacked() / "usr/lib/x86_64-linux-gnu")},
        )
        fixed = ["-S", f"{address},{port}", "-l", f"puredb:{database}", "-A", "-E", "-H", "-u", "1", "-f", "none"]
        command = ["usr/sbin/pure-ftpd", *fixed, "-g", str(root / "pid"), *arguments]
        super().__init__(root, address, port, home, command, prefix)

    def options(self, **more: t.Any) -> dict[str, t.Any]:
        """This server as an option of the check."""
        return {**server_options(self.address, self.port), **more}


__all__ = ("PURE_ALLOW", "VSFTPD_ALLOW", "PureFtpd", "Vsftpd", "unpacked")
