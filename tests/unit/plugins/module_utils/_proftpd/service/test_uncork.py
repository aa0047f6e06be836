# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What puts a program in front of ProFTPD: the drop-in, when it comes and goes, and what is left where something fails."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import shutil
import stat
import subprocess
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.platform import USUAL as PLATFORM
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import before, launch, removal, swap, uncork

UNIT = """\
# /lib/systemd/system/proftpd.service
[Unit]
Description=ProFTPD FTP Server

[Service]
ExecStartPre=/usr/sbin/proftpd --configtest -c $CONFIG_FILE $OPTIONS
ExecStart=/usr/sbin/proftpd -c $CONFIG_FILE $OPTIONS
"""
USUAL = "/usr/sbin/proftpd -c $CONFIG_FILE $OPTIONS"
OURS = "/etc/systemd/system/proftpd.service.d/zz-proftpd-fxp-uncork.conf"
OPERATOR = "\n# /etc/systemd/system/proftpd.service.d/a.conf\n[Service]\nExecStart=\nExecStart = /opt/proftpd \\\n -c /x\n"


@pytest.mark.parametrize(
    ("units", "command"),
    [
        (UNIT, USUAL),
        ("", ""),
        (UNIT + OPERATOR, "/opt/proftpd   -c /x"),
        (UNIT + f"\n# {OURS}\n[Service]\nExecStart=\nExecStart=/bin/sh -c x\n", USUAL),
        (UNIT + f"\n# {OURS}\n[Service]\nExecStart=/bin/sh\n" + OPERATOR, "/opt/proftpd   -c /x"),
        (UNIT.replace("ExecStart=/", "#ExecStart=/"), ""),
    ],
)
def test_the_command_is_what_the_unit_says_without_us(units: str, command: str) -> None:
    assert uncork.said(units, OURS) == command


def verified(tmp_path: pathlib.Path, unit: str, **drop_ins: str) -> str:
    """What systemd says of the files of a unit."""
    directory = tmp_path / "units"
    (directory / "x.service.d").mkdir(parents=True, exist_ok=True)
    (directory / "x.service").write_text(unit)
    for name, text in drop_ins.items():
        (directory / "x.service.d" / f"{name}.conf").write_text(text)
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{directory}:"}
    command = ["systemd-analyze", "verify", "--man=no", str(directory / "x.service")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    return "".join(line for line in done.stderr.splitlines(keepends=True) if "x.service" in line)


needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed here")


@needs_systemd
@pytest.mark.parametrize(
    "lines",
    [
        "ExecStart=/new -n",
        "ExecStart=/old -n\nExecStart=\n  ExecStart  =  /new -n  ",
        "ExecStart=/new \\\n  -m \\\n-n",
        "#ExecStart=/old -n\n;ExecStart=/old -n\nExecStart=/new -n",
        "#ExecStart=/old \\\nExecStart=/new -n",
        "ExecStart=/new \\\n# words\n-n",
        "ExecStart=/new \\\n; words\n-n",
    ],
)
def test_the_command_is_what_systemd_reads(tmp_path: pathlib.Path, lines: str) -> None:
    """Which systemd tells of one that has a quotation mark too many."""
    text = "[Service]\n" + re.sub(r"-n(\s*)$", r"-n'\1", lines) + "\n"
    told = re.search(r'Unbalanced quoting, ignoring: "(.*)"$', verified(tmp_path, text), re.MULTILINE)
    assert told
    assert uncork.said(f"# /lib/systemd/system/x.service\n{text}", OURS).split() == told.group(1).split()


@needs_systemd
@pytest.mark.parametrize("command", [f"-{USUAL}", "/opt/pro -D TLS 'two words' \"$A\" %n"])
def test_systemd_has_nothing_to_say_about_it(tmp_path: pathlib.Path, command: str) -> None:
    text = uncork.drop_in_of(command, "/p")
    assert verified(tmp_path, "[Service]\nExecStart=/bin/true\n", a=text) == ""
    assert "/nowhere/sh is not exec" in verified(
        tmp_path, "[Service]\nExecStart=/bin/true\n", a=re.sub("-?/bin/sh", "/nowhere/sh", text)
    )


def exec_start(text: str) -> str:
    return re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)[-1]


def test_what_failing_means_to_systemd_stays() -> None:
    assert exec_start(uncork.drop_in_of(f"-{USUAL}", "/p")).startswith("-/bin/sh -c '")
    assert exec_start(uncork.drop_in_of(USUAL, "/p")).endswith(f"' {launch.UNCORK_MARK} {USUAL}")


@pytest.mark.parametrize("prefix", ["@", ":", "|", "-@"])
def test_a_prefix_that_changes_the_meaning_of_words_is_refused(prefix: str) -> None:
    with pytest.raises(HostError, match="fxp_tls_uncork cannot be put in front of"):
        uncork.drop_in_of(f"{prefix}{USUAL}", "/p")


