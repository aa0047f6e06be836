# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import properties_in
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import launch, running
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service.launch import Launch

UNIT = "{{ path=/usr/sbin/proftpd ; argv[]=/usr/sbin/proftpd {} ; ignore_errors=no ; start_time=[n/a] ; pid=0 ; status=0/0 }}"


@pytest.mark.parametrize(
    ("words", "environment", "wanted"),
    [
        ("-c $CONFIG_FILE $OPTIONS", {}, Launch(None, frozenset())),
        ("-c $CONFIG_FILE $OPTIONS", {"CONFIG_FILE": "/a.conf", "OPTIONS": ""}, Launch("/a.conf", frozenset())),
        (
            "-c $CONFIG_FILE $OPTIONS",
            {"CONFIG_FILE": "/a.conf", "OPTIONS": "-D TLS -DFXP -d 3"},
            Launch("/a.conf", frozenset({"TLS", "FXP"})),
        ),
        ("--config=${DIR}/b.conf --define X", {"DIR": "/etc"}, Launch("/etc/b.conf", frozenset({"X"}))),
        ("-n --config /c.conf --define=Y", {}, Launch("/c.conf", frozenset({"Y"}))),
        ("-c/d.conf", {}, Launch("/d.conf", frozenset())),
        ("-c", {}, Launch(None, frozenset())),
    ],
)
def test_the_command_line_of_the_unit(words: str, environment: dict[str, str], wanted: Launch) -> None:
    assert launch.launch(UNIT.format(words), environment) == wanted


def test_without_a_unit_it_is_the_init_script_s() -> None:
    assert launch.launch("", {"CONFIG_FILE": "/a.conf", "OPTIONS": "-D TLS"}) == Launch("/a.conf", frozenset({"TLS"}))


def test_variables_of_environment_files() -> None:
    text = "# Defaults\nCONFIG_FILE=/etc/proftpd/proftpd.conf\n\nOPTIONS=\"-D TLS -d 3\" # more\nexport A='b'\nbroken\nC='open\n"
    wanted = {"CONFIG_FILE": "/etc/proftpd/proftpd.conf", "OPTIONS": "-D TLS -d 3", "A": "b", "C": "'open"}
    assert launch.variables(text) == wanted
    assert properties_in("MainPID=1\nEnvironment=A=b C=d\n\n") == {"MainPID": "1", "Environment": "A=b C=d"}


@hypothesis.given(st.text(max_size=80), st.dictionaries(st.just("OPTIONS"), st.text(max_size=40)))
def test_any_command_line(words: str, environment: dict[str, str]) -> None:
    launch.launch(UNIT.format(words.replace("{", "").replace("}", "")), environment)
    launch.variables(words)


def test_when_systemd_reloaded() -> None:
    said = (
        "{ path=/bin/kill ; argv[]=/bin/kill -HUP $MAINPID ; start_time=[Wed 2026-11-25 01:49:18 UTC] ; stop_time=[n/a] ; pid=9 }"
    )
    moment = running.reload_of(said)
    assert moment is not None
    assert time.gmtime(moment)[:6] == (2026, 11, 25, 1, 49, 18)
    assert running.reload_of(said.replace("Wed 2026-11-25 01:49:18 UTC", "n/a")) is None


def test_when_the_log_says_it_was_read_again() -> None:
    line = "2026-11-25 0{}:49:18,500 host proftpd[{}] host: received SIGHUP -- master server reparsing configuration file\n"
    log = line.format(1, 7) + line.format(2, 7) + line.format(3, 8)
    moment = running.hangup_in(log, 7)
    assert moment is not None
    assert time.localtime(moment)[3] == 2
    assert moment % 1 == 0.5
    assert running.hangup_in(log, 9) is None


def test_a_process_that_is_gone() -> None:
    assert running.running(2**22 + 1, ["/nowhere"], "", "").active is False
