# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The report for pipelines: JUnit XML as GitLab, Jenkins and others read it. Pure."""

from __future__ import annotations

import typing as t
import xml.etree.ElementTree as ET  # written only, never parsed

from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import Contents
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.text import visible

# What Jenkins takes before the first dot is a package, what is between is a class.
TRANSFERS, STRANGERS = "fxp.transfers", "fxp.strangers"


def _case(suite: ET.Element, classname: str, name: str, seconds: float) -> ET.Element:
    return ET.SubElement(suite, "testcase", {"classname": classname, "name": visible(name), "time": f"{seconds:.4f}"})


def _transfer(suite: ET.Element, leg: _report.Leg, with_dialogue: bool) -> None:
    case = _case(suite, TRANSFERS, leg.label, leg.seconds or 0.0)
    if leg.ok:
        if leg.repeated:
            ET.SubElement(case, "system-out").text = "Fell short at first; " + _report.proof(leg)
        return
    failure = ET.SubElement(case, "failure", {"type": visible(leg.cause or "no_cause"), "message": _report.verdict(leg)})
    said = (
        [line for line, part in _report.dialogue(leg)]
        if with_dialogue
        else [f"Cure: {leg.remedy}", "The dialogue is left out: there are too many."]
    )
    failure.text = "\n".join(visible(line) for line in said)


def _stranger(suite: ET.Element, entry: t.Mapping[str, t.Any]) -> None:
    case = _case(suite, STRANGERS, f"strangers at {entry['server']}", 0.0)
    state, words = _report.strangers(entry)
    if state == _report.FAILED:
        ET.SubElement(case, "failure", {"type": "vulnerable", "message": words}).text = words
    elif state == _report.UNCERTAIN:
        ET.SubElement(case, "skipped", {"message": words})


def _suite(root: ET.Element, name: str, contents: Contents) -> ET.Element:
    # The time without its zone: readers of the usual schema want it so. It is UTC.
    suite = ET.SubElement(root, "testsuite", {"name": name, "timestamp": contents.generated.rstrip("Z")})
    facts = [("coverage", contents.coverage)] if contents.coverage else []
    facts += [("note", note) for note in contents.notes]
    if facts:
        properties = ET.SubElement(suite, "properties")
        for name, value in facts:
            ET.SubElement(properties, "property", {"name": name, "value": visible(value)})
    return suite


def _count(element: ET.Element) -> None:
    """Say in the attributes of ``element`` what is in it."""
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    element.set("errors", "0")
    element.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', 0)) for case in cases):.4f}")


def as_junit(contents: Contents) -> str:
    """Return the report as JUnit XML: a test case for each leg, and for each server that strangers were played for."""
    root = ET.Element("testsuites", {"name": visible(contents.title)})
    suite = _suite(root, "transfers", contents)
    for number, leg in enumerate(contents.legs):
        _transfer(suite, leg, number in contents.with_dialogue)
    if contents.bounce:
        suite = _suite(root, "strangers", contents)
        for entry in contents.bounce:
            _stranger(suite, entry)
    for element in (*root, root):
        _count(element)
        # "skipped" of the whole is not in every schema.
    root.attrib.pop("skipped")
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
