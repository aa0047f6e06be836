# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The page of the variables says what the vocabulary and the role smoke_test say, in the same words.

Run as a program, this writes the tables anew: ``python tests/unit/docs/test_variables_page.py``.
"""

from __future__ import annotations

import pathlib
import re
import typing as t

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.proftpd.fxp.plugins.modules.fxp_plan import DOCUMENTATION
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import vocabulary as _vocabulary

ROOT = pathlib.Path(__file__).parents[3]
PAGE = ROOT / "docs/variables.md"
EXAMPLES = pathlib.Path(__file__).parent / "examples.yml"
SMOKE_TEST = ROOT / "roles/smoke_test/meta/argument_specs.yml"
MARK = "<!-- {} -->\n"


TYPES = {"str": "text", "int": "number", "bool": "`true`, `false`", "path": "path", "bytes": "size", "dict": "mappings"}


def plain(text: str) -> str:
    """Return ``text`` of a documentation as Markdown for a cell of a table."""
    text = re.sub(r"O\(([\w.]+)#\w+:([^)]+)\)", r"`\2` of `\1`", text)
    text = re.sub(r"O\(users\[\]\.", "O(", re.sub(r"O\((?!users\[\])", "O(fxp_", text))
    text = re.sub(r"O\(([^)=]+)=?([^)]*)\)", lambda match: f"`{match[1]}{': ' + match[2] if match[2] else ''}`", text)
    text = re.sub(r"(?:[CVPM]|RV)\(([^)]*)\)", r"`\1`", text)
    return " ".join(re.sub(r"B\(([^)]*)\)", r"**\1**", text).split()).replace("|", "\\|")


def default(option: t.Mapping[str, t.Any]) -> str:
    if option.get("required"):
        return "must be said"
    if option.get("default") is None:
        return ""
    return f"`{yaml.safe_dump(option['default'], default_flow_style=True).splitlines()[0]}`"


def kind(option: t.Mapping[str, t.Any]) -> str:
    if "choices" in option and option["type"] != "list":
        return ", ".join(f"`{choice}`" for choice in option["choices"])
    return f"list of {TYPES[option['elements']]}" if option["type"] == "list" else TYPES[option["type"]]


def flow(value: t.Any) -> str:
    """Return ``value`` as YAML on one line."""
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=1000, allow_unicode=True).splitlines()[0]


def examples() -> dict[str, t.Any]:
    """One value of every variable, by table: those of servers and gateways without their prefix."""
    told = yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))
    servers: dict[str, t.Any] = {}
    for said in [*told["servers"].values(), *told["gateways"].values()]:
        servers = {**{name.replace("fxp_", "", 1): value for name, value in said.items()}, **servers}
    entries = {
        name: {key: value for entry in servers[name] for key, value in entry.items()} for name in ("users", "acknowledged")
    }
    return {"servers": {**servers, "users": servers["users"][:1]}, **entries, "smoke_test": told["smoke_test"]}


def table(options: t.Mapping[str, t.Any], prefix: str, shown: t.Mapping[str, t.Any]) -> str:
    rows = ["| variable | values | default | example | meaning |", "|---|---|---|---|---|"]
    for name, option in options.items():
        lines = option["description"]
        meaning = " ".join(plain(line) for line in ([lines] if isinstance(lines, str) else lines))
        rows.append(f"| `{prefix}{name}` | {kind(option)} | {default(option)} | `{flow(shown[name])}` | {meaning} |")
    return "\n".join(rows) + "\n"


def tables() -> dict[str, str]:
    """The tables of the page by name."""
    options = yaml.safe_load(DOCUMENTATION)["options"]
    own = yaml.safe_load(SMOKE_TEST.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    shown = examples()
    entries = {name: table(options[name]["suboptions"], "", shown[name]) for name in ("users", "acknowledged")}
    return {"servers": table(options, "fxp_", shown["servers"]), **entries, "smoke_test": table(own, "", shown["smoke_test"])}


def page() -> str:
    text = PAGE.read_text(encoding="utf-8")
    for name, rows in tables().items():
        before, _mark, rest = text.partition(MARK.format(name))
        text = before + MARK.format(name) + "\n" + rows + rest[rest.index("\n<!-- end -->") :]
    return text


def test_the_page_says_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_variable_is_on_it() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in yaml.safe_load(DOCUMENTATION)["options"]:
        assert f"| `fxp_{name}` |" in text


def test_the_examples_are_one_fleet_that_can_be_planned() -> None:
    told = yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))
    servers, gateways = told["servers"], {}
    for name, said in told["gateways"].items():
        gateways[name], problems = _vocabulary.options_of_gateway(name, said)
        assert problems == []
    fleet = {}
    everywhere = ("fxp_check_", "fxp_tls_ca_", "fxp_vantage")
    common = {key: value for key, value in servers["ftp1"].items() if key.startswith(everywhere)}
    for name, said in servers.items():
        fleet[name], problems = _vocabulary.options_of("host", {**common, **said})
        assert problems == []
    present = {name: options for name, options in fleet.items() if options["state"] == "present"}
    assert list(fleet) != list(present)
    plan = _plan.make_plan(present, gateways=gateways)
    assert plan["servers"]["ftp2"]["announced"] == "203.0.113.5"


def test_the_examples_of_the_smoke_test_are_options_of_its_role() -> None:
    own = yaml.safe_load(SMOKE_TEST.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    spec = {name: {key: value for key, value in option.items() if key != "description"} for name, option in own.items()}
    assert ArgumentSpecValidator(spec).validate(examples()["smoke_test"]).error_messages == []


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
