# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a configuration only tells together with the daemon's environment, or not at all, is never told as well."""

from __future__ import annotations

import ftplib
import json
import os
import pathlib
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.systemd import Systemd, properties_in
from ansible_collections.proftpd.fxp.plugins.module_utils._look import look
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import daemon
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import audit as _audit
from ansible_collections.proftpd.fxp.plugins.plugin_utils._audit import rows as _audit_rows
from ansible_collections.proftpd.fxp.tests.integration.conftest import Starter
from ansible_collections.proftpd.fxp.tests.integration.daemons import PASSWORD, PASSWORD_HASH, USER, Proftpd, free_ports
from ansible_collections.proftpd.fxp.tests.integration.test_audit import OFF, OTHER, SERVER, WHO, answers

Data = t.Dict[str, t.Any]
VARIABLES = ("FXP_PORT", "FXP_FIRST", "FXP_LAST", "FXP_FOREIGN", "FXP_SECRET")


class Unit(Systemd):
    """Answers what systemd 252 says of Debian's unit, for a daemon that a test started."""

    def __init__(self, pid: int, environment: pathlib.Path, manager: str = "") -> None:
        self.manager = manager
        self.properties = (
            f"LoadState=loaded\nActiveState=active\nMainPID={pid}\nEnvironment=OPTIONS= CONFIG_FILE=/etc/proftpd/proftpd.conf\n"
            f"EnvironmentFiles={environment} (ignore_errors=yes)\n"
        )

    def shown(self, unit: str, *properties: str) -> dict[str, str]:
        return properties_in(self.properties)

    def environment(self) -> str:
        return f"LANG=C.UTF-8\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin\n{self.manager}"


@pytest.fixture
def by_environment(start: Starter, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Proftpd, int, pathlib.Path]:
    """A daemon whose second server is said by variables only, its port there, and the file that sets them."""
    number = free_ports(OTHER)
    passwd = tmp_path / "passwd"
    passwd.write_text(f"{USER}:{PASSWORD_HASH}:65534:65534::/:/bin/false\n")
    passwd.chmod(0o600)
    values = dict(zip(VARIABLES, (str(number), "50000", "50100", "on", "hush-hush")))
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    environment = tmp_path / "environment"
    environment.write_text("# What the daemon has\n" + "".join(f'{name}="{value}"\n' for name, value in values.items()))
    virtual = (
        f"<VirtualHost {OTHER}>\nServerName %{{env:FXP_SECRET}}\nPort %{{env:FXP_PORT}}\n"
        "PassivePorts %{env:FXP_FIRST} %{env:FXP_LAST}\nAllowForeignAddress %{env:FXP_FOREIGN}\n"
        f"AuthOrder mod_auth_file.c\nAuthUserFile {passwd}\nRequireValidShell off\nWtmpLog off\n</VirtualHost>\n"
    )
    return start(SERVER, OFF + "PassivePorts 50000 50100\n" + virtual), number, environment


def codes(known: Data) -> dict[str, str]:
    """The severity of each code. Nothing is told twice of one server."""
    found = _audit.judge("ftp", known, None)
    of_servers = [(each.server, each.code) for each in found if each.code != "advisory"]
    assert sorted(of_servers) == sorted(set(of_servers))
    return {each.code: each.severity for each in found}


def verdicts(known: Data) -> list[str]:
    return [row.verdict for row in _audit_rows.rows("ftp", known, _audit.judge("ftp", known, None))]


def test_the_environment_of_the_unit_counts(by_environment: tuple[Proftpd, int, pathlib.Path]) -> None:
    server, number, environment = by_environment
    path = str(server.root / "proftpd.conf")
    known = look.look(path, "proftpd", rules=False, manager=Unit(server.process.pid, environment))
    assert known["valid"] is True, known["problem"]
    told = known["servers"][1]
    assert (told["control_port"], told["passive_ports"], told["unknown"]) == (number, {"first": 50000, "last": 50100}, [])
    said = told["allow_foreign_address"]
    assert answers(OTHER, number, USER) == (WHO[said["port"]], WHO[said["passive"]]) == (WHO["anybody"], WHO["anybody"])
    assert codes(known)["foreign_address_any"] == "hole"
    assert "listens_unexplained" not in codes(known)
    assert {"address": OTHER, "port": number} in known["running"]["listening"]
    assert "hush-hush" not in json.dumps(known)


