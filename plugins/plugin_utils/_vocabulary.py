# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Hold one host's variables against the vocabulary.

The vocabulary stands once, in the documentation of M(proftpd.fxp.fxp_plan); Ansible's own validator checks against it.
"""

from __future__ import annotations

import difflib
import typing as t

import yaml
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import AnsibleValidationError, UnsupportedError

from ansible_collections.proftpd.fxp.plugins.modules.fxp_plan import DOCUMENTATION
from ansible_collections.proftpd.fxp.plugins.plugin_utils import _plan, _values
from ansible_collections.proftpd.fxp.plugins.plugin_utils._reader import Problem

PREFIX = "fxp_"
# A key that was pasted into the wrong variable is as secret.
SECRET = frozenset({"fxp_users", "fxp_check_password", "fxp_tls_ca_cert", "fxp_tls_ca_key", "fxp_tls_certificate",
                    "fxp_tls_private_key"})


def argument_spec(options: t.Mapping[str, t.Any], prefix: str = "") -> dict[str, t.Any]:
    """Return documented *options* as an argument spec, each name with *prefix* before it."""
    spec: dict[str, t.Any] = {}
    for name, option in options.items():
        entry = {key: option[key] for key in ("type", "elements", "choices", "default", "required") if key in option}
        if "suboptions" in option:
            entry["options"] = argument_spec(option["suboptions"])
        spec[prefix + name] = entry
    return spec


VOCABULARY = argument_spec(yaml.safe_load(DOCUMENTATION)["options"], PREFIX)


def options_of(
    host: str, variables: t.Mapping[str, t.Any], is_template: t.Callable[[str], bool] = lambda text: False
) -> tuple[dict[str, t.Any], list[Problem]]:
    """
    Return the options of *host*, without prefix and with defaults filled in, and what is wrong with them.

    *is_template* tells whether a string is one that Ansible left as it was: before ansible-core 2.19 the variables of
    another host keep a template that names an undefined variable.

    Nothing is wrong with a server that is to be absent: no mistake in what else is said of it may stop its removal.
    """
    given: dict[str, t.Any] = {}
    problems = []
    for name in sorted(name for name in variables if name.startswith(PREFIX)):
        if name not in VOCABULARY:
            near = difflib.get_close_matches(name[len(PREFIX):], [known[len(PREFIX):] for known in VOCABULARY], n=1)
            cure = f"did you mean {PREFIX}{near[0]}?" if near else "'ansible-doc proftpd.fxp.fxp_plan' lists the variables"
            problems.append(Problem(host, name, None, f"there is no such variable; {cure}"))
            continue
        try:
            given[name] = variables[name]
        except AnsibleError as exc:
            problems.append(Problem(host, name, None, f"its template cannot be resolved: {exc}"))
            continue
        if _unresolved(given[name], is_template):
            problems.append(Problem(host, name, None, "its template cannot be resolved; say the variables that it names"))
            del given[name]
    if given.get("fxp_address") is None:
        given["fxp_address"] = literal_or_none(variables.get("ansible_host", host))
    try:
        result = ArgumentSpecValidator(VOCABULARY).validate(given)
    except ArithmeticError:
        problems += _drop_unconvertible(host, given)
        result = ArgumentSpecValidator(VOCABULARY).validate(given)
    found = [_problem(host, given, error) for error in result.errors]
    # Where the type of a list is wrong the validator complains again, about no variable in particular.
    problems += [problem for problem in found if problem.variable in given] or found
    options = {name[len(PREFIX):]: value for name, value in result.validated_parameters.items()}
    return options, [] if options["state"] == _plan.ABSENT else problems


def _drop_unconvertible(host: str, given: dict[str, t.Any]) -> list[Problem]:
    """Take out of *given* what Ansible's validator stumbles over, an infinite number for one, and say so."""
    problems = []
    for name in list(given):
        try:
            ArgumentSpecValidator({name: VOCABULARY[name]}).validate({name: given[name]})
        except ArithmeticError:
            problems.append(Problem(host, name, given.pop(name), "does not fit; it must be an ordinary number",
                                          secret=name in SECRET))
    return problems


def _problem(host: str, given: t.Mapping[str, t.Any], error: AnsibleValidationError) -> Problem:
    """Turn an error of the validator into a sentence that names variable and value."""
    variable = next((name for name in sorted(given, key=len, reverse=True) if name in error.msg), PREFIX + "*")
    if isinstance(error, UnsupportedError):
        return Problem(host, variable, None, f"unknown suboption {error.msg}")
    wanted = VOCABULARY.get(variable, {})
    kind = f"one of {', '.join(wanted['choices'])}" if "choices" in wanted else f"of the type {wanted.get('type')}"
    cure = f"does not fit; it must be {kind} (ansible-doc proftpd.fxp.fxp_plan)"
    if "suboptions" in error.msg or "found in" in error.msg:
        cure = f"does not fit: {error.msg} (ansible-doc proftpd.fxp.fxp_plan)"
    return Problem(host, variable, given.get(variable), cure, secret=variable in SECRET)


def _unresolved(value: t.Any, is_template: t.Callable[[str], bool]) -> bool:
    if isinstance(value, str):
        return not getattr(value, "__UNSAFE__", False) and is_template(value)
    if isinstance(value, t.Mapping):
        return any(_unresolved(inner, is_template) for inner in value.values())
    return isinstance(value, t.Sequence) and any(_unresolved(inner, is_template) for inner in value)


def literal_or_none(text: object) -> str | None:
    """Return *text* as an address if it is a literal one."""
    try:
        return _values.address(str(text))
    except ValueError:
        return None
