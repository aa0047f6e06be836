# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Servers and causes are the same whatever language servers speak.

The tests of causes run once more, with daemons that speak as their host does. Those tests say the words in each language,
and where less is certain without English ones.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

from ansible_collections.proftpd.fxp.tests.integration.daemons import LONG
from ansible_collections.proftpd.fxp.tests.integration.languages import LANGUAGES, speaking

FILES = ("test_causes.py", "test_tls_causes.py", "test_network.py")
# One of each kind of picture that words were once needed for.
SAMPLE = (
    "test_active_refuses",
    "test_passive_refuses[source-100000]",
    "test_passive_refuses[destination-0]",
    "test_expected_refusal",
    "test_connection_refused_at_another_address",
    "test_missing_file",
    "test_command_limited",
    "test_active_mode_disabled",
    "test_no_space",
    "test_overwrite_refused",
    "test_type_is_rewritten[source]",
    "test_login_without_tls_is_refused[source]",
    "test_session_reuse_required[TLSv1.2-source-source]",
    "test_session_reuse_required[TLSv1.2-destination-destination]",
    "test_peer_is_not_verified[nothing-source-source]",
    "test_no_version_in_common[versions0-source]",
    "test_protection_does_not_hold[source-source]",
    "test_foreign_address_is_refused[TLSv1.2-source-source]",
)


def test_the_sample_names_tests() -> None:
    """A name that no test has any more would select nothing, unseen."""
    here = pathlib.Path(__file__).parent
    tests = "".join((here / file).read_text(encoding="utf-8") for file in FILES)
    assert [name for name in SAMPLE if f"def {name.partition('[')[0]}(" not in tests] == []


@pytest.mark.parametrize("name", LANGUAGES if LONG else ["fr_FR"])
def test_causes_in_another_language(name: str, locales: pathlib.Path) -> None:
    """All of them in a long run; a sample else, in the language that has most translations."""
    here = pathlib.Path(__file__).parent
    chosen = [] if LONG else ["-k", " or ".join(SAMPLE)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
    with speaking(name, locales):
        done = subprocess.run(
            [*command, *(str(here / file) for file in FILES)],
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr
