# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What is said of one host, read value by value, and what is wrong with an inventory."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable

Options = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the inventory. ``value`` is None where there is none to show."""

    host: str
    variable: str
    value: object
    cure: str
    secret: bool = False

    @property
    def told(self) -> str:
        """The problem as a sentence, without its host."""
        value = "" if self.value is None else "the value, not shown, " if self.secret else f"{self.value!r} "
        text = f"{self.variable}: {value}{self.cure}" + ("" if self.cure.endswith((".", "?")) else ".")
        return printable(text)


class PlanError(Exception):
    """
    The inventory cannot be planned. ``problems`` has every reason that was found.

    As text it is one sentence for each problem; hosts that share one, as with a variable of their group, share the line.
    """

    def __init__(self, problems: t.Sequence[Problem]) -> None:
        hosts: dict[str, list[str]] = {}
        for problem in problems:
            hosts.setdefault(problem.told, []).append(problem.host)
        super().__init__("\n".join(f"{some(list(dict.fromkeys(names)))}: {told}" for told, names in hosts.items()))
        self.problems = tuple(problems)


def some(names: t.Sequence[str], most: int = 5) -> str:
    """The first ``most`` of ``names`` and how many more there are, as people are told them."""
    shown = ", ".join(name if name.strip() and name == printable(name) else repr(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


class Reader:
    """Reads the values of one host and collects what is wrong with them."""

    def __init__(self, host: str, options: Options, problems: list[Problem]) -> None:
        self.host = host
        self.options = options
        self.problems = problems

    def complain(self, option: str, value: object, cure: str, *, secret: bool = False) -> None:
        """Note that ``value`` of an option (without ``fxp_``) is wrong, with a cure; a ``secret`` one is never shown."""
        self.problems.append(Problem(self.host, f"fxp_{option}", value, cure, secret))

    def parse(self, option: str, parser: t.Callable[[t.Any], t.Any], value: t.Any, *, secret: bool = False) -> t.Any:
        """Return ``parser(value)``, or None after noting why not. None stays None."""
        if value is None:
            return None
        try:
            return parser(value)
        except ValueError as exc:
            self.complain(option, value, str(exc), secret=secret)
            return None

    def get(self, option: str, parser: t.Callable[[t.Any], t.Any]) -> t.Any:
        """Return the value of an option as ``parser`` has it, or None after noting why not."""
        return self.parse(option, parser, self.options[option])