def test_an_environment_that_is_not_known_is_a_fault(by_environment: tuple[Proftpd, int, pathlib.Path]) -> None:
    server, number, _environment = by_environment
    known = look.look(str(server.root / "proftpd.conf"), "no-such-unit", rules=False)
    told = known["servers"][1]
    assert (told["listens"], told["control_port"], told["passive_ports"]) == (True, None, None)
    assert told["unknown"] == ["AllowForeignAddress", "PassivePorts", "Port"]
    assert (told["allow_foreign_address"]["port"], told["allow_foreign_address"]["passive"]) == ("unknown", "unknown")
    # The checker would tell of another configuration, the kernel does not.
    assert known["valid"] is None
    found = codes(known)
    for code in ("value_unknown", "foreign_address_unknown", "listens_unexplained", "configuration_not_checked"):
        assert found[code] == "fault"
    (told,) = [each for each in _audit.judge("ftp", known, None) if each.code == "listens_unexplained"]
    assert f"port {number} " in told.sentence
    assert "ok" not in verdicts(known)


HIDDEN = "Include %{env:FXP_MORE}\n"


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        (OFF + HIDDEN, True),
        (HIDDEN + OFF, False),
        (f"<Global>\n{HIDDEN}{OFF}</Global>\n", False),
        (f"<Global>\n{OFF}</Global>\n<Global>\n{HIDDEN}</Global>\n", False),
        (f"<Global>\n{HIDDEN}</Global>\n{OFF}", True),
        (f"<Global>\n{OFF}</Global>\n{HIDDEN}", False),
    ],
)
def test_what_was_not_read_may_say_otherwise(
    start: Starter, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, text: str, sure: bool
) -> None:
    more = tmp_path / "more.conf"
    more.write_text("AllowForeignAddress on\nPassivePorts 51000 51099\n")
    monkeypatch.setenv("FXP_MORE", str(more))
    server = start(SERVER, text + "PassivePorts 50000 50100\n")
    known = look.look(str(server.root / "proftpd.conf"), "no-such-unit", rules=False)
    said = known["servers"][0]["allow_foreign_address"]
    real = answers(SERVER, server.port, USER)
    # What it hides is in force wherever that is not sure.
    assert real == ((WHO["refused"], WHO["refused"]) if sure else (WHO["anybody"], WHO["anybody"]))
    assert (said["port"], said["passive"]) == (("refused", "refused") if sure else ("unknown", "unknown"))
    with ftplib.FTP() as client:
        client.connect(SERVER, server.port, timeout=20)
        client.login(USER, PASSWORD)
        as_told = 50000 <= client.makepasv()[1] <= 50100
    # Of <Global> comes what the server does not say.
    assert as_told is (f"{HIDDEN}</Global>" in text or f"{HIDDEN}{OFF}</Global>" in text)
    assert known["servers"][0]["unknown"] == [*([] if sure else ["AllowForeignAddress"]), *([] if as_told else ["PassivePorts"])]
    assert ("value_unknown" in codes(known)) is not as_told
    assert codes(known)["not_looked_at"] == "fault"
    assert codes(known).get("foreign_address_unknown") == (None if sure else "fault")


def test_variables_that_are_changed_later_are_not_in_force(by_environment: tuple[Proftpd, int, pathlib.Path]) -> None:
    server, _number, environment = by_environment
    later = time.time() + 5
    os.utime(environment, (later, later))
    known = look.look(str(server.root / "proftpd.conf"), "proftpd", rules=False, manager=Unit(server.process.pid, environment))
    assert known["running"]["newer"] == [str(environment)]


def test_what_the_manager_sets_now_tells_nothing_of_a_daemon_that_runs(
    by_environment: tuple[Proftpd, int, pathlib.Path],
) -> None:
    server, number, environment = by_environment
    kept = [line for line in environment.read_text().splitlines() if "FXP_FOREIGN" not in line]
    environment.write_text("\n".join(kept) + "\n")
    path, pid = str(server.root / "proftpd.conf"), server.process.pid
    os.utime(environment, (0, 0))
    known = look.look(path, "proftpd", rules=False, manager=Unit(pid, environment, "FXP_FOREIGN=off\n"))
    assert answers(OTHER, number, USER) == (WHO["anybody"], WHO["anybody"])
    assert known["servers"][1]["unknown"] == ["AllowForeignAddress"]
    assert codes(known)["foreign_address_unknown"] == "fault"
    assert "ok" not in verdicts(known)


