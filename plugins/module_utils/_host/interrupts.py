# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!
"""
A last errand before an interrupt ends the process: SIGINT, SIGTERM, SIGHUP, or a controller that gives no sign of life any more.

The errand runs in a thread of its own, which the kernel wakes while all others wait for whatever they wait for.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
import types
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host import sockets

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK = 0.5  # seconds between two looks for a sign of life
BEAT = 3.0  # seconds between two bytes to whoever reads the result
SILENT = 15.0  # seconds without a sign of life, and there is nobody any more
UNWIND = 2.0  # seconds at most from the end of the errand to that of the process


@contextlib.contextmanager
def errand(run: t.Callable[[str], None], seconds: float, lost: t.Callable[[], str | None] = lambda: None) -> t.Iterator[None]:
    """
    Inside, an interrupt first calls ``run``, which ends within ``seconds``, and then does what it would have done before.

    ``run`` gets what happened, as the end of a sentence. ``lost`` is asked again and again and says why nobody waits for this
    process any more, None while somebody does. Only for the main thread; signals that are ignored stay so.
    """
    done, ending = threading.Event(), threading.Event()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def wait(number: int, _frame: types.FrameType | None) -> None:
        # The main thread does nothing more; the other one was woken by the same signal.
        done.wait(seconds)
        ending.set()
        if before[number] in (signal.SIG_DFL, signal.default_int_handler):
            # Whoever has something to take away on the way out can do so, also where a terminal that goes hangs up once more.
            for each in before:
                signal.signal(each, signal.SIG_IGN)
            raise SystemExit(128 + number)
        signal.signal(number, before[number])
        os.kill(os.getpid(), number)

    def watch() -> None:
        why = None
        while True:
            if not select.select([reader], [], [], LOOK)[0]:
                why = why or lost()
                if why is not None:
                    os.kill(os.getpid(), signal.SIGTERM)
                continue
            number, latest = os.read(reader, 1)[0], time.monotonic() + seconds + 0.5
            if number == 0:
                return
            if number in before:
                run(why or f"by {signal.Signals(number).name}")
                done.set()
                # The main thread takes away what it has made. The end of others, which may wait for ever, nobody awaits.
                latest = min(latest, time.monotonic() + UNWIND)
                while threading.main_thread().is_alive() and time.monotonic() < latest:
                    time.sleep(0.05)
                time.sleep(0.2)
                os._exit(128 + number)

    before: dict[int, t.Any] = {number: signal.getsignal(number) for number in SIGNALS}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    woken_before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in before:
        signal.signal(number, wait)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(woken_before)
        if not ending.is_set():
            for number, handler in before.items():
                signal.signal(number, handler)
        if not done.is_set():
            os.write(writer, b"\0")
            watcher.join()
            os.close(reader)
            os.close(writer)


class Reader:
    """
    Whoever reads the standard output of this process. It gets blank lines, which are no part of a result in JSON.

    Over ssh they must be answered, too: a controller that lost its network or its power hangs up nothing.
    """

    def __init__(self) -> None:
        self._poll = select.poll()
        self._poll.register(1, 0)
        self._answered = time.monotonic()
        self._next = self._answered + BEAT

    def lost(self) -> str | None:
        """Why nobody reads any more, None while somebody may."""
        if self._poll.poll(0):
            return "because nobody reads the result any more"
        now = time.monotonic()
        if now >= self._next:
            self._next = now + BEAT
            if sockets.is_answered(os.environ.get("SSH_CONNECTION", "")):
                self._answered = now
            # The last answer may have come one beat before the next byte left, and that much before a look.
            elif now - self._answered > SILENT - 2 * BEAT:
                return f"because the controller has given no sign of life for {SILENT:g} s"
            # A full pipe, or none at all: the look above tells.
            with contextlib.suppress(OSError):
                os.write(1, b"\n")
        return None


__all__ = ("SIGNALS", "SILENT", "Reader", "errand")
