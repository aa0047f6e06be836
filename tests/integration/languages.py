# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Hosts that speak another language than English, as servers see them: systemd hands a host's LANG to every service.

The C library translates the errors of the system, ProFTPD's own catalogues most of its replies. There is none for German.
"""

from __future__ import annotations

import contextlib
import gettext
import os
import pathlib
import subprocess
import typing as t

LANGUAGES = ("de_DE", "fr_FR", "ru_RU")


def make_locales(directory: pathlib.Path) -> None:
    """Make the locales of all ``LANGUAGES`` below a directory, so that the machine itself need not have them."""
    for name in LANGUAGES:
        command = ["localedef", "--no-archive", "-i", name, "-f", "UTF-8", str(directory / f"{name}.UTF-8")]
        subprocess.run(command, check=True, timeout=60)


@contextlib.contextmanager
def speaking(name: str, locales: pathlib.Path) -> t.Iterator[None]:
    """What is started meanwhile speaks the language ``name``; this process keeps its own."""
    saved = dict(os.environ)
    for variable in list(os.environ):
        if variable.startswith("LC_") or variable == "LANGUAGE":
            del os.environ[variable]
    os.environ.update(LANG=f"{name}.UTF-8", LOCPATH=str(locales))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


def language() -> str | None:
    """What servers that are started now speak, none for English."""
    name = os.environ.get("LANG", "C").split(".")[0]
    return name if name in LANGUAGES else None


def spoken(text: str) -> str:
    """How servers that are started now say an error of the system."""
    name = language()
    if name is None:
        return text
    said = gettext.translation("libc", "/usr/share/locale", [name]).gettext(text)
    assert said != text
    return said


def refused() -> str:
    """The cause where a server says that it cannot connect, and only its words say why: without them it is any other reason."""
    return "data_connection_refused" if language() is None else "data_connection_unreachable"


__all__ = ("LANGUAGES", "language", "make_locales", "refused", "speaking", "spoken")
