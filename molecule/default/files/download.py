# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch a file, slowly as long as another file stands here; fail unless all of it came and the server says so; tell its hash."""

from __future__ import annotations

import ftplib
import hashlib
import os
import socket
import ssl
import sys
import time

BLOCK = 65536
SIP = 4096  # so slowly that no busy machine sees the end of it


def main(host: str, path: str, size: int, slow: str) -> None:
    # Who the server is matters elsewhere.
    ftp = ftplib.FTP() if os.environ.get("FTP_TLS") == "none" else ftplib.FTP_TLS(context=ssl._create_unverified_context())
    ftp.connect(host, 21, timeout=30)
    ftp.login(os.environ["FTP_USER"], os.environ["FTP_PASSWORD"])
    if isinstance(ftp, ftplib.FTP_TLS):
        ftp.prot_p()
    ftp.voidcmd("TYPE I")
    # Little of it waits in buffers.
    ftp.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BLOCK)
    came, digest = 0, hashlib.sha256()
    with ftp.transfercmd(f"RETR {path}") as data:
        while block := data.recv(SIP if os.path.exists(slow) else BLOCK):
            came += len(block)
            digest.update(block)
            if os.path.exists(slow):
                time.sleep(0.1)
    print(f"{came} of {size}, {digest.hexdigest()}", ftp.voidresp())
    raise SystemExit(came != size)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
