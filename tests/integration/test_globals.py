# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of several <Global>, in whichever servers they stand, counts is told as the real daemon has it."""

from __future__ import annotations

import contextlib
import ftplib
import os
import typing as t

import hypothesis
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.tests.integration.daemons import PASSWORD, USER, Proftpd, free_ports, place_for
from ansible_collections.proftpd.fxp.tests.integration.test_any_configuration import MAIN, VIRTUAL, judged, settings
from ansible_collections.proftpd.fxp.tests.integration.test_audit import port

EXAMPLES = 100 if os.environ.get("FXP_LONG") else 10
STRANGER = "128.9.0.7"
SERVER = (
    "<VirtualHost {address}>\nPort {number}\nAuthOrder mod_auth_file.c\nAuthUserFile {passwd}\nRequireValidShell off\n"
    "WtmpLog off\nDelayEngine off\n{inner}</VirtualHost>\n"
)


def said(*words: str) -> str:
    """One <Global>."""
    return "<Global>\n" + "".join(f"AllowForeignAddress {word}\n" for word in words) + "</Global>\n"


SAID = st.lists(st.sampled_from(["on", "off"]), min_size=1, max_size=2).map(lambda words: said(*words))
SOME = st.lists(SAID, max_size=2).map("".join)


@hypothesis.settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(hypothesis.HealthCheck)
)
@hypothesis.example(before=said("off"), one=said("on"), other="", behind="")
@hypothesis.example(before="", one=said("on") + said("off"), other=said("on"), behind="")
@hypothesis.example(before="", one=said("off"), other="", behind=said("on", "off"))
@hypothesis.given(before=SOME, one=SOME, other=SOME, behind=SOME)
def test_the_global_that_counts(before: str, one: str, other: str, behind: str) -> None:
    servers: list[Proftpd] = []
    with place_for(servers) as root, contextlib.ExitStack() as sessions:
        numbers = {address: free_ports(address) for address in (MAIN, *VIRTUAL)}
        passwd = root / "daemon" / "passwd"
        hosts = "".join(
            SERVER.format(address=address, number=numbers[address], passwd=passwd, inner=inner)
            for address, inner in zip(VIRTUAL, (one, other))
        )
        daemon = Proftpd(root / "daemon", MAIN, before + hosts + behind, numbers[MAIN])
        servers.append(daemon)
        daemon.wait()
        running = judged(daemon)
        told, really = [], []
        for server, (address, number) in zip(running.known["servers"], numbers.items()):
            said: t.Any = settings(running, server, "127.0.0.1", "allow_foreign_address")
            # Unset it is left to the release, which refuses on the active side.
            told.append(said["port"] == "anybody")
            ftp = sessions.enter_context(ftplib.FTP())
            ftp.connect(address, number, timeout=20)
            ftp.login(USER, PASSWORD)
            really.append(port(ftp, STRANGER))
        assert told == really
