# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all tests start with, whoever starts them."""

from __future__ import annotations

import signal

import hypothesis

# How fast a busy machine makes or tries examples says nothing about them.
hypothesis.settings.register_profile("busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy")


def pytest_configure() -> None:
    """
    Let signals interrupt what tests start.

    A shell has what it starts in the background ignore SIGINT, nohup SIGHUP, and every program of the tests would, too. A signal
    that is handled here is none that they ignore.
    """
    handlers = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: _go_on, signal.SIGTERM: _go_on}
    for number, handler in handlers.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def _go_on(_number: int, _frame: object) -> None:
    """Do nothing, as a process that ignores the signal."""
