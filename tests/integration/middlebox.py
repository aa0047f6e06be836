# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A device that looks into FTP on its way: ``middlebox.py PORT ORIGINAL REPLACEMENT [ORIGINAL REPLACEMENT ...]``.

Connections that a rule of the kernel redirects to the port go on to where they were dialled; in what passes, in both directions,
each original text is replaced. A reply that begins with ``!`` is the device's own: the server never sees the line.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading

ORIGINAL_DESTINATION = 80  # netfilter_ipv4.h
MARK = 4711  # of the device's own connections, which no rule may redirect again


def pump(source: socket.socket, target: socket.socket, changes: list[tuple[bytes, bytes]]) -> None:
    """Pass on lines, and the end of them."""
    for whole in source.makefile("rb"):
        line = whole
        for original, replacement in changes:
            if replacement.startswith(b"!") and original in line:
                source.sendall(replacement[1:] + b"\r\n")
                break
            line = line.replace(original, replacement)
        else:
            target.sendall(line)
    target.shutdown(socket.SHUT_WR)


def main(port: int, texts: list[str]) -> None:
    """Serve until somebody ends the process."""
    words = [text.encode() for text in texts]
    changes = list(zip(words[::2], words[1::2]))
    with socket.create_server(("0.0.0.0", port)) as listener:
        print("ready", flush=True)
        while True:
            client = listener.accept()[0]
            _family, to_port, address = struct.unpack("!HH4s8x", client.getsockopt(socket.SOL_IP, ORIGINAL_DESTINATION, 16))
            server = socket.socket()
            server.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
            server.connect((socket.inet_ntoa(address), to_port))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=pump, args=(*pair, changes), daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
