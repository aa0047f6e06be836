# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import time

from ansible_collections.proftpd.fxp.plugins.module_utils._host import processes

GONE = 2**22 + 1  # more than the kernel ever counts to; see proc(5), pid_max


def test_a_process_that_is_there(tmp_path: pathlib.Path) -> None:
    link = tmp_path / "odd ) name"
    link.symlink_to(sys.executable)
    command = [str(link), "-S", "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"A": "b c"}) as child:
        assert child.stdout is not None
        # Until it runs, the kernel has its name and not yet its environment.
        child.stdout.readline()
        assert processes.exists(child.pid)
        assert processes.parent(child.pid) == os.getpid()
        assert processes.name(child.pid) == "odd ) name"
        assert processes.environment(child.pid).split("\0")[0] == "A=b c"
        began, ticks = processes.began(child.pid), processes.ticks(child.pid)
        assert began is not None
        assert 0 <= time.time() - began < 86_400
        assert ticks is not None
        assert ticks >= (processes.ticks(os.getpid()) or 0) > 0
        child.communicate(b"\n")


def test_a_process_that_is_gone() -> None:
    assert not processes.exists(GONE)
    assert (processes.name(GONE), processes.environment(GONE), processes.parent(GONE)) == ("", "", 0)
    assert (processes.ticks(GONE), processes.began(GONE)) == (None, None)
