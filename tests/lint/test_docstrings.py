# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one dialect of docstrings and comments in Python, as far as ruff cannot read it, and that ruff reads the rest."""

from __future__ import annotations

import ast
import io
import pathlib
import re
import subprocess
import tokenize
import typing as t

import pytest

ROOT = pathlib.Path(__file__).parents[2]
FILES = sorted(
    path
    for top in ("molecule", "plugins", "roles", "tests")
    for path in (ROOT / top).rglob("*.py")
    if not path.is_symlink() and "__pycache__" not in path.parts
)
# Ansible's markup, a single backquote, a name between asterisks: what stands for two backquotes in other dialects.
OTHER_DIALECT = re.compile(r"(?<![\w`])[BCEILMOPUV]\(|(?<!`)`(?!`)|(?<![\w*])\*[A-Za-z_]\w*\*(?![\w*])")
LITERAL = re.compile(r"``[^`]+``")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def prose(source: str) -> t.Iterator[tuple[int, str]]:
    """Docstrings and comments of a file, each with its line; DOCUMENTATION and its like are Ansible's, and no docstrings."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            yield node.body[0].lineno, ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def strange(source: str) -> list[tuple[int, str]]:
    """Where a file speaks another dialect: line and the first such mark of the docstring or comment there."""
    return [(line, found.group()) for line, text in prose(source) if (found := OTHER_DIALECT.search(LITERAL.sub("", text)))]


def test_all_speak_one_dialect() -> None:
    assert len(FILES) > 300
    found = {str(path.relative_to(ROOT)): strange(path.read_text(encoding="utf-8")) for path in FILES}
    assert {name: places for name, places in found.items() if places} == {}


@pytest.mark.parametrize("mark", ["C(x)", "I(x)", "O(x=1)", "M(a.b.c)", "`x`", "*x*"])
def test_another_dialect_is_found(mark: str) -> None:
    assert strange(f'def f(x):\n    """Return {mark}."""\n')
    assert strange(f"a = 1  # as {mark} is\n")
    assert not strange(f"DOCUMENTATION = {mark!r}\n")


def test_literals_and_arithmetic_are_no_dialect() -> None:
    assert not strange('def f(x):\n    """Return ``C(x)`` and ``*x*`` at 2*x*y of F(x)."""\n')


def unsaid(source: str) -> list[tuple[str, str]]:
    """Public functions and the errors that they raise themselves, where neither they nor their class or file say which."""
    found = []

    def below(node: ast.AST, told: str) -> None:
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.ClassDef):
                below(inner, told + (ast.get_docstring(inner) or ""))
            elif isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
                own = told + (ast.get_docstring(inner) or "")
                found.extend((inner.name, error) for error in sorted(raised(inner)) if error not in own)

    tree = ast.parse(source)
    below(tree, ast.get_docstring(tree) or "")
    return found


def raised(node: ast.AST) -> set[str]:
    """The errors that a body raises by their names, but for what it catches itself and what it says can never be."""
    names: set[str] = set()
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.Raise) and isinstance(inner.exc, ast.Call) and isinstance(inner.exc.func, ast.Name):
            names |= {inner.exc.func.id} - {"AssertionError"}
        elif isinstance(inner, ast.Try):
            names |= raised(ast.Module([*inner.orelse, *inner.finalbody], [])).union(*map(raised, inner.handlers))
        elif not isinstance(inner, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            names |= raised(inner)
    # A function that makes the error tells by its own name which one.
    return {name for name in names if name[0].isupper()}


def test_public_functions_of_cores_name_what_they_raise() -> None:
    cores = [
        path for path in FILES if path.relative_to(ROOT).parts[:2] in (("plugins", "module_utils"), ("plugins", "plugin_utils"))
    ]
    assert len(cores) > 100
    found = {str(path.relative_to(ROOT)): unsaid(path.read_text(encoding="utf-8")) for path in cores}
    assert {name: functions for name, functions in found.items() if functions} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('def f():\n    """Do it."""\n    raise HostError("no")\n', [("f", "HostError")]),
        ('class C:\n    def f(self):\n        if self:\n            raise HostError("no")\n', [("f", "HostError")]),
        ('def f():\n    try:\n        g()\n    except OSError:\n        raise HostError("no")\n', [("f", "HostError")]),
        ('def f():\n    """Do it, or raise HostError."""\n    raise HostError("no")\n', []),
        ('"""Everything raises HostError."""\n\n\ndef f():\n    raise HostError("no")\n', []),
        ('def _f():\n    raise HostError("no")\n', []),
        ('def f():\n    try:\n        raise HostError("no")\n    except HostError:\n        return\n', []),
    ],
)
def test_an_error_that_is_not_named_is_found(source: str, found: list[tuple[str, str]]) -> None:
    assert unsaid(source) == found


@pytest.mark.parametrize(
    ("docstring", "rule"),
    [
        ('"""Return\n    a number.\n    """', "D213"),
        ('"""\n    Return\n    a number."""', "D209"),
        ('"""\n    Return a\n    number.\n    """', "D205"),
        ('"""\n    Return a number.\n    """', "D200"),
        ('"""Return a number"""', "D415"),
        ("'''Return a number.'''", "D300"),
    ],
)
def test_ruff_reads_the_form(docstring: str, rule: str) -> None:
    done = subprocess.run(
        ["ruff", "check", "--no-cache", "--output-format=concise", f"--config={ROOT / 'ruff.toml'}", "-"],
        input=f"def f():\n    {docstring}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert f" {rule} " in done.stdout


# What Ansible calls, and what the interfaces Backend and Opener document for all who carry them out.
BY_ANOTHER_NAME = {"run", "filters", "main"}
BACKENDS = {
    f"plugins/module_utils/_firewall/{name}.py"
    for name in ("firewalld/backend", "gateway/backend", "guarded", "iptables/backend", "nftables/backend", "ufw/opener")
}


def bare(source: str) -> list[str]:
    """Public functions, methods and classes at the top of a file or of a class that say nothing of themselves."""
    tree = ast.parse(source)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    places = [*tree.body, *(node for each in classes for node in each.body)]
    defined = [node for node in places if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_")]
    return [node.name for node in defined if ast.get_docstring(node) is None and node.name not in BY_ANOTHER_NAME]


def test_what_is_public_says_what_it_is() -> None:
    assert bare("def f():\n    pass\nclass C:\n    def g(self): ...\n    def _h(self): ...\n") == ["f", "C", "g"]
    files = {str(path.relative_to(ROOT)): path for path in FILES}
    found = {
        name: bare(path.read_text(encoding="utf-8"))
        for name, path in files.items()
        if name.startswith("plugins/") and name not in BACKENDS
    }
    assert {name: names for name, names in found.items() if names} == {}
