# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""What is wrong with directives of the site's own, before they come to a host. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import parser
from ansible_collections.proftpd.fxp.plugins.plugin_utils._extra.tables import ACCOUNT, ONCE, OWNED

CLASSES = ("fxp_peers", "fxp_inner")
# Another server on a port of its own, where everything is the site's.
SERVER = "virtualhost"
# What applies or not by what ProFTPD is, or was started with.
_CONDITIONS = frozenset({"ifdefine", "ifmodule", "ifversion"})


def problems(text: str, control_port: int | None, passive: tuple[int, int] | None) -> t.Iterator[str]:
    """
    Yield what is wrong, each as the end of a sentence that begins with the variable.

    The ports are those of the plan, None where they are not known.
    """
    try:
        tree = parser.parse(text)
    except parser.ParseError as exc:
        # Without the words of the line, which may be anything.
        yield f"line {exc.line}: a section is not closed, or not the innermost one; close every section where it ends"
        return
    if "\x00" in text:
        yield "has a NUL character; take it out"
    for node, within in _walk(tree):
        if isinstance(node, parser.Section):
            yield from _section(node, within, control_port, passive)
        elif SERVER not in within:
            yield from _directive(node, within)


def ports(text: str) -> list[int]:
    """Return the ports of the servers that ``text`` adds, in their order."""
    return [port for node, _within in _walk(parser.parse(text)) if (port := _port(node)) is not None]


def _walk(nodes: t.Sequence[parser.Node], within: tuple[str, ...] = ()) -> t.Iterator[tuple[parser.Node, tuple[str, ...]]]:
    """Every directive and section, with the names of those that it stands in."""
    for node in nodes:
        if isinstance(node, parser.Section):
            yield node, within
            yield from _walk(node.children, (*within, node.key))
        elif node.name:
            yield node, within


def _directive(line: parser.Line, within: tuple[str, ...]) -> t.Iterator[str]:
    instead = OWNED.get(line.key)
    if line.key in ACCOUNT and "anonymous" in within:
        return
    if instead is not None:
        yield f"line {line.number}: {line.name} is the plan's own; {instead}"
    elif line.key in ONCE and _CONDITIONS.issuperset({*within} - {"global"}) and _CONDITIONS & {*within}:
        yield (
            f"line {line.number}: {line.name} replaces that of the plan, which cannot depend on <{_named(within)}>; say it "
            "without the condition, for the hosts that it is for"
        )


def _named(within: tuple[str, ...]) -> str:
    names = {"ifdefine": "IfDefine", "ifmodule": "IfModule", "ifversion": "IfVersion"}
    return next(names[each] for each in within if each in names)


def _section(
    section: parser.Section, within: tuple[str, ...], control_port: int | None, passive: tuple[int, int] | None
) -> t.Iterator[str]:
    first = section.arguments[0] if section.arguments else ""
    where = f"line {section.number}: "
    if section.key == "class" and first in CLASSES:
        yield f"{where}the class {first} is the plan's own; choose another name"
    if section.key != SERVER:
        return
    if within:
        yield f"{where}a <VirtualHost> in another section is none; write it outside of all others"
    port = _port(section)
    if port is None:
        yield f"{where}the <VirtualHost> has no Port, and so takes that of the server; say another one than fxp_control_port"
    elif port == control_port:
        yield f"{where}the <VirtualHost> has the port {port}, which is fxp_control_port; choose another one"
    elif passive and passive[0] <= port <= passive[1]:
        yield f"{where}the <VirtualHost> has the port {port} of fxp_passive_ports; choose one outside of them"


def _port(node: parser.Node) -> int | None:
    """The port of a section that adds a server, if it says one. The first occurrence counts."""
    if not isinstance(node, parser.Section) or node.key != SERVER:
        return None
    said = next((child for child in node.children if isinstance(child, parser.Line) and child.key == "port"), None)
    return int(said.arguments[0]) if said and said.arguments and said.arguments[0].isdigit() else None


__all__ = ("ports", "problems")
