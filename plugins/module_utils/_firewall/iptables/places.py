# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What rules of iptables mean for connections of the plan: where lines of ours belong, what stays shut, what may. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.lines import Place
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.saved import Saved
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.translate import FAMILIES, ruleset
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import Defines
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.judgement import judge
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.ruleset import IPTABLES, ChainKey

# Commands that a file may give beside rules without moving any.
_EMPTYING = ("-F", "--flush", "-X", "--delete-chain", "-Z", "--zero")


class Text(t.NamedTuple):
    """Rules of one family, and where they are, for people: ``legacy``, or the path of a file; empty for the usual variant."""

    family: int
    where: str
    saved: Saved

    @property
    def key(self) -> tuple[int, str]:
        """What tells it from the others."""
        return self.family, self.where

    @property
    def suffix(self) -> str:
        """What tells its tables from those of the same names elsewhere."""
        return f" ({self.where})" if self.where else ""


class Found(t.NamedTuple):
    """What some texts, which are in force together, mean."""

    places: t.Mapping[tuple[int, str], t.Sequence[Place]]  # by the key of each text
    shut: tuple[str, ...]  # sentences: why something stays shut whatever ours opens
    warnings: tuple[str, ...]


class _Lister:
    """What tells a rule as it stands in one of the texts."""

    def __init__(self, texts: t.Iterable[Text]) -> None:
        self.texts = {(FAMILIES[text.family], text.suffix): text for text in texts}

    def text(self, chain: ChainKey) -> Text:
        table = next(name for name in IPTABLES if chain[1] == name or chain[1].startswith(f"{name} ("))
        return self.texts[chain[0], chain[1][len(table) :]]

    def text_of(self, chain: ChainKey, handle: int | None) -> str:
        return "policy drop" if handle is None else self.text(chain).saved.shown(handle)


def find(texts: t.Sequence[Text], defines: Defines) -> Found:
    """Where lines of ours belong in the texts, for what ``defines`` says of the plan."""
    lister = _Lister(texts)
    judgement = judge(ruleset((text.family, text.suffix, text.saved) for text in texts), defines)
    places: dict[tuple[int, str], list[Place]] = {text.key: [] for text in texts}
    for place in judgement.places:
        text, chain = lister.text(place.chain), ("filter", place.chain[2])
        interfaces = defines.interfaces if place.scoped else ()
        # A chain of both directions accepts what is marked in either.
        incoming = any("$outgoing" not in rule for rule in place.rules)
        places[text.key].append(Place(chain, place.before, incoming, tuple(interfaces)))
    shut = [*_strange(texts), *(stop.sentence(lister) for stop in judgement.shut)]
    return Found(places, tuple(shut), tuple(judgement.warnings(lister)))


def _strange(texts: t.Sequence[Text]) -> t.Iterator[str]:
    """What a file does to its rules otherwise than by adding one after the other."""
    for text in texts:
        for line in text.saved.strange:
            said = text.saved.shown(line)
            if not said.startswith(_EMPTYING):
                where = text.where or "iptables"
                yield (
                    f'{where} has the line "{said}", so it is not known here where its rules stand; write it '
                    "as iptables-save does, with one -A for each rule in their order."
                )


__all__ = ("Found", "Text", "find")
