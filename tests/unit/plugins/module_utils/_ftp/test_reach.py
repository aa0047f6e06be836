# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import socket

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.reach import outcome_of, reach


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (socket.timeout(), "no answer"),
        (OSError(errno.ETIMEDOUT, "x"), "no answer"),
        (OSError(errno.ECONNREFUSED, "x"), "refused"),
        (OSError(errno.EHOSTUNREACH, "x"), "unreachable"),
        (OSError(errno.ENETUNREACH, "x"), "unreachable"),
        (OSError(errno.EACCES, "x"), "unreachable"),
    ],
)
def test_outcome(error: OSError, outcome: str) -> None:
    assert outcome_of(error) == outcome


def test_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert reach("127.0.0.1", port, 2) == "connected"
    assert reach("127.0.0.1", port, 2) == "refused"
