# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Faults at every step of an operation: its calls of the system are counted, and the Nth fails or kills the process.

A step is one call that changes something or asks a program: a file that is opened, written, renamed, a command that is run.
What does not fail on the way to the answer (paths that are put together, the environment) is no step.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import signal
import types
import typing as t

import pytest

# Calls of os that change a file system, or ask it for room.
OS_STEPS = frozenset(
    [
        "open",
        "fdopen",
        "fchmod",
        "fchown",
        "fsync",
        "replace",
        "rename",
        "link",
        "unlink",
        "mkdir",
        "rmdir",
        "makedirs",
        "chown",
        "chmod",
    ]
)
FAULTS: dict[str, t.Callable[[], BaseException]] = {
    "no space": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "i/o error": lambda: OSError(errno.EIO, "Input/output error"),
    "not permitted": lambda: PermissionError(errno.EACCES, "Permission denied"),
}
KILL = "kill -9"

Function = t.Callable[..., t.Any]


class Steps:
    """Counts steps; at number ``at`` the fault comes. Counts for ever where ``at`` is 0."""

    def __init__(self, at: int = 0, fault: str = KILL, after: bool = False) -> None:
        self.at = at
        self.fault = fault
        self.after = after  # the step is done before the fault comes
        self.names: list[str] = []
        self.struck = False

    def step(self, name: str, function: Function) -> Function:
        """``function`` as a step."""

        @functools.wraps(function)
        def counted(*arguments: t.Any, **options: t.Any) -> t.Any:
            self.names.append(name)
            hit = len(self.names) == self.at
            if hit and not self.after:
                self.strike()
            answer = function(*arguments, **options)
            if hit and self.after:
                self.strike()
            return answer

        return counted

    def strike(self) -> None:
        """Let the fault come."""
        self.struck = True
        if self.fault == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        raise FAULTS[self.fault]()

    def of_os(self) -> types.SimpleNamespace:
        """A stand-in for the module os whose calls are steps."""
        return self._of(os, OS_STEPS)

    def of(self, module: types.ModuleType, *names: str) -> types.SimpleNamespace:
        """A stand-in for ``module`` in which the calls named are steps."""
        return self._of(module, frozenset(names))

    def _of(self, module: types.ModuleType, names: t.AbstractSet[str]) -> types.SimpleNamespace:
        every = {name: getattr(module, name) for name in dir(module)}
        return types.SimpleNamespace(
            **{name: self.step(f"{module.__name__}.{name}", value) if name in names else value for name, value in every.items()}
        )


@contextlib.contextmanager
def patched(*places: tuple[t.Any, str, t.Any]) -> t.Iterator[None]:
    """Put stand-ins in their places: object, name, stand-in."""
    with pytest.MonkeyPatch.context() as patch:
        for place, name, value in places:
            patch.setattr(place, name, value)
        yield


def inject(steps: Steps, operation: t.Callable[[], t.Any]) -> bool:
    """
    Run ``operation``, which has ``steps``, until it ends or its fault comes; true if that came.

    A process that is to be killed is a child of this one.
    """
    if steps.fault != KILL:
        with contextlib.suppress(Exception):
            operation()
        return steps.struck
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            operation()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def rounds(*faults: str, stride: int = 1) -> t.Iterator[Steps]:
    """Yield the steps for one round after the other; whoever takes them stops when a fault did not come any more."""
    for at in range(stride, 1000, stride):
        yield Steps(at, faults[at // stride % len(faults)])
