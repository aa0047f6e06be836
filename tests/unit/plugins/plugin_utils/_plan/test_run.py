# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions run in children of the process that is the run."""

from __future__ import annotations

import json
import os
import typing as t

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.run import this_run


def in_child(asked: t.Callable[[], t.Any]) -> t.Any:
    """What ``asked`` returns in a child of this process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, json.dumps(asked()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with open(reading, encoding="utf-8") as answer:
        return json.load(answer)


def test_all_actions_of_a_run_name_the_same_one() -> None:
    first, second = in_child(this_run), in_child(this_run)
    assert first == second
    assert "@" in first["who"]


def test_another_run_of_the_same_user_is_another_one() -> None:
    mine, others = in_child(this_run), in_child(lambda: in_child(this_run))
    assert mine["who"] == others["who"]
    assert mine["id"] != others["id"]
