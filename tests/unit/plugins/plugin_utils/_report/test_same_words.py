# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same evidence has the same words everywhere: what the diagnosis ended with is what every form of the report says."""

from __future__ import annotations

import html
import json
import re
import typing as t
import xml.etree.ElementTree as ET

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.filter.placed_legs import placed_legs
from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.placing import connections_of
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import html as _report_html
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import json as _report_json
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import junit as _report_junit
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import markdown as _report_markdown
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import contents_of
from ansible_collections.proftpd.fxp.tests import report_samples

EGRESS, STRANGER = "198.51.100.12", "203.0.113.7"
# What the diagnosis says, and what a report therefore has to say.
DIAGNOSIS = ("ok", "expect", "cause", "server", "certain", "also_possible", "remedy", "seen")
KNOWN_OR_NOT = st.sampled_from([True, False, None])
CONNECT = st.one_of(
    st.fixed_dictionaries(
        {
            "connection": st.fixed_dictionaries(
                {
                    "state": st.sampled_from(["no answer", "refused", "unreachable", "connected", None]),
                    "left": KNOWN_OR_NOT,
                    "answered": KNOWN_OR_NOT,
                }
            )
        }
    ),
    st.just({"unreachable": True, "msg": "Failed to connect: \x1b[31mno route"}),
)
ADDRESSES = st.lists(st.sampled_from([EGRESS, STRANGER]), unique=True)
WATCH = st.one_of(
    st.just({"ansible_job_id": "j", "started": 1, "finished": 0}),
    st.just({"failed": True, "msg": "Missing sudo password.\n"}),
    st.fixed_dictionaries(
        {
            "finished": st.just(1),
            "arrivals": st.fixed_dictionaries({"sources": ADDRESSES, "answered": ADDRESSES, "listening": KNOWN_OR_NOT}),
        }
    ),
)


@st.composite
def diagnosed(draw: st.DrawFn) -> list[t.Mapping[str, t.Any]]:
    """Legs of a small mesh, some of which fell short, with the places that random probes showed."""
    failing = draw(st.sampled_from(t.get_args(report_samples.Failing)))
    # So few that no form leaves any out.
    legs = report_samples.legs(draw(st.integers(2, 3)), failing, seed=draw(st.integers(0, 9999)))[: _report.MAX_DIALOGUES]
    for leg in legs:
        if not leg["ok"] and draw(st.booleans()):
            # Which fault of the samples it is tells their numbers; here every server may be behind a firewall.
            leg.update(cause="data_connection_blocked", certain=False, server=leg["passive"], also_possible=["network"])
    probes = [
        {**connection, "egress": [EGRESS], "connect": draw(CONNECT), "watch": draw(WATCH)} for connection in connections_of(legs)
    ]
    return placed_legs(legs, probes)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(diagnosed())
def test_every_form_says_the_same(found: list[t.Mapping[str, t.Any]]) -> None:
    legs = _report.listed(found)
    contents = contents_of("t", report_samples.GENERATED, None, legs)
    written = json.loads(_report_json.as_json(contents))
    cases = {case.get("name"): case for case in ET.fromstring(_report_junit.as_junit(contents)).iter("testcase")}
    page = _report_html.as_html(contents)
    markdown = _report_markdown.as_markdown(contents)
    console = [line for line, part in (*_report.dialogues(legs, failed_only=True), *_report.table(legs))]
    sentences = "\n".join(line for line, part in _report.sentences(legs))

    by_name = {(entry["source"], entry["destination"], entry["passive"]): entry for entry in written["legs"]}
    assert len(by_name) == len(found) == len(cases)
    for said, leg in zip(found, legs):
        entry = by_name[leg.source, leg.destination, leg.passive]
        # The file for programs has what the diagnosis said, word for word, and reads back as the same.
        assert {key: entry[key] for key in DIAGNOSIS} == {key: said.get(key) for key in DIAGNOSIS}
        assert entry["look_first"] == (said[said["server"]] if said["server"] else None)
        (again,) = _report.listed([entry])
        words = _report.verdict(leg)
        assert _report.verdict(again) == words
        assert _report.sentence(again) == _report.sentence(leg)
        failure = cases[leg.label].find("failure")
        assert (failure is None) == leg.ok
        if failure is None:
            continue
        # What people and pipelines read has the verdict in one wording, and the cure with it.
        cure = f"Cure: {leg.remedy}"
        assert (failure.get("type"), failure.get("message")) == (leg.cause or "no_cause", words)
        assert f"  FAILED: {words}\n  {cure}" in (failure.text or "")
        assert f"  FAILED: {words}" in console
        assert f"  {cure}" in console
        assert any(line.endswith(f"  {words}") for line in console)
        told = page[page.index(f'id="leg-{contents.legs.index(leg)}"') :]
        shown = re.search(r"<p><strong>(.*)</strong></p>\s*<p class=\"cure\"><strong>Cure:</strong> (.*)</p>", told)
        assert shown is not None
        assert list(map(html.unescape, shown.groups())) == [words, leg.remedy]
        assert _report_markdown.plain(words) in markdown
        assert _report.sentence(leg) in sentences


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(diagnosed())
def test_the_groups_of_all_forms_are_those_of_the_legs(found: list[t.Mapping[str, t.Any]]) -> None:
    contents = contents_of("t", report_samples.GENERATED, None, _report.listed(found))
    written = json.loads(_report_json.as_json(contents))
    short = [(leg["cause"], leg["look_first"]) for leg in written["legs"] if not leg["ok"]]
    assert {(row["cause"], row["look_first"]): row["transfers"] for row in written["causes"]} == {
        pair: short.count(pair) for pair in short
    }
    page = html.unescape(re.sub("<[^>]*>", "", _report_html.as_html(contents)))
    markdown = _report_markdown.as_markdown(contents)
    for row in written["causes"]:
        assert row["cause"] + (f", look at {row['look_first']} first" if row["look_first"] else "") in page
        assert row["remedy"] in page
        assert _report_markdown.plain(row["remedy"]) in markdown
