# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program in front of ProFTPD, on the kernel of this machine: what it filters, and that the program starts whatever fails."""

from __future__ import annotations

import itertools
import pathlib
import shutil
import struct
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import uncork_program

PROGRAM = [sys.executable, "-IS", uncork_program.__file__]
# Prints the cork after setting it, another option after setting that, both bits of its own status, and the arguments.
CHILD = """
import re, socket, sys
sock = socket.socket()
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
status = open("/proc/self/status").read()
print(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_CORK), sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY),
      *re.findall(r"^(?:NoNewPrivs|Seccomp):\\s*(\\d)", status, re.MULTILINE), sys.argv[1:])
sys.exit(7)
"""
ARGUMENTS = ["two words", "$HOME", "", "a;b"]


def run(*prefix: str, command: t.Sequence[str] = (sys.executable, "-c", CHILD, *ARGUMENTS)) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*prefix, *command], capture_output=True, text=True, timeout=60, check=False)


def test_nothing_is_corked_and_all_else_is_as_ever() -> None:
    assert run().stdout == f"1 1 0 0 {ARGUMENTS}\n"
    done = run(*PROGRAM)
    assert (done.stdout, done.stderr, done.returncode) == (f"0 1 0 2 {ARGUMENTS}\n", "", 7)


def test_programs_that_are_started_inherit_it() -> None:
    script = 'exec "$@"'
    assert run(*PROGRAM, "/bin/sh", "-c", script, "sh").stdout.startswith("0 1 0 2 ")
    forked = run(*PROGRAM, "/bin/sh", "-c", '"$@"; exit $?', "sh")
    assert (forked.stdout, forked.returncode) == (f"0 1 0 2 {ARGUMENTS}\n", 7)


def test_words_that_are_no_text_stay_as_they_are() -> None:
    done = subprocess.run([*PROGRAM, "/usr/bin/printf", "%s", b"a\xffb"], capture_output=True, timeout=60, check=True)
    assert done.stdout == b"a\xffb"


# IP_HDRINCL has the number that TCP_CORK has at its level.
OPTIONS = """
from socket import *
raw, tcp = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), socket()
levels = IPPROTO_IP, IPPROTO_TCP, IPPROTO_TCP, SOL_SOCKET
for sock, level, name in zip((raw, tcp, tcp, tcp), levels, (3, TCP_KEEPIDLE, TCP_CORK, SO_KEEPALIVE)):
    sock.setsockopt(level, name, 1)
    print(sock.getsockopt(level, name))
"""


def test_options_with_that_number_or_at_that_level_are_set() -> None:
    command = [sys.executable, "-c", OPTIONS]
    assert run(command=command).stdout.split() == ["1", "1", "1", "1"]
    assert run(*PROGRAM, command=command).stdout.split() == ["1", "1", "0", "1"]


def test_the_environment_is_the_one_that_it_was() -> None:
    assert run("env", "-i", "A=b", *PROGRAM, command=["/usr/bin/env"]).stdout == "A=b\n"


def test_a_program_is_found_by_its_name_as_systemd_finds_it() -> None:
    assert run(*PROGRAM, command=["printf", "x"]).stdout == "x"


@pytest.mark.parametrize("errors", ["/dev/full", "&-"])
def test_it_starts_where_the_reason_cannot_be_told(errors: str) -> None:
    shell = ["/bin/sh", "-c", f'exec "$@" 2>{errors}', "sh", "setarch", "i686"]
    assert run(*shell, *PROGRAM, command=["/bin/echo", "x"]).stdout == "x\n"


@pytest.mark.parametrize(
    ("prefix", "reason"),
    [
        (["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"], "the kernel refuses the filter: "),
        (["setpriv", "--reuid=65534", "--clear-groups"], "the kernel refuses the filter: "),
        (["setarch", "i686"], "it is not known for i686"),
    ],
)
def test_where_it_cannot_be_the_program_starts_as_ever_and_the_reason_is_told(prefix: list[str], reason: str) -> None:
    # Of an account that may not come to where the tests lie, too.
    command = ["/usr/bin/python3", "-c", CHILD, *ARGUMENTS]
    text = pathlib.Path(uncork_program.__file__).read_text(encoding="utf-8")
    done = run(*prefix, "/usr/bin/python3", "-IS", "-c", text, command=command)
    assert (done.stdout, done.returncode) == (f"1 1 0 0 {ARGUMENTS}\n", 7)
    assert done.stderr.startswith(f"proftpd.fxp: /usr/bin/python3 starts without fxp_tls_uncork; {reason}")
    assert done.stderr.count("\n") == 1


