# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Meet a server as a client does.

    meet.py ADDRESS USER PASSWORD STEP...

STEP is ``welcome=TEXT``, which the reply to the login has; ``store=NAME:BYTES=REPLY`` or ``list=NAME=REPLY``, with the digits
that the reply begins with; or ``guess=TIMES``, after which the server does not even greet any more.
"""

from __future__ import annotations

import contextlib
import ftplib
import io
import ssl
import sys


def connected(address: str) -> ftplib.FTP_TLS:
    context = ssl.create_default_context()
    # Which server it is was proven before.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    session = ftplib.FTP_TLS(context=context, timeout=20)
    session.connect(address)
    return session


def answer(session: ftplib.FTP_TLS, kind: str, words: str) -> str:
    name, _colon, size = words.partition(":")
    try:
        if kind == "store":
            return session.storbinary(f"STOR {name}", io.BytesIO(bytes(int(size))))
        return session.retrlines(f"NLST {name}")
    except ftplib.Error as error:
        return str(error)


def guess(address: str, user: str, times: int) -> bool:
    """Whether the server still greets after so many wrong passwords."""
    session = connected(address)
    for _time in range(times):
        with contextlib.suppress(ftplib.Error, EOFError, OSError):
            session.login(user, "wrong")
    try:
        connected(address)
    except (ftplib.Error, EOFError, OSError):
        return False
    return True


def main(address: str, user: str, password: str, steps: list[str]) -> int:
    wrong = []
    session = None
    for step in steps:
        kind, _equals, rest = step.partition("=")
        if kind == "guess":
            if guess(address, user, int(rest)):
                wrong.append(f"{step}: it still greets")
            continue
        if session is None:
            session = connected(address)
            reply = session.login(user, password)
            session.prot_p()
        if kind == "welcome":
            if rest not in reply:
                wrong.append(f"{step}: {reply}")
            continue
        words, _equals, digits = rest.rpartition("=")
        said = answer(session, kind, words)
        if not said.startswith(digits):
            wrong.append(f"{step}: {said}")
    print("\n".join(wrong) or "as it should be")
    return len(wrong) > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
