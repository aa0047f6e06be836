# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real ProFTPD, asked what it makes of a configuration. Nothing listens: it only checks."""

from __future__ import annotations

import pathlib
import re
import subprocess
import typing as t

PROGRAM = "/usr/sbin/proftpd"
# Without these the checker stops before it has read everything.
NEEDED = "User nobody\nGroup nogroup\nAuthOrder mod_auth_file.c\nModulePath /usr/lib/proftpd\n"


class Answer(t.NamedTuple):
    """What proftpd -t said: whether it accepts, in which words, and for every server (by ServerName) what is in force."""

    accepted: bool
    said: str
    servers: dict[str, list[str]]


class Ask(t.Protocol):
    """Has the checker read a text."""

    def __call__(self, text: str) -> Answer:
        """What it says."""
        raise NotImplementedError


def read(path: pathlib.Path) -> Answer:
    """Have the checker read the file ``path``."""
    done = subprocess.run(
        [PROGRAM, "-t", "-d", "5", "-c", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
        env={"LC_ALL": "C"},
    )
    said = done.stdout.decode("utf-8", "surrogateescape")
    servers: dict[str, list[str]] = {}
    for line in said.split("\n"):
        # 2026-01-31 12:00:00,123 host proftpd[99] localhost: TEXT; the name of a server follows "Config for".
        match = re.match(r"[-0-9]+ [:,0-9]+ \S+ proftpd\[[0-9]+\] \S+: (.*)$", line, re.DOTALL)
        told = match.group(1) if match else ""
        if told.startswith("Config for "):
            servers[told[len("Config for ") : -1]] = []
        elif servers and re.fullmatch(r" *[A-Za-z0-9_]+", told):
            list(servers.values())[-1].append(told)
    return Answer(done.returncode == 0, said, servers)
