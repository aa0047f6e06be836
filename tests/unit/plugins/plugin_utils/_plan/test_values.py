# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values

GOOD: list[tuple[t.Callable[[t.Any], t.Any], t.Any, t.Any]] = [
    (_values.address, "198.51.100.7", "198.51.100.7"),
    (_values.address, "2001:DB8:0::1", "2001:db8::1"),
    (_values.networks, ["any"], {4: ["0.0.0.0/0"], 6: ["::/0"]}),
    (_values.networks, ["198.51.100.20"], {4: ["198.51.100.20/32"], 6: []}),
    (_values.networks, ["10.0.0.0/9", "10.128.0.0/9", "2001:db8::/32"], {4: ["10.0.0.0/8"], 6: ["2001:db8::/32"]}),
    (_values.networks, [], {4: [], 6: []}),
    (_values.port, 21, 21),
    (_values.mark, "0x46000000/0xff000000", "0x46000000/0xff000000"),
    (_values.mark, " 1024/0x0F00 ", "0x400/0xf00"),
    (_values.port_range, "49152-49407", (49152, 49407)),
    (_values.port_range, " 1024-65535 ", (1024, 65535)),
    (_values.account_name, "mirror.site-2", "mirror.site-2"),
    (_values.home, "/srv/fxp/mirror", "/srv/fxp/mirror"),
    (_values.home, "/home/alice", "/home/alice"),
    (_values.home, "/var/lib/ftp", "/var/lib/ftp"),
    (_values.home, "/srv", "/srv"),
    (_values.home, "/data", "/data"),
    (_values.home, "/etcetera", "/etcetera"),
    (_values.owner, 1, 1),
    (_values.owner, 4294967294, 4294967294),
    (_values.password, " p", " p"),
    (_values.password_hash, "$6$saltsaltsaltsalt$" + "x" * 86, "$6$saltsaltsaltsalt$" + "x" * 86),
    (_values.one_line, "pass word: ü", "pass word: ü"),
]

BAD: list[tuple[t.Callable[[t.Any], t.Any], t.Any, str]] = [
    (_values.address, "ftp.example.org", "literal address"),
    (_values.address, "198.51.100", "literal address"),
    (_values.address, "198.51.100.0/24", "literal address"),
    (_values.address, "0.0.0.0", "one host"),
    (_values.address, "224.0.0.1", "one host"),
    *((_values.address, text, "one host") for text in ("::", "0.1.2.3", "255.255.255.255", "240.0.0.1", "ff02::1")),
    *((_values.address, text, "loopback device") for text in ("127.0.0.1", "127.255.0.9", "::1")),
    (_values.address, "fe80::1", "link-local"),
    (_values.address, "fe80::1%eth0", "literal address"),
    (_values.address, "::ffff:198.51.100.7", "write 198.51.100.7"),
    (_values.networks, ["everybody"], "no network"),
    (_values.networks, ["198.51.100.7/24"], "write 198.51.100.0/24"),
    (_values.port, 0, "1 to 65535"),
    (_values.port, 65536, "1 to 65535"),
    (_values.mark, "0x46000000", "for example 0x46000000/0xff000000"),
    (_values.mark, "0/0xff", "at least one bit set"),
    (_values.mark, "0x100/0xff", "the bits that it is in"),
    (_values.mark, "0x100000000/0x1ffffffff", "is no mark"),
    (_values.port_range, "50000", "first-last"),
    (_values.port_range, "50099-50000", "write 50000-50099"),
    (_values.port_range, "50000-50000", "wider"),
    (_values.port_range, "1000-2000", "below 1024"),
    (_values.port_range, "60000-70000", "above 65535"),
    (_values.account_name, "a:b", "no account name"),
    (_values.account_name, "-a", "no account name"),
    (_values.account_name, "a\nb", "no account name"),
    (_values.account_name, "root", "specially"),
    (_values.home, "srv", "absolute path"),
    (_values.home, "/", "absolute path"),
    (_values.home, "/srv/../etc", "absolute path"),
    (_values.home, "/srv/a b", "absolute path"),
    (_values.home, "/srv/a\n", "absolute path"),
    *(
        (_values.home, text, "directory of the system")
        for text in (
            "/etc",
            "/etc/cron.d",
            "/usr",
            "/usr/local/ftp",
            "/var",
            "/var/log/ftp",
            "/root",
            "/root/ftp",
            "/bin",
            "/home",
            "/tmp",
            "/proc/1",
            "/var/lib",
            "/run/ftp",
            "/boot",
            "/lib/x",
            "/var/spool/cron/ftp",
        )
    ),
    *((_values.owner, number, "no owner") for number in (0, -1, 4294967295, 2**40)),
    (_values.password, "", "empty"),
    (_values.password, "\n", "empty"),
    (_values.password, "a\nb", "control character"),
    (_values.password_hash, "plain", "crypt"),
    (_values.password_hash, "$6$salt:x$" + "x" * 86, "crypt"),
    (_values.one_line, "two\nlines", "control character"),
]


@pytest.mark.parametrize(("parser", "text", "expected"), GOOD)
def test_what_is_read(parser: t.Callable[[t.Any], t.Any], text: t.Any, expected: t.Any) -> None:
    assert parser(text) == expected


@pytest.mark.parametrize(("parser", "text", "cure"), BAD)
def test_what_is_refused_and_how_to_mend_it(parser: t.Callable[[t.Any], t.Any], text: t.Any, cure: str) -> None:
    with pytest.raises(ValueError, match=cure):
        parser(text)


def test_check_password() -> None:
    assert _values.check_password("twelve-chars-", ["ftp1", "/srv/fxp/check"]) == "twelve-chars-"
    with pytest.raises(ValueError, match="fewer than 12"):
        _values.check_password("short", [])
    with pytest.raises(ValueError, match="part of a name"):
        _values.check_password("/srv/fxp/check", ["/srv/fxp/check"])
