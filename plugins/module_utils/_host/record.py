# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""
What is kept on a server about the plan that it runs: a digest of its own share, and nothing of the share itself.

While a run is at work, whose it is. That record keeps two runs apart and is no lock: it expires by itself, so one that
died stops nobody for long. It goes when nothing is left of what the run is to change.

What a run looked at and what it changes may be minutes apart. So it brings a mark of what it saw, and changes nothing else.
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

# A run as the look names it: ``id``, ``who``, ``over``, the id of one that it knows to be over, ``left``, the parts that it is to
# change, and ``seen``, the marks of their files.
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
    seen = {"type": "dict", "default": {}}
    return {"type": "dict", "options": {"id": said, "who": said, "over": {"type": "str"}, "left": left, "seen": seen}}


def marks(paths: t.Iterable[str]) -> dict[str, str]:
    """Tell of each file which one it is and when it was written, and nothing of what is in it, which may be secret."""
    return {path: _mark(path) for path in paths}


def _mark(path: str) -> str:
    try:
        about = os.stat(path)
    except OSError:
        return "none"
    return ":".join(map(str, (about.st_ino, about.st_size, about.st_mtime_ns, about.st_mode, about.st_uid, about.st_gid)))


def others(run: Run | None, path: str = RUN) -> str | None:
    """A sentence about another run that is at work here; None if there is none."""
    kept = at_work(path)
    if run is None or kept is None or kept["id"] in (run["id"], run.get("over")):
        return None
    since, until = (time.strftime("%H:%M:%S", time.gmtime(kept[key])) for key in ("since", "until"))
    source = f" (from {kept['from']})" if kept["from"] else ""
    return printable(
        f"{kept['who']}{source} is at work on this host since {since} UTC; run this again when that run has ended, or, if it "
        f"died, after {until} UTC."
    )


def at_work(path: str = RUN) -> Run | None:
    """The record of a run that has not expired; None if there is none."""
    kept = _kept(path)
    return kept if kept is not None and 0 < kept["until"] - time.time() <= LASTS else None


def begin(run: Run | None, paths: t.Iterable[str], source: str = "", path: str = RUN) -> None:
    """
    Begin a step that changes the files ``paths``: renew the record of the run, which comes from ``source``.

    Raises HostError while another run is at work, and where a file is neither what the run saw nor what it left there.
    """
    if run is None:
        return
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with lock.beside(path):
        sentence = others(run, path)
        if sentence is not None:
            raise HostError(sentence)
        now, kept = time.time(), _kept(path)
        if kept is None or kept["id"] != run["id"]:
            kept = {"since": now, "left": list(run["left"]), "made": {}}
        for each, found in marks(paths).items():
            if found not in (run["seen"].get(each, found), kept["made"].get(each)):
                raise HostError(
                    f"{each} on this host was changed by somebody else since this run looked at it, and is left as it is now; "
                    "run this again to look anew."
                )
        _write(path, {**kept, "id": run["id"], "who": run["who"], "from": source, "until": now + LASTS})


def end(run: Run | None, part: str, paths: t.Iterable[str], *, done: bool = True, path: str = RUN) -> None:
    """End the step that changed ``part``, which has a next one unless it is ``done``; the last one takes the record away."""
    if run is None or not os.path.isdir(os.path.dirname(path)):
        return
    with lock.beside(path):
        kept = _kept(path)
        if kept is None or kept["id"] != run["id"]:
            return
        left = [each for each in kept["left"] if not (done and each == part)]
        if left:
            _write(path, {**kept, "left": left, "made": {**kept["made"], **marks(paths)}})
        else:
            files.remove(path)
            with contextlib.suppress(OSError):
                os.rmdir(os.path.dirname(path))


def _write(path: str, kept: Run) -> None:
    files.write(path, json.dumps(kept, sort_keys=True) + "\n", 0o644)


def _kept(path: str) -> Run | None:
    """The record; None if there is none, or none that can be read."""
    try:
        kept = json.loads(files.read_text(path) or "{}")
        texts, numbers = (str(kept["id"]), str(kept["who"]), str(kept["from"])), (float(kept["since"]), float(kept["until"]))
        left, made = [str(each) for each in kept["left"]], dict(kept.get("made", {}))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dict(zip(("id", "who", "from", "since", "until", "left", "made"), (*texts, *numbers, left, made)))


__all__ = (
    "LASTS",
    "PLAN",
    "RUN",
    "at_work",
    "begin",
    "end",
    "forget_plan_digest",
    "keep_plan_digest",
    "marks",
    "others",
    "plan_digest",
    "run_options",
)
