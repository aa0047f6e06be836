# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What this collection asks of the proftpd program, and of the server that it runs, every call bounded."""

from __future__ import annotations

import re
import socket
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.run import find, output, run
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import modules

CHECK_TIMEOUT = 60


def program() -> str | None:
    """Return the path of the proftpd program, or None if it is not installed."""
    return find("proftpd")


def compiled_in(proftpd: str) -> frozenset[str] | None:
    """Return the modules that are a part of the program; None if it does not say."""
    try:
        return modules.listed(run([proftpd, "-l"], CHECK_TIMEOUT, merged=True).output)
    except HostError:
        return None


def version(proftpd: str) -> str:
    """Return what the program says of its release; empty if it does not say."""
    return output(proftpd, "-v")


def check_configuration(
    proftpd: str, path: str, variables: t.Mapping[str, str] | None = None, defines: t.Iterable[str] = ()
) -> None:
    """
    Have the daemon's own checker read ``path`` (proftpd -t). Raises HostError with what it says.

    ``variables``: its environment, by default ours. ``defines``: what is defined on its command line. An error in a file that is
    included is told as fatal, and until 1.3.9rc1 the checker then says that all is well (issue 1721).
    """
    command = [proftpd, "-t", *(f"-D{name}" for name in sorted(defines)), "-c", path]
    done = run(command, CHECK_TIMEOUT, environment=variables, merged=True)
    if done.status != 0 or re.search(r"(?:^|: )fatal: ", done.output, re.MULTILINE):
        said = [line.split(": ", 1)[-1] for line in done.output.splitlines() if "fatal:" in line or "unable" in line]
        raise HostError(f"proftpd -t refuses the configuration: {'; '.join(said) or done.output}")


def first_line(port: int, timeout: float) -> str:
    """Return the first line that the server on ``port`` of 127.0.0.1 says, without its end. Raises OSError."""
    deadline = time.monotonic() + timeout
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        while b"\n" not in received and len(received) < 4096:
            connection.settimeout(max(0.05, deadline - time.monotonic()))
            chunk = connection.recv(4096)
            if not chunk:
                break
            received += chunk
    return received.split(b"\r\n")[0].decode("utf-8", "replace").strip()
