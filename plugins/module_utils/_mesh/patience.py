# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Which legs of a mesh are not worth waiting for among the others, because they will be waited for alone."""

from __future__ import annotations

import collections
import threading
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._mesh.schedule import Leg

ENOUGH = 2  # different peers with whom a server was waited for in vain


class Patience:
    """
    Remembers who was waited for in vain, listening or connecting, and never with success.

    A firewall that drops costs the whole ``timeout`` per leg, once among the others and once alone. What counts is the leg
    alone, so the first wait teaches nothing any more once it is known how it ends.
    """

    def __init__(self) -> None:
        self._vain: collections.defaultdict[tuple[str, bool], set[str]] = collections.defaultdict(set)
        self._passed: set[tuple[str, bool]] = set()
        self._lock = threading.Lock()

    def is_spent(self, leg: Leg) -> bool:
        """Whether one of the two servers has kept others waiting in this part already."""
        with self._lock:
            return any(len(self._vain[part]) >= ENOUGH and part not in self._passed for part in _parts(leg))

    def learn(self, leg: Leg, passed: bool, waited: bool) -> None:
        """Take in a leg that has ended; ``waited`` if that took as long as a step may take."""
        with self._lock:
            if passed:
                self._passed.update(_parts(leg))
            elif waited:
                for part, peer in zip(_parts(leg), reversed(leg.servers)):
                    self._vain[part].add(peer)


def _parts(leg: Leg) -> t.Iterator[tuple[str, bool]]:
    """Each server, and whether it listens."""
    yield leg.source, leg.passive == "source"
    yield leg.destination, leg.passive == "destination"


__all__ = ("Patience",)
