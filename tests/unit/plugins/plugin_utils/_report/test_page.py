# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of the page against one another: what one of them names, another one has, and nothing is left that nobody uses."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

import jinja2
import jinja2.meta
import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import html as _report_html
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import Contents, contents_of
from ansible_collections.proftpd.fxp.tests import report_samples


class Names(t.NamedTuple):
    """Classes and ids."""

    classes: set[str]
    ids: set[str]


def selected(css: str) -> Names:
    """What the selectors of a style name."""
    css = re.sub(r"(?s)/\*.*?\*/", "", css)
    selectors = " ".join(re.findall(r"([^{};]+)\{", css))
    return Names(set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors)), set(re.findall(r"#([a-zA-Z][\w-]*)", selectors)))


def written(page: str) -> Names:
    """What the elements of a page have."""
    # A block of data has the names of states; the style and the script are not markup.
    page = re.sub(r"(?s)<(style|script)\b.*?</\1>", lambda block: block.group(0).partition(">")[0] + ">", page)
    classes = {name for value in re.findall(r'class="([^"]*)"', page) for name in value.split()}
    return Names(classes, set(re.findall(r'\bid="([^"]*)"', page)))


def literals(script: str) -> set[str]:
    """The words in a script's strings and selectors."""
    script = re.sub(r"(?m)^\s*//.*$|\$\{[^{}]*\}", "", script)
    strings = re.findall(r'"([^"\n]*)"|\'([^\'\n]*)\'|`([^`\n]*)`', script)
    return {word for parts in strings for text in parts for word in re.findall(r"[a-zA-Z][\w-]*", text)}


def every_kind() -> t.Iterator[Contents]:
    """Reports that have among them everything that a page can show."""
    yield report_samples.contents(20, "some")
    yield report_samples.contents(20, "all")
    yield report_samples.contents(31, "some")
    small = report_samples.contents(2, "some")
    refused = [dataclasses.replace(leg, ok=True, expect="refused") for leg in small.legs]
    yield contents_of("t", small.generated, None, refused, vantage_untold=["ftp1"])


@functools.lru_cache(maxsize=1)
def pages() -> Names:
    found = [written(_report_html.as_html(contents)) for contents in every_kind()]
    return Names({name for page in found for name in page.classes}, {name for page in found for name in page.ids})


def unused(css: str, script: str) -> set[str]:
    """Selectors of the style that select nothing on any page, nor anything that the script makes."""
    wanted, made = selected(css), literals(script)
    return {f".{name}" for name in wanted.classes - pages().classes - made} | {f"#{name}" for name in wanted.ids - pages().ids}


def test_every_selector_selects_something() -> None:
    assert unused(_report_html.STYLE, _report_html.SCRIPT) == set()


def test_a_selector_that_selects_nothing_is_found() -> None:
    planted = "\n.nobody > p,\n#nowhere:target {\n  margin: 0;\n}\n"
    assert unused(_report_html.STYLE + planted, _report_html.SCRIPT) == {".nobody", "#nowhere"}
    assert ".tip" in unused(_report_html.STYLE, _report_html.SCRIPT.replace('"tip"', '"hint"'))


def test_every_class_on_a_page_is_styled_or_known_to_the_script() -> None:
    assert pages().classes - selected(_report_html.STYLE).classes - literals(_report_html.SCRIPT) == set()


def test_every_colour_that_is_named_is_used_and_the_other_way_round() -> None:
    assert set(re.findall(r"(--[\w-]+):", _report_html.STYLE)) == set(re.findall(r"var\((--[\w-]+)\)", _report_html.STYLE))


def test_the_script_finds_what_it_looks_for() -> None:
    wanted = set(re.findall(r'byId\("([^"]*)"\)', _report_html.SCRIPT))
    assert {"data", "panel", "rows"} <= wanted <= written(_report_html.as_html(report_samples.contents(31, "some"))).ids
    queried = {
        name for text in re.findall(r'querySelector(?:All)?\("([^"]*)"\)', _report_html.SCRIPT) for name in text.split(", ")
    }
    assert selected(f"{' '.join(queried)} {{").classes <= pages().classes | literals(_report_html.SCRIPT)


def test_the_template_is_given_exactly_what_it_prints() -> None:
    environment = _report_html.page().environment
    source, _path, _uptodate = t.cast("jinja2.BaseLoader", environment.loader).get_source(environment, "page.html.j2")
    printed = jinja2.meta.find_undeclared_variables(environment.parse(source))
    given = _report_html.values_of(report_samples.contents(2, "some"))
    assert printed == set(given)
    assert set(_report_html.values_of(contents_of("t", "", None, []))) == set(given)


def test_all_that_is_trusted_is_our_own() -> None:
    """Text that is not escaped would be markup; besides style and script there is none."""
    environment = _report_html.page().environment
    source, _path, _uptodate = t.cast("jinja2.BaseLoader", environment.loader).get_source(environment, "page.html.j2")
    assert re.findall(r"(\w+) *\| *safe", source) == ["style", "script"]
    assert "autoescape" not in source
    assert "</" not in _report_html.STYLE + _report_html.SCRIPT


def test_what_the_template_misses_is_no_silent_gap() -> None:
    values = _report_html.values_of(report_samples.contents(2, "some"))
    del values["verdict"]
    with pytest.raises(jinja2.UndefinedError, match="verdict"):
        _report_html.page().render(values)


def test_control_characters_are_made_visible_by_the_template_itself() -> None:
    """Whoever adds a value to the page need not think of it."""
    environment = _report_html.page().environment
    assert environment.from_string("{{ text }}").render(text="a\x1b[31m\n<b>") == "a\\x1b[31m\\n&lt;b&gt;"
