# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
What the controller needs beside ansible-core, named once.

README, galaxy.yml, meta/ee-requirements.txt and the documentation of ``proftpd.fxp.fxp_plan`` say the same; a test compares them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import typing as t

# Python libraries by their name on PyPI, which is also that of the package they bring, and what they are for.
ALWAYS = {"netaddr": "reads addresses and networks"}
# Where a server has its certificate from the fleet's authority.
AUTHORITY = {"cryptography": "makes keys and certificates for TLS"}
# A collection and the oldest release of it that will do.
COLLECTION, OLDEST = "community.crypto", "2.20.0"


def _find(name: str) -> t.Any:
    """Return the spec of a package, or None if there is none; it is not imported."""
    try:
        return importlib.util.find_spec(name)
    except ImportError:
        return None


def lacks_for_plan(find: t.Callable[[str], t.Any] = _find) -> str | None:
    """Return what keeps any inventory from being read, and then everything else that may be needed too; None if nothing does."""
    return _sentence({**ALWAYS, **AUTHORITY}, find) if any(find(name) is None for name in ALWAYS) else None


def lacks_for_authority(find: t.Callable[[str], t.Any] = _find) -> str | None:
    """Return what keeps the fleet's authority from being made or used, as one sentence with the cure; None if nothing does."""
    return _sentence(AUTHORITY, find)


def _sentence(libraries: t.Mapping[str, str], find: t.Callable[[str], t.Any]) -> str | None:
    missing = [name for name in libraries if find(name) is None]
    named = [f"the Python library {name}, which {libraries[name]}" for name in missing]
    cures = [f"'{sys.executable} -m pip install {' '.join(missing)}'"] if missing else []
    unfit = _unfit(find(f"ansible_collections.{COLLECTION}"))
    if unfit is not None:
        named.append(f"the collection {COLLECTION}, {OLDEST} or newer{unfit}")
        cures.append(f"'ansible-galaxy collection install --upgrade {COLLECTION}'")
    if not named:
        return None
    return f"The controller lacks {', and '.join(named)}. Nothing was changed. Install it beside Ansible: {' and '.join(cures)}."


def _unfit(spec: t.Any) -> str | None:
    """Return why a collection does not do, as an addition to a sentence, or None if it does."""
    if spec is None:
        return ""
    installed = _version(list(spec.submodule_search_locations or ()))
    return f" (it has {installed})" if installed and _numbers(installed) < _numbers(OLDEST) else None


def _version(places: t.Iterable[str]) -> str | None:
    """Return the version of a collection as it is installed; None where it is a checkout, which has no such file."""
    for place in places:
        try:
            with open(os.path.join(place, "MANIFEST.json"), encoding="utf-8") as manifest:
                return str(json.load(manifest)["collection_info"]["version"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
