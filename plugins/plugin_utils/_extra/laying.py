# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Directives of the site's own put into the configuration that the role renders. Pure: texts in, a text out."""

from __future__ import annotations

import hashlib
import re
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language.hidden import SECRET
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language.own import HEADING
from ansible_collections.proftpd.fxp.plugins.plugin_utils._extra.tables import ONCE

# It must be the last module (mod_ifsession.html).
_LAST_MODULE = "mod_ifsession.c"
_SERVERWIDE = frozenset({"global"})


class Laid(t.NamedTuple):
    """
    The whole configuration, with placeholders ``@secret_N@`` for the words in ``secrets``, from 1 on in their order.

    What stands for a secret is all that stands behind its directive.
    """

    text: str
    secrets: tuple[str, ...]


def lay(rendered: str, extra: str, modules: t.Sequence[str] = ()) -> Laid:
    """
    Return the configuration ``rendered`` by the role with ``extra`` directives and ``modules`` that are to be loaded.

    Raises ParseError where sections do not nest.
    """
    nodes = parser.parse(rendered) if modules or extra.strip() else []
    if modules:
        nodes = _loaded(nodes, modules)
    if not extra.strip():
        return Laid(parser.render(nodes) if modules else rendered, ())
    added = parser.parse(extra if extra.endswith("\n") else extra + "\n")
    replaced = ONCE & {line.key for line in _serverwide(added)}
    kept = [node for node in nodes if isinstance(node, parser.Section) or node.key not in replaced]
    secrets: list[str] = []
    return Laid(f"{parser.render(kept)}\n{HEADING}\n" + parser.render(_hidden(added, secrets)), tuple(secrets))


def digest(extra: str, modules: t.Sequence[str]) -> str | None:
    """Return what tells one site's own from another's without their secrets: SHA-256, None where there is nothing of it."""
    if not extra.strip() and not modules:
        return None
    shown = parser.render(_hidden(parser.parse(extra), []))
    return hashlib.sha256("\0".join([shown, *modules]).encode()).hexdigest()


def _serverwide(nodes: t.Iterable[parser.Node]) -> t.Iterator[parser.Line]:
    """The directives that are about the main server: its own, and those of <Global>."""
    for node in nodes:
        if isinstance(node, parser.Line):
            yield node
        elif node.key in _SERVERWIDE:
            yield from _serverwide(node.children)


def _loaded(nodes: t.Sequence[parser.Node], modules: t.Sequence[str]) -> list[parser.Node]:
    """The tree with modules in front of the last one; what is compiled in cannot be loaded."""
    lines = "".join(f"<IfModule !{module}>\n  LoadModule {module}\n</IfModule>\n" for module in modules)
    found: list[parser.Node] = []
    for node in nodes:
        if isinstance(node, parser.Line) and node.key == "loadmodule" and node.arguments == (_LAST_MODULE,):
            # In front of what is said of that one.
            at = len(found)
            while at and _is_remark(found[at - 1]):
                at -= 1
            found[at:at] = parser.parse(lines)
        found.append(node)
    return found


def _is_remark(node: parser.Node) -> bool:
    return isinstance(node, parser.Line) and node.raw.startswith("#")


def _hidden(nodes: t.Iterable[parser.Node], secrets: list[str]) -> list[parser.Node]:
    """The tree with placeholders for secrets, which are added to ``secrets``."""
    found: list[parser.Node] = []
    for node in nodes:
        if isinstance(node, parser.Section):
            found.append(parser.Section(node.opening, _hidden(node.children, secrets), node.closing))
        elif node.key in SECRET and node.arguments:
            start = node.raw.lower().index(node.key) + len(node.key)
            # On one line, so that what tells of a line tells of all of it.
            secrets.append(re.sub(r"\\\n[ \t]*", " ", node.raw[start:]).strip())
            found.append(parser.Line(node.number, f"{node.raw[:start]} @secret_{len(secrets)}@\n", node.words))
        else:
            found.append(node)
    return found


__all__ = ("Laid", "digest", "lay")
