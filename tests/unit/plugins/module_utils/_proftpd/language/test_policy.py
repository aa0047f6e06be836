# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser, policy
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.daemon_checker import Ask

DIRECTIVE = "Umask"


def effective(text: str) -> policy.Policy:
    return policy.effective(parser.parse(text))


def values(text: str, directive: str = DIRECTIVE) -> dict[str, str | None]:
    """What ``directive`` is for every server."""
    in_force = effective(text)
    lines = {server.name: in_force.value(server, directive) for server in in_force.servers}
    return {name: line.arguments[0] if line else None for name, line in lines.items()}


VIRTUAL = "<VirtualHost 127.0.0.2>\nServerName other\n{}</VirtualHost>\n"


@pytest.mark.parametrize(
    ("text", "main", "other"),
    [
        ("", None, None),
        ("Umask 022\n", "022", None),
        ("umask 022\nUMASK 077\n", "022", None),
        ("<Global>\nUmask 077\n</Global>\n", "077", "077"),
        ("<Global>\nUmask 077\n</Global>\nUmask 022\n", "022", "077"),
        ("<Global>\nUmask 077\n</Global>\n<Global>\nUmask 027\n</Global>\n", "027", "027"),
        (VIRTUAL.format("Umask 002\n"), None, "002"),
        (VIRTUAL.format("<Global>\nUmask 077\n</Global>\n"), "077", "077"),
        # Those of the main server come before those of others, wherever they stand.
        ("<Global>\nUmask 077\n</Global>\n" + VIRTUAL.format("<Global>\nUmask 002\n</Global>\n"), "077", "077"),
        (VIRTUAL.format("<Global>\nUmask 002\n</Global>\n") + "<Global>\nUmask 077\n</Global>\n", "077", "077"),
        (VIRTUAL.format("<Global>\nUmask 077\nUmask 002\n</Global>\n"), "077", "077"),
        (VIRTUAL.format("<Global>\nUmask 002\n</Global>\n<Global>\nUmask 077\n</Global>\n"), "077", "077"),
        ("<Global>\nUmask 077\n</Global>\n" + VIRTUAL.format("Umask 002\n"), "077", "002"),
        ("<IfModule mod_core.c>\nUmask 022\n</IfModule>\n", "022", None),
        ("<IfModule mod_core>\nUmask 022\n</IfModule>\n", None, None),
        ("<IfModule Mod_Core.c>\nUmask 022\n</IfModule>\n", None, None),
        ("<IfModule !mod_core.c>\nUmask 022\n</IfModule>\nUmask 077\n", "077", None),
        ("<IfModule mod_digest.c>\nUmask 022\n</IfModule>\n", None, None),
        ("LoadModule mod_digest.c\n<IfModule mod_digest.c>\nUmask 022\n</IfModule>\n", "022", None),
        ("<IfModule mod_digest.c>\nUmask 022\n</IfModule>\nLoadModule mod_digest.c\n", None, None),
        ("<IfModule !mod_digest.c>\n<Global>\nUmask 022\n</Global>\n</IfModule>\n", "022", "022"),
        ("<IfDefine FXP>\nUmask 022\n</IfDefine>\n", None, None),
        ("<IfDefine !FXP>\nUmask 022\n</IfDefine>\n", "022", None),
        ("Define FXP\n<IfDefine FXP>\nUmask 022\n</IfDefine>\n", "022", None),
        ("Define FXP\n<IfDefine fxp>\nUmask 022\n</IfDefine>\n", None, None),
        ("<IfDefine FXP>\nUmask 022\n</IfDefine>\nDefine FXP\n", None, None),
        ("<IfDefine A>\n<IfDefine !B>\nUmask 022\n</IfDefine>\n</IfDefine>\n", None, None),
        ("<Directory /srv>\nUmask 022\n</Directory>\n", None, None),
        ("<Anonymous /srv>\nUmask 022\n</Anonymous>\n", None, None),
        ("LoadModule mod_ifsession.c\n<IfUser a>\nUmask 022\n</IfUser>\n", None, None),
    ],
)
def test_which_server_has_what_is_what_the_daemon_lists(checker: Ask, text: str, main: str | None, other: str | None) -> None:
    # ServerIdent is there so that no server is empty: the daemon does not list an empty one.
    text = f"ServerName main\nServerIdent off\n{text}" + ("" if "VirtualHost" in text else VIRTUAL.format("ServerIdent off\n"))
    assert values(text) == {"main": main, "127.0.0.2": other}
    answer = checker(text)
    assert answer.accepted, answer.said
    assert (DIRECTIVE in answer.servers["main"]) is (main is not None)
    assert (DIRECTIVE in answer.servers["other"]) is (other is not None)


