# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""What is kept on a server about the plan that it runs: a digest of its own share, and nothing of the share itself."""

from __future__ import annotations

import contextlib
import json
import os
import re

from ansible_collections.proftpd.fxp.plugins.module_utils._host import files

PLAN = "/var/lib/proftpd-fxp/plan.json"


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


__all__ = ("PLAN", "forget_plan_digest", "keep_plan_digest", "plan_digest")
