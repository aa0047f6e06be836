# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""The report for pipelines: JUnit XML as GitLab, Jenkins and others read it. Pure."""

from __future__ import annotations

import typing as t
import xml.etree.ElementTree as ET  # written only, never parsed

from ansible_collections.proftpd.fxp.plugins.module_utils._host.text import printable, printable_lines
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import Contents

# What Jenkins takes before the first dot is a package, what is between is a class.
TRANSFERS, STRANGERS = "fxp.transfers", "fxp.strangers"


def _element(parent: ET.Element, tag: str, text: str | None = None, **attributes: t.Any) -> ET.Element:
    """Add an element; the only way in which text gets into the file, so that XML takes it and every character can be seen."""
    element = ET.SubElement(parent, tag, {name: printable(value) for name, value in attributes.items()})
    element.text = None if text is None else printable_lines(text)
    return element


def _case(suite: ET.Element, classname: str, name: str, seconds: float) -> ET.Element:
    return _element(suite, "testcase", classname=classname, name=name, time=f"{seconds:.4f}")


def _transfer(suite: ET.Element, leg: _report.Leg, with_dialogue: bool) -> None:
    case = _case(suite, TRANSFERS, leg.label, leg.seconds or 0.0)
    if leg.ok:
        if leg.repeated:
            _element(case, "system-out", "Fell short at first; " + _report.proof(leg))
        return
    said = (
        [line for line, part in _report.dialogue(leg)]
        if with_dialogue
        else [f"Cure: {printable(leg.remedy)}", "The dialogue is left out: there are too many."]
    )
    _element(case, "failure", "\n".join(said), type=leg.cause or "no_cause", message=_report.verdict(leg))


def _stranger(suite: ET.Element, entry: t.Mapping[str, t.Any]) -> None:
    case = _case(suite, STRANGERS, f"strangers at {entry['server']}", 0.0)
    state, words = _report.strangers(entry)
    if state == _report.FAILED:
        _element(case, "failure", words, type="vulnerable", message=words)
    elif state == _report.UNCERTAIN:
        _element(case, "skipped", message=words)


def _suite(root: ET.Element, name: str, contents: Contents) -> ET.Element:
    # The time without its zone: readers of the usual schema want it so. It is UTC.
    suite = _element(root, "testsuite", name=name, timestamp=contents.generated.rstrip("Z"))
    facts = [("coverage", contents.coverage)] if contents.coverage else []
    facts += [("note", note) for note in contents.notes]
    if facts:
        properties = _element(suite, "properties")
        for fact, value in facts:
            _element(properties, "property", name=fact, value=value)
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
    root = ET.Element("testsuites", {"name": printable(contents.title)})
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