def test_a_python_that_lacks_a_part_starts_it_all_the_same() -> None:
    text = pathlib.Path(uncork_program.__file__).read_text(encoding="utf-8")
    done = run(sys.executable, "-IS", "-c", f"import sys; sys.modules['ctypes'] = None\nexec({text!r})")
    assert (done.stdout, done.returncode) == (f"1 1 0 0 {ARGUMENTS}\n", 7)
    assert "starts without fxp_tls_uncork; ModuleNotFoundError: " in done.stderr


def test_a_part_of_python_that_is_broken_stops_nothing(tmp_path: pathlib.Path) -> None:
    (tmp_path / "ctypes.py").write_text("raise OSError('no memory')\n")
    text = pathlib.Path(uncork_program.__file__).read_text(encoding="utf-8")
    done = run(sys.executable, "-IS", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nexec({text!r})")
    assert (done.stdout, done.returncode) == (f"1 1 0 0 {ARGUMENTS}\n", 7)
    assert done.stderr.endswith(" starts without fxp_tls_uncork; OSError: no memory.\n")


def test_without_arguments_it_only_tells_that_it_can_be_run() -> None:
    done = run(*PROGRAM, command=())
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def answer(code: bytes, **asked: int) -> int:
    """What a filter says of a system call: the instructions that it is made of, carried out."""
    data = struct.pack("=iIQ6Q", asked["number"], asked["architecture"], 0, 5, asked["level"], asked["name"], 0, 0, 0)
    steps = list(struct.iter_unpack("=HBBI", code))
    at = value = 0
    while True:
        kind, so, otherwise, operand = steps[at]
        if kind == 0x06:
            return int(operand)
        if kind == 0x20:
            (value,) = struct.unpack_from("=I", data, operand)
            at += 1
        else:
            assert kind == 0x15
            at += 1 + (so if value == operand else otherwise)


@pytest.mark.parametrize("machine", uncork_program._MACHINES)
def test_one_question_is_answered_and_all_others_go_on(machine: str) -> None:
    architecture, setsockopt, _seccomp = uncork_program._MACHINES[machine]
    code = uncork_program.filter_for(architecture, setsockopt)
    asked = {"architecture": architecture, "number": setsockopt, "level": 6, "name": 3}
    assert answer(code, **asked) == 0x00050000
    for key in asked:
        assert answer(code, **{**asked, key: asked[key] + 1}) == 0x7FFF0000


def test_only_all_four_together_are_answered() -> None:
    """Of both machines and of 32 bits on either, by the numbers of both, of x32, and of programs for 32 bits."""
    architectures = (0xC000003E, 0xC00000B7, 0x40000003, 0x40000028)
    numbers = (54, 208, 54 | 0x40000000, 366, 294, 55, 209)
    for own, setsockopt in zip(architectures, numbers):
        code = uncork_program.filter_for(own, setsockopt)
        found = [
            (architecture, number, level, name)
            for architecture, number, level, name in itertools.product(architectures, numbers, (0, 1, 3, 6, 17), (0, 1, 3, 6))
            if answer(code, architecture=architecture, number=number, level=level, name=name) != 0x7FFF0000
        ]
        assert found == [(own, setsockopt, 6, 3)]


def test_the_numbers_are_those_of_linux() -> None:
    """Of linux/audit.h, and of asm/unistd_64.h and asm-generic/unistd.h; the other machine is never the one that runs this."""
    assert uncork_program._MACHINES == {"x86_64": (0xC000003E, 54, 317), "aarch64": (0xC00000B7, 208, 277)}


def test_tools_that_these_tests_want_are_here() -> None:
    assert shutil.which("setpriv")
    assert shutil.which("setarch")
