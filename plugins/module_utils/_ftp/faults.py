# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What can end a check or a leg, as one typed exception."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import ServerSpec

# What went wrong, seen from the client. The diagnosis turns a kind into a cause, nothing else does.
Kind = t.Literal[
    "name_unknown",
    "no_common_family",
    "connect_refused",
    "connect_timed_out",
    "connect_unreachable",
    "greeting_silent",
    "greeting_closed",
    "greeting_broke",
    "greeting_wrong",
    "login_closing",
    "closing",
    "lost",
    "silent",
    "malformed",
    "refused",
    "client_data_refused",
    "client_data_timed_out",
    "client_data_unreachable",
    "client_data_lost",
    "client_data_large",
    "tls_refused",
    "tls_silent",
    "tls_untrusted",
    "tls_protection",
    "tls_roles",
]


class Fault(Exception):
    """
    A step could not be done.

    ``server`` is the server it happened on, ``detail`` what was seen (a reply, or a sentence) and ``command`` the verb that was
    being answered, if there was one.
    """

    def __init__(self, kind: Kind, server: ServerSpec, detail: str, command: str = "") -> None:
        super().__init__(f"{server.label}: {kind}: {detail}")
        self.kind: Kind = kind
        self.server = server
        self.detail = detail
        self.command = command

    def again(self) -> Fault:
        """The same fault once more, without the trace of where it was raised first."""
        return Fault(self.kind, self.server, self.detail, self.command)


__all__ = ("Fault", "Kind")
