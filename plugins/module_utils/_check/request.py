# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What is to be checked: the options of a check as typed, validated data."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import (
    RequestError,
    check_line,
    is_private,
    parse_server,
    parse_timeout,
)
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.roles import ROLES
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.trial import Terms


@dataclass(frozen=True)
class Request:
    """What is tried between one ordered pair of servers, and what it must come to: ``expect`` is allowed or refused."""

    terms: Terms
    expect: str


def parse_request(options: t.Mapping[str, t.Any]) -> Request:
    """Options of the module, with its types and defaults applied, as a request. Raises ``RequestError``."""
    path = options["path"]
    if path is not None:
        check_line("path", path)
    if options["payload_size"] < 0:
        raise RequestError(f"payload_size is {options['payload_size']}, but a size is 0 or more; write for example 1MB.")
    timeout = parse_timeout(options["timeout"])
    if not options["transfer_timeout"] >= 0:
        raise RequestError(f"transfer_timeout is {options['transfer_timeout']}; write seconds, or 0 for no limit.")
    servers = {role: parse_server(role, options[role]) for role in ROLES}
    sscn = options.get("sscn", "auto")
    terms = Terms(
        servers=servers,
        passive=ROLES if options["passive"] == "both" else (options["passive"],),
        family=options["family"],
        path=path,
        payload_size=options["payload_size"],
        timeout=timeout,
        transfer_timeout=options["transfer_timeout"],
        private=is_private(options.get("protection"), {role: servers[role] for role in ROLES}),
        # With TLS 1.3 a sender that is the TLS client loses the end of files.
        sscn=None if sscn == "auto" else sscn,
    )
    return Request(terms, options["expect"])


__all__ = ("Request", "parse_request")
