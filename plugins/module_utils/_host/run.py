# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Programs of this host: the only place that starts any. Every call is bounded and speaks one language."""

from __future__ import annotations

import os
import shutil
import subprocess
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError

# An unprivileged user has no sbin in its path, and a service may have none at all.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LANGUAGE = {"LC_ALL": "C.UTF-8"}


class Done(t.NamedTuple):
    """How a program ended: its status, and what it printed on each channel, without the white space around it."""

    status: int
    output: str
    errors: str


def find(program: str) -> str | None:
    """Return the path of a program, or None if it is not installed."""
    own = os.environ.get("PATH", "")
    return shutil.which(program, path=f"{own}:{PATH}" if own else PATH)


def run(
    argv: t.Sequence[str],
    seconds: float,
    *,
    text: str | None = None,
    environment: t.Mapping[str, str] | None = None,
    merged: bool = False,
) -> Done:
    """
    Run a program for ``seconds`` at most, with ``text`` on its standard input, and return how it ended, whatever its status.

    ``environment``: all that it gets, by default what this process has; in one language either way. ``merged``: both channels are
    in ``output``, in the order in which they were written. Raises HostError if the program cannot be started or does not end.
    """
    try:
        done = subprocess.run(
            argv,
            input=None if text is None else text.encode("utf-8", "surrogateescape"),
            stdin=subprocess.DEVNULL if text is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            timeout=seconds,
            env={**(os.environ if environment is None else environment), **LANGUAGE},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise HostError(f"'{' '.join(argv)}' did not end within {seconds:g} s.") from None
    except OSError as exc:
        raise HostError(f"'{argv[0]}' could not be run: {exc.strerror}.") from None
    errors = b"" if done.stderr is None else done.stderr
    return Done(done.returncode, done.stdout.decode("utf-8", "replace").strip(), errors.decode("utf-8", "replace").strip())


def output(*argv: str, seconds: float = 30, environment: t.Mapping[str, str] | None = None) -> str:
    """Return what a program prints; empty where there is no such program, or it does not answer."""
    program = find(argv[0])
    if program is None:
        return ""
    try:
        return run([program, *argv[1:]], seconds, environment=environment).output
    except HostError:
        return ""


__all__ = ("PATH", "Done", "find", "output", "run")
