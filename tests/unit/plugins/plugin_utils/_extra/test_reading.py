# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plan refuses of a site's own directives, by the variable that says it."""

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._extra.reading import ports, problems

PASSIVE = (50000, 50099)


def wrong(text: str, control_port: int | None = 21) -> list[str]:
    return list(problems(text, control_port, PASSIVE))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing but a remark\n",
        "Umask 002\nDisplayLogin welcome.msg",
        "<Global>\n  TimeoutIdle 60\n</Global>\n",
        "<Directory /srv/in>\n  <Limit READ DIRS>\n    DenyAll\n  </Limit>\n</Directory>\n",
        "<Anonymous ~ftp>\n  User ftp\n  Group nogroup\n  UserAlias anonymous ftp\n</Anonymous>\n",
        "<IfModule mod_ban.c>\n  BanEngine on\n</IfModule>\n",
        "<VirtualHost 192.0.2.1>\n  Port 2222\n  PassivePorts 40000 40010\n  TLSEngine off\n  User ftp\n</VirtualHost>\n",
        "<Class office>\n  From 192.0.2.0/24\n</Class>\n",
    ],
)
def test_what_is_not_the_plans_may_stand(text: str) -> None:
    assert wrong(text) == []


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("Umask 002\nPort 2121\n", 2, "Port is the plan's own; say fxp_control_port"),
        ("  passiveports 1 2\n", 1, "passiveports is the plan's own; say fxp_passive_ports"),
        ("<Global>\nMasqueradeAddress 192.0.2.1\n</Global>\n", 2, "say fxp_masquerade_address"),
        ("<IfUser joe>\nAllowForeignAddress on\n</IfUser>\n", 2, "say fxp: true for the accounts in fxp_users"),
        ("<IfModule mod_tls.c>\nTLSProtocol TLSv1\n</IfModule>\n", 2, "say fxp_tls_versions"),
        ("TLSVerifyServer off\n", 1, "what keeps peers apart from strangers"),
        ("LoadModule mod_sql.c\n", 1, "say fxp_extra_modules"),
        ("Include /etc/proftpd/conf.d/\n", 1, "write its lines here"),
        ("User nobody\n", 1, "the daemon's account is that of the platform"),
        ("DefaultServer off\n", 1, "is to reach the one that is planned"),
        ("<IfDefine X>\nUmask 002\n</IfDefine>\n", 2, "which cannot depend on <IfDefine>; say it without the condition"),
        ("<Class fxp_peers>\nFrom all\n</Class>\n", 1, "the class fxp_peers is the plan's own; choose another name"),
        ("<VirtualHost 192.0.2.1>\n</VirtualHost>\n", 1, "has no Port, and so takes that of the server"),
        ("<VirtualHost 192.0.2.1>\nPort 21\n</VirtualHost>\n", 1, "which is fxp_control_port; choose another one"),
        ("<VirtualHost 192.0.2.1>\nPort 50099\n</VirtualHost>\n", 1, "of fxp_passive_ports; choose one outside of them"),
        (
            "<IfModule mod_tls.c>\n<VirtualHost 192.0.2.1>\nPort 2222\n</VirtualHost>\n</IfModule>\n",
            2,
            "in another section is none",
        ),
    ],
)
def test_what_is_the_plans_is_refused_by_line(text: str, line: int, told: str) -> None:
    (sentence,) = wrong(text)
    assert sentence.startswith(f"line {line}: ")
    assert told in sentence


@pytest.mark.parametrize("text", ["<Global>\nUmask 002\n", "</Limit>\n", "<Limit WRITE>\n</Directory>\n"])
def test_sections_that_do_not_nest(text: str) -> None:
    (sentence,) = wrong(text)
    assert sentence.endswith("close every section where it ends")


def test_all_of_them_are_told() -> None:
    assert len(wrong("Port 1\nUser x\n<Global>\nUseIPv6 off\n</Global>\n")) == 3


def test_ports_of_other_servers() -> None:
    text = "<VirtualHost a>\nPort 2222\nPort 2223\n</VirtualHost>\n<VirtualHost b>\nPort 990\n</VirtualHost>\n"
    assert ports(text) == [2222, 990]
