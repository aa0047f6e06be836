# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a site's own directives come into what the role renders."""

from __future__ import annotations

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._extra.laying import digest, lay

RENDERED = """# Managed
LoadModule mod_digest.c
# It must be the last one.
LoadModule mod_ifsession.c

Umask 022
TimeoutIdle 900
<IfUser mirror>
  AllowForeignAddress fxp_peers
</IfUser>
ExtendedLog /log ALL fxp
"""


@pytest.mark.parametrize("extra", ["", " \n", "\t\n\n"])
def test_nothing_changes_nothing(extra: str) -> None:
    assert lay(RENDERED, extra) == (RENDERED, ())
    assert digest(extra, []) is None


def test_what_stands_once_replaces_ours_and_the_rest_follows() -> None:
    text = lay(RENDERED, "umask 002\nExtendedLog /other ALL\n<Global>\n  TimeoutIdle 60\n</Global>").text
    assert "Umask 022" not in text
    assert "TimeoutIdle 900" not in text
    assert text.index("ExtendedLog /log") < text.index("umask 002") < text.index("ExtendedLog /other")
    assert text.endswith("</Global>\n")


def test_what_is_said_of_an_account_or_another_server_leaves_ours() -> None:
    text = lay(RENDERED, "<IfUser joe>\nUmask 077\n</IfUser>\n<VirtualHost a>\nPort 1\nTimeoutIdle 1\n</VirtualHost>\n").text
    assert "Umask 022" in text
    assert "TimeoutIdle 900" in text


def test_modules_come_before_the_last_one_and_what_is_said_of_it() -> None:
    text = lay(RENDERED, "", ["mod_sql.c", "mod_sql_sqlite.c"]).text
    places = [
        "mod_digest.c",
        "<IfModule !mod_sql.c>",
        "LoadModule mod_sql_sqlite.c",
        "# It must be",
        "LoadModule mod_ifsession.c",
    ]
    assert [text.index(each) for each in places] == sorted(text.index(each) for each in places)


def test_secrets_are_no_part_of_the_text() -> None:
    extra = 'SQLConnectInfo db@host joe "s3cret word"\n<Global>\n  UserPassword \\\n    joe abc\n</Global>\nSQLLogFile /x\n'
    laid = lay(RENDERED, extra)
    assert "s3cret" not in laid.text
    assert "abc" not in laid.text
    assert "SQLConnectInfo @secret_1@\n" in laid.text
    assert "  UserPassword @secret_2@\n" in laid.text
    assert laid.secrets[0] == 'db@host joe "s3cret word"'
    assert laid.secrets[1] == "joe abc"


def test_a_digest_tells_texts_apart_and_knows_no_secret() -> None:
    one, other = (digest(f"SQLConnectInfo db {word}\n", []) for word in ("one", "other"))
    assert one == other
    assert len({one, digest("Umask 002\n", []), digest("Umask 002\n", ["mod_sql.c"]), digest("Umask 003", [])}) == 4
