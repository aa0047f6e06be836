# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Where a data connection is lost, from what both of its ends and the way between them showed: pure functions over tables.

Both ends are looked at on the far side of their own firewalls, so what was seen does not depend on who wrote the rules.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.addresses import is_among

LARGE = 512  # bytes of data; a segment that is larger fills most of a packet, and no greeting is
End = t.Literal["active", "passive"]
# What a leg leaves open: whether its connection comes about, whether what was announced leads to the passive server where the
# active one refused to connect there or was not asked to, or what a connection carries that came about.
# Or it did not come to that: the client does not get to the control port of a server, or to a passive port with its own data.
Question = t.Literal["opens", "announced", "leads", "carries", "control", "client data"]
OF_CLIENT = ("control", "client data")


@dataclass(frozen=True)
class Sight:
    """
    What was seen of one connection from the active to the passive server; none is "could not be seen".

    ``state`` is what the active server's connection met. ``left``: its first segment left that host; ``arrived``: it reached the
    passive host; ``strange``: none of the plan's addresses arrived there, but another one did; ``returned``: the passive host
    sent something back; ``back``: that reached the active host; ``listening``: somebody listened on the port meanwhile; ``met``:
    over the connection the one probe heard the other.
    """

    state: str | None
    left: bool | None = None
    arrived: bool | None = None
    strange: bool = False
    returned: bool | None = None
    back: bool | None = None
    listening: bool | None = None
    met: bool | None = None


@dataclass(frozen=True)
class Place:
    """
    Where to look: an end, or none for what lies between; the other places if that is not certain; and what was seen.

    An empty ``cure`` leaves that of the cause. With ``told`` what the dialogue told stays, except that the places in ``without``
    are none.
    """

    end: str | None
    certain: bool
    also: tuple[str, ...]
    seen: str
    cure: str
    told: bool = False
    without: tuple[str, ...] = ()


