# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passes TCP connections on to another address: ``relay.py FROM-ADDRESS FROM-PORT TO-ADDRESS TO-PORT``."""

from __future__ import annotations

import socket
import sys
import threading


def pump(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes, and the end of it."""
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


def main(address: str, port: str, to_address: str, to_port: str) -> None:
    """Serve until somebody ends the process."""
    with socket.create_server((address, int(port)), family=socket.AF_INET6) as listener:
        while True:
            client = listener.accept()[0]
            server = socket.create_connection((to_address, int(to_port)))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
