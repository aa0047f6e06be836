# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a process does with a signal before it ends. tests/integration/test_interrupts.py interrupts Ansible itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from ansible_collections.proftpd.fxp.plugins.module_utils._host.interrupts import SIGNALS, errand

SCRIPT = """
import os, signal, sys, threading, time
from ansible_collections.proftpd.fxp.plugins.module_utils._host.interrupts import errand

%s
with errand(lambda why: print("errand", why, flush=True), 1, lambda: %s):
    try:
        os.kill(os.getpid(), %s)
        time.sleep(0 if %s else 20)
    finally:
        %s
        print("unwound", flush=True)
print("end", flush=True)
"""


def ended(
    before: str = "", lost: str = "None", number: str = "signal.SIGTERM", goes_on: bool = False, on_the_way: str = "pass"
) -> tuple[int, list[str]]:
    """Return code and lines of a process that sends itself a signal."""
    script = SCRIPT % (before, lost, number, goes_on, on_the_way)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout.splitlines()


def test_the_errand_comes_first_and_then_the_way_out_is_taken() -> None:
    for number in SIGNALS:
        assert ended(number=str(int(number))) == (128 + number, [f"errand by {number.name}", "unwound"])


def test_another_signal_cuts_nobody_short_on_the_way_out() -> None:
    """The kernel hangs up once more when the leader of a session ends (setsid(2))."""
    again = "[(os.kill(os.getpid(), number), time.sleep(0.1)) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)]"
    assert ended(on_the_way=again) == (143, ["errand by SIGTERM", "unwound"])


def test_the_handler_of_others_gets_the_signal_afterwards() -> None:
    """As Ansible's own, which ends what it has started."""
    before = "signal.signal(signal.SIGTERM, lambda number, frame: (print('theirs', flush=True), os._exit(7)))"
    assert ended(before) == (7, ["errand by SIGTERM", "theirs"])


def test_who_ignores_a_signal_goes_on() -> None:
    """As under nohup."""
    assert ended("signal.signal(signal.SIGHUP, signal.SIG_IGN)", number="signal.SIGHUP", goes_on=True) == (0, ["unwound", "end"])


def test_who_is_lost_ends() -> None:
    assert ended(lost="'because nobody is there'", number="0") == (143, ["errand because nobody is there", "unwound"])


def test_who_hangs_on_the_way_out_ends_all_the_same() -> None:
    assert ended("threading.Thread(target=time.sleep, args=(20,)).start()") == (143, ["errand by SIGTERM", "unwound"])


def test_nothing_remains_of_an_end_without_interrupt() -> None:
    before = [signal.getsignal(number) for number in SIGNALS], sorted(os.listdir("/proc/self/fd"))
    with errand(lambda why: None, 1):
        assert signal.getsignal(signal.SIGTERM) not in before[0]
    assert ([signal.getsignal(number) for number in SIGNALS], sorted(os.listdir("/proc/self/fd"))) == before
    assert signal.set_wakeup_fd(-1) == -1
