# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""
What is kept on a server about the plan that it runs: a digest of its own share, and nothing of the share itself.

While a run is at work, whose it is. That record keeps two controllers apart and is no lock: it expires by itself, so one that
died stops nobody for long. It goes when nothing is left of what the run is to change.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import files, lock
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable

PLAN = "/var/lib/proftpd-fxp/plan.json"
RUN = "/run/proftpd-fxp/run.json"
LASTS = 600  # seconds after the last step of a run

# A run as the plan names it: ``id``, ``who``, and ``left``, the parts that it is to change.
Run = t.Mapping[str, t.Any]


def plan_digest(path: str = PLAN) -> str | None:
    """The digest that was kept last; None if there is none, or it cannot be read."""
    try:
        kept = json.loads(files.read_text(path) or "{}")
    except (OSError, ValueError):
        return None
    digest = kept.get("digest") if isinstance(kept, dict) else None
    return digest if isinstance(digest, str) and re.fullmatch("[0-9a-f]{64}", digest) else None


def keep_plan_digest(digest: str, path: str = PLAN) -> None:
    """Keep a digest. Anybody may read it: it tells nothing but whether two plans are the same."""
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    files.write(path, json.dumps({"digest": digest}) + "\n", 0o644)


def forget_plan_digest(path: str = PLAN) -> None:
    """Remove the digest, what a killed process left beside it, and its directory unless others have something there."""
    files.remove(files.staged_name(path))
    files.remove(path)
    with contextlib.suppress(OSError):
        os.rmdir(os.path.dirname(path))


def run_options() -> dict[str, t.Any]:
    """The argument spec of a run, the same in every module that takes one."""
    said: dict[str, t.Any] = {"type": "str", "required": True}
    left = {"type": "list", "elements": "str", "default": []}
    return {"type": "dict", "options": {"id": said, "who": said, "left": left}}


def others(run: Run | None, path: str = RUN) -> str | None:
    """A sentence about the run of somebody else that is at work here; None if there is none."""
    kept = _kept(path)
    if run is None or kept is None or kept["who"] == run["who"] or not 0 < kept["until"] - time.time() <= LASTS:
        return None
    since, until = (time.strftime("%H:%M:%S", time.gmtime(kept[key])) for key in ("since", "until"))
    source = f" (from {kept['from']})" if kept["from"] else ""
    return printable(
        f"{kept['who']}{source} is at work on this host since {since} UTC; run this again when that run has ended, or, if it "
        f"died, after {until} UTC."
    )


def begin(run: Run | None, source: str = "", path: str = RUN) -> None:
    """Begin a step: renew the record of a run that comes from ``source``, unless somebody else is at work. Raises HostError."""
    if run is None:
        return
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with lock.beside(path):
        sentence = others(run, path)
        if sentence is not None:
            raise HostError(sentence)
        now, kept = time.time(), _kept(path)
        same = kept if kept is not None and kept["id"] == run["id"] else {"since": now, "left": list(run["left"])}
        _write(path, {"id": run["id"], "who": run["who"], "from": source, **_only(same, "since", "left"), "until": now + LASTS})


def end(run: Run | None, part: str, path: str = RUN) -> None:
    """End the step that changed ``part``; the last one takes the record away."""
    if run is None or not os.path.isdir(os.path.dirname(path)):
        return
    with lock.beside(path):
        kept = _kept(path)
        if kept is None or kept["id"] != run["id"]:
            return
        left = [each for each in kept["left"] if each != part]
        if left:
            _write(path, {**kept, "left": left})
        else:
            files.remove(path)
            with contextlib.suppress(OSError):
                os.rmdir(os.path.dirname(path))


def _only(kept: Run, *keys: str) -> dict[str, t.Any]:
    return {key: kept[key] for key in keys}


def _write(path: str, kept: Run) -> None:
    files.write(path, json.dumps(kept, sort_keys=True) + "\n", 0o644)


def _kept(path: str) -> Run | None:
    """The record; None if there is none, or none that can be read."""
    try:
        kept = json.loads(files.read_text(path) or "{}")
        texts, numbers = (str(kept["id"]), str(kept["who"]), str(kept["from"])), (float(kept["since"]), float(kept["until"]))
        left = [str(each) for each in kept["left"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dict(zip(("id", "who", "from", "since", "until", "left"), (*texts, *numbers, left)))


__all__ = (
    "LASTS",
    "PLAN",
    "RUN",
    "begin",
    "end",
    "forget_plan_digest",
    "keep_plan_digest",
    "others",
    "plan_digest",
    "run_options",
)