def test_sections_have_what_surrounds_them_unless_they_say_otherwise() -> None:
    in_force = effective("""
        <Global>
          HiddenStores on
        </Global>
        AllowStoreRestart on
        <Anonymous /srv/a>
          AllowStoreRestart off
        </Anonymous>
        <Directory /srv/b>
          Umask 022
        </Directory>
        <IfUser a>
          AllowStoreRestart on
          AllowStoreRestart off
        </IfUser>
    """)
    by_kind = {scope.kind: scope for scope in in_force.scopes}
    assert {kind: in_force.flag(scope, "AllowStoreRestart") for kind, scope in by_kind.items()} == {
        "anonymous": False,
        "directory": True,
        "ifuser": False,
    }
    assert all(in_force.flag(scope, "hiddenstores") for scope in by_kind.values())
    assert in_force.flag(in_force.main, "RootRevoke") is None


def test_ports_and_servers_that_are_switched_off() -> None:
    in_force = effective("""
        Port 0
        <VirtualHost 192.0.2.1>
        </VirtualHost>
        <VirtualHost 192.0.2.2 192.0.2.3>
          Port 2121
          Port 2122
        </VirtualHost>
    """)
    assert [(server.name, in_force.port(server)) for server in in_force.servers] == [
        ("main", 0),
        ("192.0.2.1", 21),
        ("192.0.2.2 192.0.2.3", 2121),
    ]
    assert [server.name for server in in_force.listening] == ["192.0.2.1", "192.0.2.2 192.0.2.3"]


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("", None),
        ("<Class Peers>\nFrom 192.0.2.1\n</Class>\n", None),
        ("<Class peers>\n</Class>\n", []),
        (
            "<Class peers>\nFrom 192.0.2.1 192.0.2.2,192.0.2.3\nFrom 2001:db8::/32\n</Class>\n",
            ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::/32"],
        ),
        ("<Class peers>\nFrom NONE\n</Class>\n", ["none"]),
        ("<Class peers>\nFrom all 192.0.2.1\nFrom 192.0.2.2\n</Class>\n", ["all", "192.0.2.2"]),
        ("<Class peers>\nFrom 192.0.2.1,none,192.0.2.2\n</Class>\n", ["192.0.2.1"]),
        ("<Class peers>\n</Class>\n<Class peers>\nFrom 192.0.2.1\n</Class>\n", ["192.0.2.1"]),
        ("<Class peers>\nFrom 192.0.2.1\n</Class>\n<Class peers>\nFrom 192.0.2.2\n</Class>\n", ["192.0.2.1"]),
        ("<Global>\n<Class peers>\nFrom 192.0.2.1\n</Class>\n</Global>\n", ["192.0.2.1"]),
        ("<Class peers>\n<IfModule mod_tls.c>\nFrom 192.0.2.1\n</IfModule>\n</Class>\n", []),
        ("<IfModule mod_tls.c>\n<Class peers>\nFrom 192.0.2.1\n</Class>\n</IfModule>\n", None),
    ],
)
def test_members_of_a_class(text: str, members: list[str] | None) -> None:
    assert effective(text).members("peers") == members


