# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import socket

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reach import describe, outcome_of, reach


@pytest.mark.parametrize(
    ("error", "outcome", "words"),
    [
        (socket.timeout("timed out"), "no answer", "timed out"),
        (OSError(errno.ETIMEDOUT, "Connection timed out"), "no answer", "Connection timed out"),
        (OSError(errno.ECONNREFUSED, "Connection refused"), "refused", "Connection refused"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "unreachable", "No route to host"),
        (OSError(errno.ENETUNREACH, "x"), "unreachable", "x"),
        (OSError(errno.EACCES, "x"), "unreachable", "x"),
        (OSError("odd"), "unreachable", "odd"),
    ],
)
def test_outcome(error: OSError, outcome: str, words: str) -> None:
    assert (outcome_of(error), describe(error)) == (outcome, words)


def test_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert reach("127.0.0.1", port, 2) == "connected"
    assert reach("127.0.0.1", port, 2) == "refused"
