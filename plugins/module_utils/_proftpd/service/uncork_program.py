# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Start a program for which setsockopt(TCP_CORK) succeeds and does nothing: ``uncork.py PROGRAM [ARGUMENT ...]``.

This file is brought to servers as it is and runs there alone, in front of ProFTPD (``uncork``). A filter of system calls
(seccomp(2)) is inherited by every session. Whatever fails here, the program starts as ever, and standard error, which is the
journal, has the reason. Without arguments nothing is done: that tells that Python can run it.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys

# By the machine that uname(2) names: what audit calls the architecture (linux/audit.h), then the numbers of the system calls
# setsockopt and seccomp there.
_MACHINES = {"x86_64": (0xC000003E, 54, 317), "aarch64": (0xC00000B7, 208, 277)}
_TCP, _CORK = 6, 3  # IPPROTO_TCP, and TCP_CORK of linux/tcp.h
_LOAD, _IS, _RETURN = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K of linux/bpf_common.h
_DONE, _ALLOW = 0x00050000, 0x7FFF0000  # SECCOMP_RET_ERRNO with no error, SECCOMP_RET_ALLOW of linux/seccomp.h
_SET_FILTER, _SPEC_ALLOW = 1, 4  # SECCOMP_SET_MODE_FILTER; without SECCOMP_FILTER_FLAG_SPEC_ALLOW some kernels slow all down
_NR, _ARCH, _SECOND, _THIRD = 0, 4, 24, 32  # where struct seccomp_data has what is asked; both machines are little-endian


def filter_for(architecture: int, setsockopt: int) -> bytes:
    """Return the filter, as instructions of classic BPF (struct sock_filter)."""
    wanted = ((_ARCH, architecture), (_NR, setsockopt), (_SECOND, _TCP), (_THIRD, _CORK))
    steps = []
    for at, (where, value) in enumerate(wanted):
        steps.append((_LOAD, 0, 0, where))
        # Past the rest of the questions and what they lead to.
        steps.append((_IS, 0, 2 * (len(wanted) - at) - 1, value))
    steps += [(_RETURN, 0, 0, _DONE), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def uncork() -> str:
    """Put the filter in front of all that this process and its children ask; return why that could not be, or nothing."""
    machine = os.uname().machine
    if machine not in _MACHINES:
        return f"it is not known for {machine}"
    # Not there where Python is installed in part.
    import ctypes

    class Program(ctypes.Structure):
        """struct sock_fprog."""

        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))

    architecture, setsockopt, seccomp = _MACHINES[machine]
    code = filter_for(architecture, setsockopt)
    kept = ctypes.create_string_buffer(code, len(code))
    program = Program(len(code) // 8, ctypes.cast(kept, ctypes.c_void_p))
    call = ctypes.CDLL(None, use_errno=True).syscall
    for flags in (_SPEC_ALLOW, 0):  # the flag is of Linux 4.17
        # Without CAP_SYS_ADMIN this is refused, and stays so: PR_SET_NO_NEW_PRIVS would take rights from programs of others.
        if call(ctypes.c_long(seccomp), ctypes.c_ulong(_SET_FILTER), ctypes.c_ulong(flags), ctypes.byref(program)) == 0:
            return ""
    return f"the kernel refuses the filter: {os.strerror(ctypes.get_errno())}"


def main(command: list[str]) -> None:
    """Start ``command`` in the place of this process."""
    if not command:
        return
    try:
        reason = uncork()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    if reason:
        with contextlib.suppress(Exception):  # a journal that takes nothing is no reason not to start
            sys.stderr.write(f"proftpd.fxp: {command[0]} starts without fxp_tls_uncork; {reason}.\n")
            sys.stderr.flush()
    os.execvpe(command[0], command, _environment())


def _environment() -> dict[bytes, bytes]:
    """Return the environment as this process got it: where there is no locale, Python adds one to its own (PEP 538)."""
    try:
        with open("/proc/self/environ", "rb") as file:
            pairs = [entry.partition(b"=") for entry in file.read().split(b"\0") if entry]
    except OSError:
        return dict(os.environb)
    return {name: value for name, _separator, value in pairs}


if __name__ == "__main__":
    main(sys.argv[1:])