@pytest.mark.parametrize(
    ("satisfy", "wanted"), [("", False), ("Satisfy any\n", False), ("Satisfy ALL\n", True), ("Satisfy all\nSatisfy any\n", False)]
)
def test_whether_every_rule_must_be_met(satisfy: str, wanted: bool) -> None:
    in_force = effective(f"<Class peers>\n</Class>\n<Class peers>\nFrom 192.0.2.1\n{satisfy}</Class>\n")
    assert in_force.satisfies_all("peers") is wanted


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("on", True),
        ("ON", True),
        ("Yes", True),
        ("true", True),
        ("1", True),
        ("off", False),
        ("No", False),
        ("FALSE", False),
        ("0", False),
        ("", None),
        ("onn", None),
        ("y", None),
        ("2", None),
        ("enabled", None),
        (" on", None),
    ],
)
def test_booleans(checker: Ask, word: str, wanted: bool | None) -> None:
    assert policy.boolean(word) is wanted
    assert checker(f'AllowOverwrite "{word}"\n').accepted is (wanted is not None)


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("300", 300),
        ("0", 0),
        ("10s", 10),
        ("10SEC", 10),
        ("5m", 300),
        ("5min", 300),
        ("2h", 7200),
        ("2hr", 7200),
        ("1:02:03", 3723),
        ("01:00:00", 3600),
        ("", None),
        ("ten", None),
        ("10d", None),
        ("-1", None),
        ("1.5", None),
    ],
)
def test_durations(checker: Ask, word: str, wanted: int | None) -> None:
    assert policy.seconds(word) == wanted
    assert checker(f'TimeoutStalled "{word}"\n').accepted is (wanted is not None)


def test_the_first_word_counts() -> None:
    in_force = effective(
        "Port 2121 2122\nRootRevoke off on\nDefine FXP other\n<IfDefine FXP other>\nUmask 022 077\n</IfDefine>\n"
    )
    assert in_force.port(in_force.main) == 2121
    assert in_force.flag(in_force.main, "RootRevoke") is False
    assert in_force.value(in_force.main, "Umask") is not None


@pytest.mark.parametrize(("word", "wanted"), [("21", 21), (" 21x", 21), ("-1", -1), ("x21", 0), ("", 0)])
def test_numbers(word: str, wanted: int) -> None:
    assert policy.number(word) == wanted


def test_what_is_not_read_is_noted() -> None:
    in_force = effective("""
        Include /etc/proftpd/modules.conf
        <IfDefine NEVER_DEFINED>
          Include /etc/proftpd/never.conf
        </IfDefine>
        <VirtualHost 192.0.2.1>
          <IfVersion >= 1.3.9>
            AllowForeignAddress off
          </IfVersion>
        </VirtualHost>
    """)
    assert [(scope.name, line.number) for scope, line, _why in in_force.unread] == [("main", 2), ("192.0.2.1", 7)]
    assert in_force.value(in_force.servers[1], "AllowForeignAddress") is None


@pytest.mark.parametrize(
    ("text", "overtaken"),
    [
        ("AllowForeignAddress off\nInclude /more", False),
        ("Include /more\nAllowForeignAddress off", True),
        ("<Global>\nAllowForeignAddress off\n</Global>\nInclude /more", True),
        ("<Global>\nInclude /more\n</Global>\nAllowForeignAddress off", False),
        ("Include /more\n<Anonymous /srv>\nAllowForeignAddress off\n</Anonymous>", False),
        ("<Anonymous /srv>\nInclude /more\nAllowForeignAddress off\n</Anonymous>", True),
        ("<IfUser a>\nAllowForeignAddress off\nInclude /more\n</IfUser>", True),
        ("<VirtualHost 192.0.2.1>\nInclude /more\n</VirtualHost>\nAllowForeignAddress off", False),
    ],
)
def test_what_is_not_read_may_count_in_the_place_of_what_is(text: str, overtaken: bool) -> None:
    in_force = effective(text)
    (line,) = [line for scope in [*in_force.contexts] for line in scope.all("AllowForeignAddress")]
    assert in_force.is_overtaken(line) is overtaken


def test_what_is_compiled_in_is_what_the_daemon_says(checker: Ask) -> None:
    for module in sorted(policy.COMPILED_IN):
        answer = checker(f"<IfModule {module}>\nNoSuchDirective\n</IfModule>\n")
        assert "unknown configuration directive 'NoSuchDirective'" in answer.said, module


def test_thousands_of_servers_and_nested_sections_take_little_time() -> None:
    deep = 5000
    text = "<Directory /srv>\n" * deep + "</Directory>\n" * deep + "<VirtualHost 192.0.2.1>\nPort 2121\n</VirtualHost>\n" * deep
    in_force = effective(text)
    assert len(in_force.servers) == deep + 1
    assert len(in_force.contexts) == 2 * deep + 2