def test_what_the_checker_says_shows_no_value_of_the_environment(tmp_path: pathlib.Path) -> None:
    configuration, environment = tmp_path / "proftpd.conf", tmp_path / "environment"
    configuration.write_text("ServerName secret\nPassivePorts 50000 50100\nAuthGroupFile /nowhere/%{env:FXP_SECRET}\n")
    environment.write_text("FXP_SECRET=hush-hush\n")
    known = look.look(str(configuration), "proftpd", rules=False, manager=Unit(0, environment))
    assert known["valid"] is False
    assert "/nowhere/%{env:FXP_SECRET}" in known["problem"]
    assert "hush-hush" not in json.dumps(known)


def test_what_a_command_line_may_define_is_not_known_without_a_unit(start: Starter) -> None:
    server = start(SERVER, "<IfDefine LAN>\nAllowForeignAddress on\n</IfDefine>\n")
    known = look.look(str(server.root / "proftpd.conf"), "no-such-unit", rules=False)
    assert known["servers"][0]["allow_foreign_address"]["passive"] == "unknown"
    assert {code: codes(known)[code] for code in ("not_looked_at", "foreign_address_unknown")} == {
        "not_looked_at": "fault",
        "foreign_address_unknown": "fault",
    }


BROKEN = "AuthGroupFile /nowhere/group\n"


def test_an_error_in_a_file_that_is_included_loses_what_follows(start: Starter, tmp_path: pathlib.Path) -> None:
    broken = tmp_path / "broken.conf"
    broken.write_text(BROKEN + "PassivePorts 50000 50100\n")
    server = start(SERVER, f"Include {broken}\n{OFF}")
    known = look.look(str(server.root / "proftpd.conf"), "no-such-unit", rules=False)
    assert known["valid"] is False
    told = known["servers"][0]
    # The rest of the file itself is read, what stands behind its Include is not.
    assert told["passive_ports"] == {"first": 50000, "last": 50100}
    said = told["allow_foreign_address"]
    assert answers(SERVER, server.port, USER) == (WHO[said["port"]], WHO[said["passive"]]) == (WHO["refused"], WHO["anybody"])
    found = codes(known)
    assert (found["include_error"], found["configuration_invalid"], found["passive_open_unset"]) == ("fault", "fault", "hole")
    with pytest.raises(HostError, match="AuthGroupFile"):
        daemon.check_configuration("proftpd", str(server.root / "proftpd.conf"))


def test_an_error_further_in_loses_what_follows_in_every_file_around_it(start: Starter, tmp_path: pathlib.Path) -> None:
    inner, outer = tmp_path / "inner.conf", tmp_path / "outer.conf"
    inner.write_text(BROKEN)
    outer.write_text(f"Include {inner}\nAllowForeignAddress on\n")
    virtual = f"<VirtualHost {OTHER}>\nPort {free_ports(OTHER)}\n</VirtualHost>\n"
    server = start(SERVER, f"Include {outer}\nAllowForeignAddress off\n{virtual}")
    known = look.look(str(server.root / "proftpd.conf"), "no-such-unit", rules=False)
    said = known["servers"][0]["allow_foreign_address"]
    assert answers(SERVER, server.port, USER) == (WHO[said["port"]], WHO[said["passive"]]) == (WHO["refused"], WHO["anybody"])
    # The second server is lost, for the reader as for the kernel.
    assert len(known["servers"]) == 1
    assert [each["port"] for each in known["running"]["listening"]] == [server.port]


def test_the_other_files_of_a_directory_are_read(start: Starter, tmp_path: pathlib.Path) -> None:
    drop_ins = tmp_path / "conf.d"
    drop_ins.mkdir()
    (drop_ins / "10.conf").write_text(BROKEN)
    (drop_ins / "20.conf").write_text("AllowForeignAddress on\n")
    server = start(SERVER, f"Include {drop_ins}/*.conf\nPassivePorts 50000 50100\n")
    known = look.look(str(server.root / "proftpd.conf"), "no-such-unit", rules=False)
    told = known["servers"][0]
    assert (told["allow_foreign_address"]["port"], told["passive_ports"]) == ("anybody", None)
    assert answers(SERVER, server.port, USER) == (WHO["anybody"], WHO["anybody"])


def test_a_daemon_with_an_older_configuration_is_seen_by_its_sockets(start: Starter) -> None:
    server = start(SERVER, OFF + "PassivePorts 50000 50100\n")
    path = server.root / "proftpd.conf"
    other = free_ports(SERVER)
    path.write_text(path.read_text().replace(f"Port {server.port}\n", f"Port {other}\n", 1))
    found = codes(look.look(str(path), "no-such-unit", rules=False))
    assert (found["listens_unexplained"], found["listens_not"]) == ("fault", "fault")
