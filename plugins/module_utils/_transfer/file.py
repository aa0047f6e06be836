# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The file that is moved: what is known of it at its source, and how it comes to be there."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.data import upload
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.faults import Fault
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import Session
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.course import parse_size
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.payload import random_chunks, unguessable_name
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.verify import Method

LITTLE = 200  # bytes, which fit into one packet wherever packets come through


class Told(t.NamedTuple):
    """A digest and how it became known: the label of a server's method, or none as the client saw the file leave."""

    digest: str
    by: str | None


@dataclasses.dataclass
class File:
    """A file of the source. Its digests are by algorithm, as far as somebody wanted to know them."""

    name: str
    size: int
    digests: dict[str, Told] = dataclasses.field(default_factory=dict)


def size_of(session: Session, name: str) -> int:
    """What a server says to SIZE. Raises ``Fault``."""
    reply = session.control.require(f"SIZE {name}")
    size = parse_size(reply)
    if size is None:
        raise Fault("malformed", session.spec, f"expected 213 and a number, got {reply.text!r}", "SIZE")
    return size


def found(session: Session, name: str) -> File:
    """A file that is there already. Raises ``Fault``."""
    return File(name, size_of(session, name))


def _takes_little(session: Session) -> bool:
    """Whether the client's own upload succeeds if it fits into one small packet, after a larger one stood still."""
    name = unguessable_name()  # the server may still have the other file in hand
    session.drop()
    try:
        session.created(name)
        upload(session.control, name, [bytes(LITTLE)])
        return True
    except Fault:
        session.drop()
        return False


def random_file(session: Session, size: int, method: Method) -> File:
    """
    A new file that nothing on the way can guess or compress; the session deletes it in the end. Raises ``Fault``.

    Its digest is known by the algorithm of ``method``, that of whoever will receive it.
    """
    name, digest = unguessable_name(), method.digest()
    control = session.control
    session.created(name)
    try:
        upload(control, name, random_chunks(size, digest))
    except Fault as fault:
        if control.sent != "STOR":
            session.ended(name)
        if fault.kind == "client_data_lost" and size > LITTLE and _takes_little(session):
            raise Fault("client_data_large", fault.server, fault.detail, fault.command) from None
        raise
    try:
        size = size_of(session, name)
    except Fault as fault:
        # It has all been sent, and a server need not tell what it took, unless it says why and that is a fault of its own.
        if fault.kind != "refused" or "ASCII" in fault.detail:
            raise
    return File(name, size, {method.algorithm: Told(digest.hexdigest(), None)})


__all__ = ("File", "Told", "found", "random_file", "size_of")
