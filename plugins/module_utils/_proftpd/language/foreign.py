# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Whose addresses AllowForeignAddress lets use data connections on the release that reads it. The one place that judges that."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import classes, environment, parser, policy, releases

DIRECTIVE = "AllowForeignAddress"


@dataclasses.dataclass(frozen=True)
class Said:
    """
    What one AllowForeignAddress means.

    ``line`` is None where it is not said, ``members`` has the rules of the class that it names, None if it names none or that is
    not defined; ``made`` is what that class holds.
    """

    line: parser.Line | None
    meaning: releases.Meaning
    members: list[str] | None = None
    made: classes.Class = classes.NOTHING

    @property
    def word(self) -> str | None:
        """What is said, as it is written."""
        return None if self.line is None else self.line.arguments[0]

    @property
    def truth(self) -> bool | None:
        """The boolean that it is; None for a class, and where it is not said."""
        return None if self.word is None else policy.boolean(self.word)

    @property
    def names_class(self) -> bool:
        """Whether it names a class, that is defined or not."""
        return self.word is not None and self.truth is None and not environment.is_unknown([self.word])

    @property
    def takes_peers(self) -> bool:
        """Whether somebody else than the client may be the other end, as far as that is known."""
        return self.meaning.port != releases.REFUSED


def said(in_force: policy.Policy, line: parser.Line | None) -> Said:
    """Return what ``line`` means, or what it means that nothing is said."""
    if in_force.unread if line is None else _is_unclear(in_force, line):
        # What was not read may say it.
        return Said(line, releases.Meaning(releases.UNKNOWN, releases.UNKNOWN))
    word = None if line is None else line.arguments[0]
    truth = None if word is None else policy.boolean(word)
    members = None if word is None or truth is not None else in_force.members(word)
    means = releases.meaning(in_force.release, word if truth is None else truth, bool(members))
    made = classes.of(in_force, word) if word is not None and members else classes.NOTHING
    if made.held.is_everybody:
        everybody = {releases.CLASS: releases.ANYBODY}
        means = releases.Meaning(everybody.get(means.port, means.port), everybody.get(means.passive, means.passive))
    return Said(line, means, members, made)


def _is_unclear(in_force: policy.Policy, line: parser.Line) -> bool:
    return environment.is_unknown(line.arguments[:1]) or in_force.is_repeated(line) or in_force.is_overtaken(line)


def contexts(in_force: policy.Policy, server: policy.Scope) -> t.Iterator[tuple[str, Said]]:
    """What ``server`` itself and the sections in it that say it mean, each with what people call the section."""
    yield "", said(in_force, in_force.value(server, DIRECTIVE))
    for scope in in_force.sections(server):
        line = scope.own(DIRECTIVE)
        if line is not None:
            yield scope.heading, said(in_force, line)
