# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""How a server is dialled and what it announces, the same in every module that dials one."""

from __future__ import annotations

_DIALLED = r"""
      host:
        description:
          - Name or literal address to dial.
        type: str
        required: true
      port:
        description:
          - Port of the control connection.
        type: int
        default: 21
      user:
        description:
          - Account to log in with.
        type: str
        required: true
      password:
        description:
          - Password of the account. It is part of no result and no log. What servers say is returned without it. If it has fewer
            than 8 characters it is replaced there only where it stands as a word of its own.
          - It is sent in UTF-8. The user name is no secret, even if it is the same.
        type: str
        required: true
      tls:
        description:
          - Whether the control connection is encrypted. V(explicit) asks for TLS after the greeting (AUTH TLS), V(implicit)
            speaks TLS from the first byte; servers usually have port 990 for that, so set C(port) as well. V(explicit) and
            V(implicit) were added in version 0.2.0.
          - TLS 1.2 is the oldest version that is spoken. When TLS is asked for and cannot be had, nothing goes on in clear, and
            neither account nor password is sent.
        type: str
        choices:
          - none
          - explicit
          - implicit
        default: none
      validate_certs:
        description:
          - Whether the certificate of the server must be valid, issued by a CA that is trusted, and hold the name or address that
            is dialled. Not used without TLS.
        type: bool
        default: true
        version_added: 0.2.0
      ca_path:
        description:
          - File with the CA certificates to trust, in PEM, on the host that the module runs on. Without it and C(ca_content)
            those of that host's system are trusted. Refused without TLS.
        type: path
        version_added: 0.2.0
      ca_content:
        description:
          - The CA certificates to trust, in PEM. Give either this or C(ca_path). Refused without TLS.
        type: str
        version_added: 0.2.0
      directory:
        description:
          - Directory to change to after the login.
        type: str
        default: .
"""
_ANNOUNCED = r"""
      passive_ports:
        description:
          - Ports that the server must announce when it listens, as C(first-last). Another port fails the leg with the cause
            V(passive_port_out_of_range).
        type: str
      expected_address:
        description:
          - Literal address that the server must announce in its reply to PASV. Another one fails the leg with the cause
            V(unexpected_address_advertised). Over IPv6 no address is announced.
        type: str
"""


class ModuleDocFragment:
    """The option server; with what it announces; and a source and a destination of that kind."""

    # Annotated, because ansible-test takes every other assignment for a text that stands there as it is.
    DOCUMENTATION: str = f"options:\n  server:\n    type: dict\n    suboptions:\n{_DIALLED}"
    ANNOUNCING: str = DOCUMENTATION + _ANNOUNCED
    PAIR: str = (
        f"options:\n  source:\n    type: dict\n    required: true\n    suboptions: &server\n{_DIALLED}{_ANNOUNCED}"
        "  destination:\n    type: dict\n    required: true\n    suboptions: *server\n"
    )