@pytest.mark.parametrize(
    "command", [USUAL, "/opt/pro -D TLS --config=${CONFIG_FILE}", "/opt/pro -nD A -c /b.conf $OPTIONS", "/opt/pro -DA"]
)
@pytest.mark.parametrize("options", ["", "-d 3 -DTEST", "-c /other -D ONE"])
def test_how_the_daemon_is_started_is_read_as_without_it(command: str, options: str) -> None:
    environment = {"CONFIG_FILE": "/etc/proftpd/proftpd.conf", "OPTIONS": options}
    told = [
        f"{{ path=/x ; argv[]={each.replace(chr(39), '')} ; ignore_errors=no ; }}"
        for each in (command, exec_start(uncork.drop_in_of(command, "/p")))
    ]
    assert launch.launch(told[1], environment) == launch.launch(told[0], environment)
    assert [launch.is_uncorked(each) for each in told] == [False, True]


@pytest.mark.parametrize(
    ("python", "by", "errors"),
    [
        ('[ $# -eq 2 ] || { shift 2; echo by python; exec "$@"; }', "by python\n", ""),
        ("exit 1", "", "fxp_tls_uncork, as Python cannot run"),
        (None, "", "fxp_tls_uncork, as Python cannot run"),
    ],
)
def test_the_program_starts_with_its_own_words_whatever_python_does(
    tmp_path: pathlib.Path, python: str | None, by: str, errors: str
) -> None:
    if python is not None:
        (tmp_path / "python3").write_text(f"#!/bin/sh\n{python}\n")
        (tmp_path / "python3").chmod(0o755)
    line = exec_start(uncork.drop_in_of("/bin/echo", "/p"))
    script = re.search("'(.*)'", line).group(1).replace("$$", "$").replace("/usr/bin/python3", str(tmp_path / "python3"))  # type: ignore[union-attr]
    words = ["two words", "$HOME", ""]
    command = ["/bin/sh", "-c", script, launch.UNCORK_MARK, "/usr/bin/printf", "%s\\n", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == by + "".join(f"{word}\n" for word in words)
    assert errors in done.stderr
    assert " ; " not in line


@pytest.mark.parametrize("errors", ["/dev/full", "&-"])
def test_it_starts_where_it_cannot_be_told_that_python_cannot_run(errors: str) -> None:
    line = exec_start(uncork.drop_in_of("/bin/echo", "/nowhere/p"))
    script = re.search("'(.*)'", line).group(1).replace("$$", "$")  # type: ignore[union-attr]
    command = ["/bin/sh", "-c", f'exec "$@" 2>{errors}', "sh", "/bin/sh", "-c", script, launch.UNCORK_MARK, "/bin/echo", "x"]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout == "x\n"


class Stand:
    """What is asked of systemd, the daemon and the proof; every change of the service is written down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: uncork.Place) -> None:
        self.place, self.done, self.stale, self.began, self.fails = place, [], "no", 0.0, False
        self.there: list[list[str]] = []
        self.units, self.pid = UNIT, 417
        monkeypatch.setattr(uncork, "Systemd", lambda: self)
        monkeypatch.setattr(uncork.daemon, "program", lambda: None)
        monkeypatch.setattr(uncork.processes, "began", lambda pid: self.began)
        monkeypatch.setattr(uncork.proof, "lasting", self.prove)

    def shown(self, unit: str, *names: str) -> dict[str, str]:
        return {"NeedDaemonReload": self.stale}

    def cat(self, unit: str) -> str:
        return self.units

    def main_pid(self, service: str) -> int:
        return self.pid

    def is_enabled(self, unit: str) -> bool:
        return True

    def systemctl(self, verb: str, unit: str) -> None:
        self.done.append(verb)

    def reload(self) -> None:
        self.done.append("reload")

    def restart_afresh(self, service: str) -> None:
        self.done.append("restart")
        self.began = 4e9
        self.there.append([os.path.basename(path) for path in self.place.found()])

    def prove(self, *arguments: t.Any) -> str:
        if self.fails:
            raise HostError("the service proftpd has ended")
        return "220"

    def apply(self, wanted: bool, check_mode: bool = False) -> uncork.Outcome:
        self.done.clear()
        return uncork.apply(self.place, wanted, 21, 1, 0, check_mode=check_mode)


@pytest.fixture
def place(tmp_path: pathlib.Path) -> uncork.Place:
    return uncork.Place("proftpd", str(tmp_path))


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch, place: uncork.Place) -> Stand:
    return Stand(monkeypatch, place)


def test_where_it_is_not_wanted_and_never_was_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, place: uncork.Place) -> None:
    monkeypatch.setattr(uncork.Systemd, "_run", lambda *arguments: pytest.fail("systemd was asked"))
    assert uncork.apply(place, False, 21, 1, 0, check_mode=False) == uncork.Outcome()


def test_it_comes_once_and_goes_without_a_trace(stand: Stand, place: uncork.Place, tmp_path: pathlib.Path) -> None:
    previewed = stand.apply(True, check_mode=True)
    assert (previewed.changed, place.found(), stand.done) == (True, [], [])
    assert stand.apply(True) == previewed
    assert stand.done == ["reload", "restart"]
    assert {stat.S_IMODE(os.stat(path).st_mode) for path in (place.drop_in, place.program)} == {0o644}
    assert pathlib.Path(place.program).read_text() == pathlib.Path(uncork.uncork_program.__file__).read_text()
    assert stand.apply(True) == uncork.Outcome()
    assert stand.done == []
    assert stand.apply(False, check_mode=True) == stand.apply(False) == uncork.Outcome(True, previewed.after, "")
    # The program went last: what still runs with it is known by that.
    assert stand.there[-1] == ["uncork.py"]
    assert [path for path in tmp_path.rglob("*") if "fxp" in path.name or path.name.endswith(".d")] == []
    assert stand.apply(False) == uncork.Outcome()


def test_a_directory_of_others_stays(stand: Stand, place: uncork.Place) -> None:
    stand.apply(True)
    other = pathlib.Path(place.drop_in).with_name("operator.conf")
    other.touch()
    stand.apply(False)
    assert other.exists()


@pytest.mark.parametrize("state", ["begun before", "not read", "text", "program"])
def test_what_is_not_as_wanted_is_made_so(stand: Stand, place: uncork.Place, state: str) -> None:
    """A run was killed before it restarted the service, or somebody changed something."""
    stand.apply(True)
    if state == "begun before":
        stand.began = 1.0
    elif state == "not read":
        stand.stale = "yes"
    else:
        pathlib.Path(place.drop_in if state == "text" else place.program).write_text("x")
    assert stand.apply(True, check_mode=True).changed
    assert stand.done == []
    assert stand.apply(True).changed
    assert stand.done[-2:] == ["reload", "restart"]


def test_a_removal_that_was_killed_is_finished(stand: Stand, place: uncork.Place) -> None:
    stand.apply(True)
    os.unlink(place.drop_in)
    assert stand.apply(False).changed
    assert (stand.done, place.found()) == (["reload", "restart"], [])


@pytest.mark.parametrize("former", [None, "[Service]\n"])
def test_what_does_not_serve_is_taken_back(stand: Stand, place: uncork.Place, former: str | None) -> None:
    if former:
        os.makedirs(os.path.dirname(place.drop_in))
        pathlib.Path(place.drop_in).write_text(former)
    stand.fails = True
    with pytest.raises(HostError, match=r"^fxp_tls_uncork was taken back because the service proftpd has ended\.$"):
        stand.apply(True)
    assert stand.done[-1] == "restart"
    if former:
        assert pathlib.Path(place.drop_in).read_text() == former
    else:
        assert place.found() == []


def test_what_cannot_be_written_is_told_and_nothing_is_left(
    stand: Stand, place: uncork.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid(monkeypatch, place.drop_in, OSError(28, "No space left on device", place.drop_in))
    with pytest.raises(HostError, match=r"^fxp_tls_uncork was taken back because /.*\.conf: No space left on device\.$"):
        stand.apply(True)
    assert place.found() == []


def test_where_nothing_could_be_written_sessions_go_on(
    stand: Stand, place: uncork.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid(monkeypatch, place.program, OSError(28, "No space left on device", place.program))
    with pytest.raises(HostError):
        stand.apply(True)
    assert stand.done == []


def forbid(monkeypatch: pytest.MonkeyPatch, path: str, error: BaseException) -> None:
    write = uncork._files.write

    def writing(to: str, *arguments: t.Any, **more: t.Any) -> None:
        if to == path:
            raise error
        write(to, *arguments, **more)

    monkeypatch.setattr(uncork._files, "write", writing)


def test_the_former_program_is_back_too(stand: Stand, place: uncork.Place) -> None:
    stand.apply(True)
    pathlib.Path(place.program).write_text("former")
    stand.fails = True
    with pytest.raises(HostError):
        stand.apply(True)
    assert pathlib.Path(place.program).read_text() == "former"


def test_a_run_that_was_killed_after_it_wrote_the_program_is_finished(
    stand: Stand, place: uncork.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.apply(True)
    pathlib.Path(place.program).write_text("former")
    for path in place.found():
        os.utime(path, (1, 1))
    stand.began = 1000.0
    with monkeypatch.context() as killed:
        forbid(killed, place.drop_in, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            stand.apply(True)
    assert stand.apply(True).changed


def test_a_removal_that_does_not_serve_is_finished_by_the_next(stand: Stand, place: uncork.Place) -> None:
    stand.apply(True)
    stand.fails = True
    with pytest.raises(HostError, match="the service proftpd has ended"):
        stand.apply(False)
    assert place.found() == [place.program]
    stand.fails = False
    assert stand.apply(False).changed
    assert place.found() == []


def test_what_nothing_can_be_put_in_front_of_stays_as_it_is(stand: Stand, place: uncork.Place) -> None:
    stand.units = UNIT.replace("ExecStart=/", "ExecStart=@/")
    with pytest.raises(HostError, match="say fxp_tls_uncork: false"):
        stand.apply(True)
    assert (stand.done, place.found()) == ([], [])


def test_another_command_of_the_operator_is_taken_over(stand: Stand, place: uncork.Place) -> None:
    first = stand.apply(True)
    stand.units = f"{UNIT}\n# {place.drop_in}\n{first.after}"
    assert stand.apply(True) == uncork.Outcome()
    stand.units += OPERATOR
    assert stand.apply(True).before == first.after
    assert exec_start(pathlib.Path(place.drop_in).read_text()).endswith(f" {launch.UNCORK_MARK} /opt/proftpd   -c /x")


def test_before_the_package_is_there_it_is_debian_s_command(stand: Stand) -> None:
    stand.units = ""
    assert exec_start(stand.apply(True, check_mode=True).after).endswith(f" {launch.UNCORK_MARK} {USUAL}")


def test_a_service_that_does_not_run_is_not_started_for_it(stand: Stand) -> None:
    stand.apply(True)
    stand.pid = 0
    assert (stand.apply(True), stand.done) == (uncork.Outcome(), [])


@pytest.fixture
def target(stand: Stand, place: uncork.Place, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> swap.Target:
    """Of a removal, where the service runs uncorked."""
    stand.apply(True)
    stand.done.clear()
    monkeypatch.setattr(removal, "_systemd", stand)
    monkeypatch.setattr(removal.uncork, "Place", lambda service: place)
    monkeypatch.setattr(removal.daemon, "program", lambda: "/usr/sbin/proftpd")
    (tmp_path / "conf").mkdir()
    platform = dataclasses.replace(PLATFORM, packaged=str(tmp_path / "packaged"))
    return swap.Target(str(tmp_path / "conf" / "proftpd.conf"), "proftpd", 21, 1, platform=platform)


OUR_FILE, SOMEBODY_S = f"# {swap.MARK}\n", "# of somebody\n"


@pytest.mark.parametrize(
    ("text", "left", "done"), [(None, [], []), (OUR_FILE, [], ["stop", "disable"]), (SOMEBODY_S, ["proftpd.conf"], [])]
)
def test_the_removal_takes_it_away(
    stand: Stand, place: uncork.Place, target: swap.Target, text: str | None, left: list[str], done: list[str]
) -> None:
    if text is not None:
        pathlib.Path(target.path).write_text(text)
    assert removal.remove(target, check_mode=True).changed
    assert (place.found(), stand.done) == ([place.drop_in, place.program], [])
    assert removal.remove(target, check_mode=False).changed
    assert (place.found(), stand.done) == ([], [*done, "reload"])
    assert os.listdir(os.path.dirname(target.path)) == left
    assert not removal.remove(target, check_mode=False).changed


def test_what_ran_before_us_is_started_without_it(stand: Stand, target: swap.Target, monkeypatch: pytest.MonkeyPatch) -> None:
    pathlib.Path(target.path).write_text(OUR_FILE)
    before.keep(target.before_us, SOMEBODY_S, before.Before(made_by_hand=True, running=True, enabled=True, mode=0o644))
    monkeypatch.setattr(removal, "_ask_checker", lambda target: None)
    monkeypatch.setattr(removal, "_see_it_last", lambda target: None)
    assert removal.remove(target, check_mode=False).running
    assert stand.done == ["stop", "reload", "restart"]
    assert stand.there[-1] == []


def test_where_the_release_has_no_need_of_it_it_goes(stand: Stand, place: uncork.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.apply(True)
    monkeypatch.setattr(uncork.daemon, "program", lambda: "/usr/sbin/proftpd")
    monkeypatch.setattr(uncork.daemon, "version", lambda program: "ProFTPD Version 1.3.9")
    assert stand.apply(True) == uncork.Outcome()
    monkeypatch.setattr(uncork.releases, "CORKED_HANDSHAKE", (uncork.releases.Span("1.3.6rc1", "1.3.9"),))
    assert stand.apply(True).changed
    assert place.found() == []
