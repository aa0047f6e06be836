# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Where a data connection is lost, from what both of its ends and the way between them showed: a pure function over a table.

Both ends are looked at on the far side of their own firewalls, so what was seen does not depend on who wrote the rules.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

# The causes that leave the place open.
UNPLACED = ("data_connection_blocked", "data_connection_unreachable", "data_connection_refused")

End = t.Literal["active", "passive"]


@dataclass(frozen=True)
class Sight:
    """
    What was seen of one connection from the active to the passive server; none is "could not be seen".

    ``state`` is what the active server's connection met. ``left``: its first segment left that host; ``arrived``: it reached the
    passive host; ``strange``: none of the plan's addresses arrived there, but another one did; ``returned``: the passive host
    sent something back; ``back``: that reached the active host; ``listening``: somebody listened on the port meanwhile.
    """

    state: str | None
    left: bool | None = None
    arrived: bool | None = None
    strange: bool = False
    returned: bool | None = None
    back: bool | None = None
    listening: bool | None = None


@dataclass(frozen=True)
class Place:
    """Where to look: an end, or none for what lies between; the other places if that is not certain; and what was seen."""

    end: End | None
    certain: bool
    also: tuple[str, ...]
    seen: str
    cure: str


_OUT = "Allow {active} to open connections to {port} of {passive}: look at whatever filters what it sends."
_IN = (
    "Open fxp_passive_ports of {passive} for the fxp_egress_addresses of {active} (role proftpd.fxp.firewall), and look for "
    "other rules on {passive} that drop or reject."
)
_WAY = (
    "Look at what stands between {active} and {passive}: routers, filters of the provider, the port forward of a gateway, and "
    "whether the announced address leads to {passive} at all."
)
_BACK = "Look at what {passive} sends back to {active}: outgoing rules there, routes, and filters on the way back."

# The first row that applies counts; a row says what must have been seen, the rest may be anything.
PLACES: tuple[tuple[dict[str, t.Any], Place], ...] = (
    (
        {"state": "connected"},
        Place(None, False, ("passive", "active", "network"), "{active} gets through to {passive} now", "Check again. " + _WAY),
    ),
    (
        {"state": "refused", "left": False},
        Place("active", True, (), "the connection does not leave {active}: its own rules reject it", _OUT),
    ),
    (
        {"strange": True},
        Place(
            "passive",
            False,
            ("network",),
            "the connection of {active} seems to reach {passive} from {strangers}, which is none of its addresses",
            "Say {strangers} in fxp_egress_addresses of {active} if that is how its connections appear. " + _IN,
        ),
    ),
    (
        {"state": "refused", "arrived": True, "listening": True},
        Place("passive", True, (), "the connection of {active} reaches {passive} and is rejected there, at an open port", _IN),
    ),
    (
        {"state": "refused", "left": True, "arrived": False},
        Place(None, True, (), "the connection leaves {active} and is rejected before it reaches {passive}", _WAY),
    ),
    (
        {"state": "refused"},
        Place(None, False, ("passive", "active", "network"), "{passive} answers {active} now", "Check again. " + _WAY),
    ),
    (
        {"back": True},
        Place(
            "active",
            True,
            (),
            "{passive} answers, and the rules of {active} itself drop the answer",
            "Allow {active} to receive the answers to connections that it opens.",
        ),
    ),
    (
        {"state": "unreachable", "arrived": True},
        Place("passive", True, (), "the connection of {active} reaches {passive} and is rejected there", _IN),
    ),
    (
        {"arrived": True, "returned": False},
        Place("passive", True, (), "the connection of {active} reaches {passive} and is dropped there", _IN),
    ),
    (
        {"arrived": True, "returned": True, "back": False},
        Place(None, True, (), "{passive} answers, but its answer does not reach {active}", _BACK),
    ),
    ({"arrived": True}, Place("passive", False, ("network",), "the connection of {active} reaches {passive}", _IN)),
    (
        {"state": "no answer", "left": False},
        Place("active", True, (), "the connection does not leave {active}: its own rules drop it", _OUT),
    ),
    (
        {"state": "unreachable", "left": False},
        Place(
            "passive",
            False,
            ("active",),
            "the connection does not leave {active}: it has no route to the announced address, or nobody has that address",
            "Check fxp_masquerade_address of {passive}, and the routes and outgoing rules of {active}.",
        ),
    ),
    (
        {"left": True, "arrived": False},
        Place(None, True, (), "the connection leaves {active} and does not reach {passive}", _WAY),
    ),
    ({"left": True}, Place("passive", False, ("network",), "the connection leaves {active}", _IN)),
    ({"arrived": False}, Place(None, False, ("active", "network"), "no connection of {active} reaches {passive}", _WAY)),
)


def sight_of(connection: t.Mapping[str, t.Any], arrivals: t.Mapping[str, t.Any], egress: t.Collection[str]) -> Sight:
    """What the module fxp_probe returned on both hosts; ``egress`` are the addresses that the active one should come from."""
    sources, answered = arrivals.get("sources"), arrivals.get("answered")
    known = None if sources is None else [address for address in sources if address in egress]
    return Sight(
        state=connection.get("state"),
        left=connection.get("left"),
        arrived=None if known is None else bool(known),
        strange=bool(sources) and not known,
        returned=bool(answered) if known else None,
        back=connection.get("answered"),
        listening=arrivals.get("listening"),
    )


def place_of(sight: Sight) -> Place | None:
    """Where the connection is lost, or none if nothing was seen that would tell."""
    if sight.state is None:
        return None
    for wanted, place in PLACES:
        if all(getattr(sight, name) == value for name, value in wanted.items()):
            return place
    return None


__all__ = ("PLACES", "UNPLACED", "Place", "Sight", "place_of", "sight_of")
