# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The four files of a report: what is in them, and that no text of a server or name becomes more than text."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import re
import typing as t
import xml.etree.ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import html as _report_html
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import json as _report_json
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import junit as _report_junit
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import markdown as _report_markdown
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import matrix as _report_matrix
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import Contents, contents_of
from ansible_collections.proftpd.fxp.tests import report_samples

SIZES = [(2, "none"), (2, "some"), (2, "all"), (9, "some"), (31, "some")]
HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "\"' onmouseover=alert(1) x='",
    "<img src=http://192.0.2.1/x>",
    "]]><!--",
    "a\x00b\x1b[31m\x08\x7f\u202e\ud800\ufffe",
    "| a | b |",
    "```\n# heading\n```",
    "</details>",
    "@everyone #1 !2 &amp; `x`",
    "[x](javascript:alert(1))",
    "http://192.0.2.1/",
    "{{ 7*7 }}",
    "\\x3cscript\\x3e",
    "220-a\r\n220 b",
    "é\u2028ü",
]
VOID = {"meta", "input", "br", "path", "rect"}
FORMATS: list[t.Callable[[Contents], str]] = [
    _report_html.as_html,
    _report_json.as_json,
    _report_junit.as_junit,
    _report_markdown.as_markdown,
]


class Page(html.parser.HTMLParser):
    """What a page consists of. Fails if elements are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: dict[str, list[str]] = {"style": [], "script": []}
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.blocks:
            self.blocks[self.open[-1]].append(data)
        else:
            self.text += data

    def values(self, name: str) -> list[str]:
        return [attributes[name] or "" for tag, attributes in self.tags if name in attributes]


def hostile(text: str) -> Contents:
    """
    A report in which everything that comes from outside is ``text``.

    Where words are looked up, it has something in front, so that it is none that a report knows.
    """
    legs = report_samples.legs(2, "some")
    for leg in legs:
        leg["source"], leg["destination"] = f"a{text}", f"b{text}"
        leg.update(
            remedy=text, also_possible=[text], listing={"source": text, "destination": text}, file=text, verified_by=f"v{text}"
        )
        said = {"summary": text, "port_reply": text, f"e{text}": text, "tls": {"cipher": text}}
        leg["evidence"] = {**leg["evidence"], **said}
        leg["transcript"] = [{**entry, "line": f"220 {text}"} for entry in leg["transcript"]]
    legs[1]["cause"] = f"c{text}"
    findings = [text, {"summary": text, "remedy": text}, {"what": f"w{text}"}]
    bounce = [{"server": f"a{text}", "vulnerable": True, "tested": True, "findings": findings}]
    return contents_of(text, report_samples.GENERATED, text, _report.listed(legs), bounce)


def structure(page: Page) -> list[tuple[str, tuple[str, ...]]]:
    return [(tag, tuple(attributes)) for tag, attributes in page.tags]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markup_in_html(text: str) -> None:
    page = Page(_report_html.as_html(hostile(text)))
    assert structure(page) == structure(Page(_report_html.as_html(hostile("harmless"))))
    assert printable(text) in page.text
    assert page.blocks["script"] == [_report_html.SCRIPT]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(min_size=1))
def test_any_text_is_only_text(text: str) -> None:
    contents = hostile(text)
    assert structure(Page(_report_html.as_html(contents))) == structure(Page(_report_html.as_html(hostile("harmless"))))
    root = ET.fromstring(_report_junit.as_junit(contents))
    assert [element.tag for element in root.iter()] == [
        element.tag for element in ET.fromstring(_report_junit.as_junit(hostile("harmless"))).iter()
    ]
    assert root.get("name") == printable(text)
    assert json.loads(_report_json.as_json(contents))["title"] == text
    for render in FORMATS:
        render(contents).encode()


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markup_in_a_large_page(text: str) -> None:
    """There the legs are data for the script."""
    legs = report_samples.legs(32, "some", sample=2)
    for leg in legs[:4]:
        leg.update(source=text, verified_by=text)
    page = Page(_report_html.as_html(contents_of(text, report_samples.GENERATED, text, _report.listed(legs))))
    data, script = page.blocks["script"]
    assert script == _report_html.SCRIPT
    assert printable(text) in json.loads(data)["names"]
    assert not set("<>&") & set(data)


@pytest.mark.parametrize(("servers", "failing"), SIZES)
def test_a_page_needs_nothing_and_allows_nothing(servers: int, failing: report_samples.Failing) -> None:
    text = _report_html.as_html(report_samples.contents(servers, failing))
    page = Page(text)
    policy = next(attributes["content"] or "" for tag, attributes in page.tags if "http-equiv" in attributes)
    assert policy.startswith("default-src 'none'; ")
    for kind, block in (("style", page.blocks["style"][0]), ("script", page.blocks["script"][-1])):
        assert f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()}';" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?:|//[a-z]|@import|url\(", text.replace("http-equiv", ""))
    assert not page.values("src")
    assert not page.values("style")
    assert not [name for tag, attributes in page.tags for name in attributes if name.startswith("on")]
    # Every link leads to something on the page.
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {target[1:] for target in page.values("href")} <= set(ids)
    assert set(page.values("for")) <= set(ids)


@pytest.mark.parametrize(("servers", "failing"), SIZES)
def test_a_page_tells_every_failure_with_its_cure(servers: int, failing: report_samples.Failing) -> None:
    contents = report_samples.contents(servers, failing)
    page = Page(_report_html.as_html(contents))
    assert contents.verdict in page.text
    assert contents.coverage is not None
    assert contents.coverage in page.text
    for group in contents.groups:
        assert group.heading in page.text
        assert (group.remedy or "") in page.text
    for number in contents.with_dialogue:
        assert f"leg-{number}" in page.values("id")
    headings = ("fell short, and what cures it", "Every pair", "Whether strangers", " as a table")
    order = [page.text.find(words) for words in headings]
    assert order == sorted(order)
    assert (order[0] < 0) == (failing == "none")


def test_the_cells_of_the_matrix_tell_and_lead() -> None:
    contents = report_samples.contents(2, "some")
    page = Page(_report_html.as_html(contents))
    cells = [attributes for tag, attributes in page.tags if tag == "a" and (attributes.get("class") or "").startswith("sign ")]
    outcome = cells[:4]
    assert [cell["class"] for cell in outcome] == [f"sign {leg.state}" for leg in contents.legs]
    assert "ftp1 \u2192 ftp2, ftp2 listens: fell short" in (outcome[1]["title"] or "")
    assert "data_connection_blocked, look at ftp2 first" in (outcome[1]["title"] or "")
    assert [cell["href"] for cell in outcome] == ["#row-0", "#leg-1", "#leg-2", "#row-3"]


def test_the_drawing_has_an_area_for_every_leg() -> None:
    contents = report_samples.contents(31, "some")
    size = _report_matrix.cell_size(31)
    paths = _report_matrix.outcome_drawing(contents, _report_matrix.pairs_of(contents))["paths"]
    for state, shape in _report_matrix.STATES.items():
        found = re.findall(r"h([\d.]+)v([\d.]+)", paths.get(state, ""))
        area = sum(float(width) * float(high) for width, high in found)
        legs = sum(leg.state == state for leg in contents.legs)
        assert area == pytest.approx(legs * size / 2 * round(shape.height * size, 2))


def test_what_is_left_out_of_a_page_is_said() -> None:
    contents = report_samples.contents(31, "all")
    page = Page(_report_html.as_html(contents))
    assert "The dialogues of 1,660 transfers that fell short are left out: 200 are told, some of each cause." in page.text


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


ROOT = r":root \{([^}]*)\}"
LIGHT, DARK = (dict(re.findall(r"--([\w-]+): (#\w+);", re.findall(ROOT, _report_html.STYLE)[place])) for place in (0, 1))
TEXTS = sorted(name[: -len("-bg")] for name in LIGHT if name.endswith("-bg"))
HEAT = re.findall(r"\.h\d \{\n  color: (#\w+);\n  background: (#\w+);\n  fill: \2;", _report_html.STYLE)


def test_every_colour_has_its_like_in_the_dark() -> None:
    assert set(LIGHT) == set(DARK)
    assert {*_report_matrix.STATES, "page", "soft", "source", "destination"} == set(TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_text_has_contrast(name: str) -> None:
    for colours in (LIGHT, DARK):
        assert contrast(colours[name], colours[f"{name}-bg"]) >= 4.5


def test_links_have_contrast_both_ways() -> None:
    for colours in (LIGHT, DARK):
        assert contrast(colours["link"], colours["page-bg"]) >= 4.5


def test_text_on_rates_has_contrast_and_rates_get_lighter() -> None:
    assert len(HEAT) == _report_matrix.STEPS
    assert all(contrast(text, ground) >= 4.5 for text, ground in HEAT)
    grounds = [luminance(ground) for text, ground in HEAT]
    assert grounds == sorted(grounds)


@pytest.mark.parametrize("name", ["failed", "uncertain", "repeated", "refused"])
def test_shapes_of_the_drawing_have_contrast(name: str) -> None:
    for colours in (LIGHT, DARK):
        assert contrast(colours[f"{name}-mark"], colours["page-bg"]) >= 3


def test_no_state_is_told_by_colour_alone() -> None:
    assert len({shape.sign for shape in _report_matrix.STATES.values()}) == len(_report_matrix.STATES)


def test_the_scale_of_rates() -> None:
    heat = _report_matrix.Heat([2.0 * 2**20, 250.0 * 2**20])
    assert [heat.words(step) for step in range(7)] == [
        "< 300 KiB/s",
        *(f"\u2265 {edge}/s" for edge in ("300 KiB", "1 MiB", "3 MiB", "10 MiB", "30 MiB", "100 MiB")),
    ]
    assert [heat.step(value * 2**20) for value in (0.1, 0.5, 2, 250, 9999)] == [0, 1, 2, 6, 6]
    assert _report_matrix.Heat([]).step(1) == 0


@pytest.mark.parametrize(("servers", "failing"), SIZES)
def test_json_says_all_of_it(servers: int, failing: report_samples.Failing) -> None:
    contents = report_samples.contents(servers, failing)
    found = json.loads(_report_json.as_json(contents))
    assert list(found) == [
        "schema",
        "title",
        "generated",
        "coverage",
        "ok",
        "verdict",
        "totals",
        "servers",
        "other_plans",
        "vantage_untold",
        "files_left",
        "causes",
        "legs",
        "bounce",
    ]
    assert found["schema"] == 1
    assert found["totals"]["tried"] == len(found["legs"]) == servers * (servers - 1) * 2
    failed = [leg for leg in found["legs"] if not leg["ok"]]
    assert found["totals"]["failed"] == len(failed) == sum(entry["transfers"] for entry in found["causes"])
    told = [leg for leg in found["legs"] if "transcript" in leg]
    assert len(told) == found["totals"]["failed"] - found["totals"]["transcripts_left_out"]
    assert all(set(_report_json.LEG_KEYS) <= set(leg) for leg in found["legs"])
    assert [entry["server"] for entry in found["bounce"]] == ["ftp1", "ftp2", "ftp3"][:servers]


CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase"],
    "properties": ["property"],
    "property": [],
    "testcase": ["failure", "skipped", "system-out"],
    "failure": [],
    "skipped": [],
    "system-out": [],
}
# Per element what must be there and what may be: the common part of Jenkins' and Ant's schemas.
ATTRIBUTES: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"name", "tests", "failures", "errors", "time"}, set()),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}, set()),
    "properties": (set(), set()),
    "property": ({"name", "value"}, set()),
    "testcase": ({"classname", "name", "time"}, set()),
    "failure": ({"type", "message"}, set()),
    "skipped": ({"message"}, set()),
    "system-out": (set(), set()),
}


@pytest.mark.parametrize(("servers", "failing"), SIZES)
def test_junit_is_what_readers_expect(servers: int, failing: report_samples.Failing) -> None:
    contents = report_samples.contents(servers, failing)
    text = _report_junit.as_junit(contents)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ')
    root = ET.fromstring(text)
    for element in root.iter():
        needed, allowed = ATTRIBUTES[element.tag]
        assert needed <= set(element.attrib) <= needed | allowed
        assert {child.tag for child in element} <= set(CHILDREN[element.tag])
    for element in (root, *root.findall("testsuite")):
        cases = list(element.iter("testcase"))
        assert element.get("tests") == str(len(cases))
        assert element.get("failures") == str(len(list(element.iter("failure"))))
    suites = {suite.get("name"): suite for suite in root}
    assert suites["transfers"].get("failures") == str(contents.failed)
    assert suites["strangers"].get("failures") == str(contents.vulnerable)
    assert suites["transfers"].get("timestamp") == "2026-03-01T12:00:00"
    names = [case.get("name") for case in root.iter("testcase")]
    assert len(names) == len(set(names))


def test_junit_tells_cause_and_dialogue() -> None:
    root = ET.fromstring(_report_junit.as_junit(report_samples.contents(2, "some")))
    failure = next(root.iter("failure"))
    assert failure.get("type") == "data_connection_blocked"
    assert (failure.get("message") or "").startswith("data_connection_blocked, look at ftp2 first")
    assert "ftp2  --> PASV" in (failure.text or "")
    assert "Cure: A firewall drops it" in (failure.text or "")


def test_a_leg_that_needed_a_second_attempt_has_passed_and_says_so() -> None:
    legs = report_samples.legs(2, "none")
    legs[0]["repeated"] = True
    contents = contents_of("t", report_samples.GENERATED, None, _report.listed(legs))
    case = next(ET.fromstring(_report_junit.as_junit(contents)).iter("testcase"))
    assert [child.tag for child in case] == ["system-out"]
    assert (case[0].text or "").startswith("Fell short at first; fxp-check-0a1b.bin: 1048576 bytes sent")
    assert "at the second attempt" in _report_markdown.as_markdown(contents)
    assert "\u26a0" in _report_html.as_html(contents)
    assert json.loads(_report_json.as_json(contents))["totals"]["repeated"] == 1


def test_a_refusal_that_was_expected_is_no_failure() -> None:
    legs = report_samples.legs(2, "all")
    for leg in legs:
        leg.update(ok=True, expect="refused", remedy=None)
    contents = contents_of("t", report_samples.GENERATED, None, _report.listed(legs))
    assert contents.good
    assert {leg.state for leg in contents.legs} == {_report.REFUSED}
    assert "refused, as it must be" in _report_html.as_html(contents)
    assert "active_refuses_foreign_address, look at ftp2 first" in _report_markdown.as_markdown(contents)


@pytest.mark.parametrize(("servers", "failing"), SIZES)
def test_markdown_has_the_verdict_first_and_fits(servers: int, failing: report_samples.Failing) -> None:
    contents = report_samples.contents(servers, failing)
    text = _report_markdown.as_markdown(contents)
    assert len(text) <= _report_markdown.LIMIT
    lines = text.splitlines()
    assert lines[0] == "## Transfers between the FTP servers"
    assert lines[2].startswith("\u2705 **All" if failing == "none" else "\u274c **")
    assert text.count("<details>") == text.count("</details>")
    assert len(re.findall(r"^```+", text, re.MULTILINE)) % 2 == 0
    for row in (line for line in lines if line.startswith("|")):
        assert row.endswith("|")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markup_in_markdown(text: str) -> None:
    shown = _report_markdown.plain(text)
    assert not set("<>|`*[]#@!~$\\\n\r\x00") & set(re.sub(r"&#\d+;", "", shown))
    harmless, spoilt = (_report_markdown.as_markdown(hostile(words)) for words in ("harmless", text))
    # What stands outside of blocks of code has the same frame.
    frames = [
        [re.sub(r"[^|<>]", "", line) for line in re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", markdown).splitlines()]
        for markdown in (harmless, spoilt)
    ]
    assert frames[0] == frames[1]


def test_no_line_ends_a_block_of_code() -> None:
    block = _report_markdown.fenced(["a", "`````", "``` text"])
    assert block.splitlines()[0] == "``````text"
    assert block.splitlines()[-1] == "``````"


@pytest.mark.parametrize("render", FORMATS)
def test_the_same_results_make_the_same_text(render: t.Callable[[Contents], str]) -> None:
    assert render(report_samples.contents(9, "some")) == render(report_samples.contents(9, "some"))