_OUT = "Allow {active} to open connections to {port} of {passive}: look at whatever filters what it sends."
_IN = "{admit} (role proftpd.fxp.firewall), and look for other rules on {passive} that drop or reject."
_WAY = (
    "Look at what stands between {active} and {passive}: {forward}, routers, filters of the provider, and "
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
            "Say {strangers} in {egress} if that is how its connections appear. " + _IN,
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
    # Where nobody watched nobody listened, either, so this is no sign of rules.
    (
        {"state": "refused", "left": True, "arrived": None},
        Place("passive", False, ("network",), "the connection leaves {active} and is refused, by {passive} or on the way", _IN),
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


# Somebody answers, and it is not the passive server, which would have seen it.
_ELSEWHERE = Place(
    "passive",
    False,
    ("network",),
    "{active} gets through to {address}, but it is not {passive} that answers there",
    "Check fxp_masquerade_address of {passive} and {forward}: they lead to another host.",
)
# The active server refuses to connect to what is the right address.
_ANNOUNCED = Place(
    "active",
    True,
    (),
    "a connection of {active} to {address} reaches {passive}, so that is the right address, and {active} refuses it",
    "Put {address} into the class that AllowForeignAddress names on {active}: fxp_address or fxp_masquerade_address of "
    "{passive}.",
)
# The probe could listen on the control port.
_NOT_RUNNING = Place(
    "passive",
    True,
    (),
    "nobody listens on {local} of {passive}",
    "Start the FTP service of {passive}, read its log if it does not start, and check fxp_control_port.",
)
# Others listen on the control port, if not at this address.
_REFUSED_THERE = Place("passive", True, (), "the connection of {active} reaches {passive} and is refused there", "")
# The connection comes about, and the passive server itself does not take it.
_NOT_TAKEN = Place("passive", True, (), "the connection of {active} reaches {passive}", "")
_NOT_TAKEN_FROM = Place(
    "passive",
    True,
    (),
    "the connection of {active} reaches {passive} from {strangers}, which is none of its addresses",
    "Say {strangers} in {egress} if that is how its connections appear, and apply it to {passive}.",
)
_REACHES = Place(None, False, (), "the connection of {active} reaches {passive} now", "", told=True)
_CARRIES = Place(None, False, (), "the connection of {active} reaches {passive} and carries data both ways now", "", told=True)
# A handshake is a few packets; of a transfer that stood still much later less is proven.
_NOT_BETWEEN = replace(_CARRIES, without=("network",))


@dataclass(frozen=True)
class Flow:
    """
    Data that does not get from one end to the other over a connection that came about; none is "could not be seen".

    ``full`` is whether only packets that data fills are lost. ``left``: they left the sender; ``came``: they came to the
    receiver.
    """

    sender: End
    full: bool
    left: bool | None
    came: bool | None


# As above; the ends are here the sender and the receiver.
FLOWS: tuple[tuple[dict[str, t.Any], Place], ...] = (
    ({"left": False}, Place("sender", True, (), "do not leave it: its own rules drop them", "")),
    ({"came": True}, Place("receiver", True, (), "reach {receiver} and are dropped there", "")),
    ({"left": True, "came": False}, Place(None, True, (), "leave it and do not reach {receiver}", "")),
    ({"came": False}, Place(None, False, ("sender", "network"), "do not reach {receiver}", "")),
    ({"left": True}, Place("receiver", False, ("network",), "leave it and are lost", "")),
    ({}, Place(None, False, ("sender", "receiver", "network"), "are lost", "")),
)
_FULL = (
    "Let the ICMP messages pass that tell of too large packets (fragmentation needed, packet too big), set the MTU of the links "
    "to what the way carries, or let a router lower the segment size (TCPMSS); and look for rules about the length of packets."
)
_ANY = "Look for rules and devices that let a connection be opened and drop what follows."


def sight_of(connection: t.Mapping[str, t.Any], arrivals: t.Mapping[str, t.Any], egress: t.Collection[str]) -> Sight:
    """What fxp_probe returned on both hosts; ``egress`` are addresses and networks that the active one should come from."""
    sources, answered = arrivals.get("sources"), arrivals.get("answered")
    known = None if sources is None else [address for address in sources if is_among(address, egress)]
    return Sight(
        state=connection.get("state"),
        left=connection.get("left"),
        arrived=None if known is None else bool(known),
        strange=bool(sources) and not known,
        returned=any(address in (answered or ()) for address in known) if known else None,
        back=connection.get("answered"),
        listening=arrivals.get("listening"),
        met=_met(connection.get("carried"), arrivals.get("carried")),
    )


def _met(*carried: t.Mapping[str, t.Any] | None) -> bool | None:
    known = [one["greeted"] for one in carried if one]
    return any(known) if known else None


def place_of(sight: Sight) -> Place | None:
    """Where the connection is lost, or none if nothing was seen that would tell."""
    if sight.state is None:
        return None
    for wanted, place in PLACES:
        if all(getattr(sight, name) == value for name, value in wanted.items()):
            return place
    return None


def lost_flow(connection: t.Mapping[str, t.Any], arrivals: t.Mapping[str, t.Any], sight: Sight) -> Flow | None:
    """The data that did not get through, that of the active server first; none if all did, or if it is not known."""
    active, passive = connection.get("carried"), arrivals.get("carried")
    # Where the two did not meet, somebody else may have answered.
    if not (active and passive and (sight.met or sight.arrived)):
        return None
    ends: tuple[tuple[End, t.Mapping[str, t.Any], t.Mapping[str, t.Any]], ...] = (
        ("active", active, passive),
        ("passive", passive, active),
    )
    for sender, sent, got in ends:
        # The passive one greets first, and whoever was not greeted sends nothing further; and slow is not lost.
        if got["received"] or (not sent["greeted"] and (sender == "active" or got["greeted"])):
            continue
        least = LARGE if got["greeted"] else 1
        left, came = sent["largest_left"], got["largest_came"]
        return Flow(sender, got["greeted"], None if left is None else left >= least, None if came is None else came >= least)
    return None


def place_of_flow(flow: Flow) -> Place:
    """Where data gets lost over a connection that came about."""
    place = next(place for wanted, place in FLOWS if all(getattr(flow, name) == value for name, value in wanted.items()))
    receiver: End = "passive" if flow.sender == "active" else "active"
    ends: dict[str, End] = {"sender": flow.sender, "receiver": receiver}
    packets = "packets that are full" if flow.full else "packets with data"
    end = ends.get(place.end or "")
    cure = _FULL if flow.full else _ANY
    if end and place.certain and flow.full:
        cure = f"Look for rules of {{{end}}} itself about the length of packets."
    return Place(
        end,
        place.certain,
        tuple(ends.get(where, where) for where in place.also),
        f"the connection of {{active}} to {{passive}} comes about, and {packets} from {{{flow.sender}}} "
        + place.seen.replace("{receiver}", f"{{{receiver}}}"),
        cure,
    )


def answer_of(
    question: Question, cause: str, connection: t.Mapping[str, t.Any], arrivals: t.Mapping[str, t.Any], sight: Sight
) -> Place | None:
    """Where to look, by what was left open and what both ends showed; none if that tells nothing."""
    if question == "control":
        if sight.listening:
            return _NOT_RUNNING
        if sight.state == "refused" and sight.arrived:
            return _REFUSED_THERE
        if sight.strange:
            # Of all clients that come there, none may be this one.
            sight = replace(sight, strange=False, arrived=None)
    flow = lost_flow(connection, arrivals, sight)
    reached = sight.arrived or sight.met
    if flow is not None:
        return place_of_flow(flow)
    if sight.state == "connected" and sight.arrived is False and sight.met is False and not sight.strange:
        return _ELSEWHERE
    if not reached or question == "opens" or question in OF_CLIENT:
        place = place_of(sight)
        # The dialogue knows that this connection came about, or was never tried; what is met now is no place of what it tells.
        further = question in ("announced", "leads", "carries") and not sight.strange
        return replace(place, told=True) if place and further else place
    if question == "leads":
        return _REACHES
    if question == "announced":
        # Of who refuses PORT for another reason, or in the place of that server, a connection shows nothing.
        return _ANNOUNCED if cause == "unexpected_address_advertised" else _REACHES
    if cause == "passive_refuses_foreign_address":
        return _NOT_TAKEN if sight.arrived else _NOT_TAKEN_FROM
    whole = all(one and one["received"] >= one["size"] for one in (connection.get("carried"), arrivals.get("carried")))
    return (_NOT_BETWEEN if cause.startswith("tls_") else _CARRIES) if whole else _REACHES


__all__ = (
    "FLOWS",
    "OF_CLIENT",
    "PLACES",
    "Flow",
    "Place",
    "Question",
    "Sight",
    "answer_of",
    "lost_flow",
    "place_of",
    "place_of_flow",
    "sight_of",
)
