# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all tests start with, whoever starts them."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """
    Let signals interrupt what tests start.

    A shell has what it starts in the background ignore SIGINT, nohup SIGHUP, and every program of the tests would, too. A signal
    that is handled here is none that they ignore.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda _number, _frame: None)
