# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Hold one host's variables against the vocabulary.

The vocabulary stands once, in the documentation of ``proftpd.fxp.fxp_plan``; Ansible's own validator checks against it.
"""

from __future__ import annotations

import difflib
import typing as t

import yaml
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.collections import is_string
from ansible.module_utils.errors import AnsibleValidationError, UnsupportedError

from ansible_collections.proftpd.fxp.plugins.modules.fxp_plan import DOCUMENTATION
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import gateways as _gateways
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import plan as _plan
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan import values as _values
from ansible_collections.proftpd.fxp.plugins.plugin_utils._plan.reader import Problem

PREFIX = "fxp_"
# A key that was pasted into the wrong variable is as secret.
SECRET = frozenset(
    {
        "fxp_users",
        "fxp_extra_config",
        "fxp_extra_peers",
        "fxp_check_password",
        "fxp_tls_ca_cert",
        "fxp_tls_ca_key",
        "fxp_tls_certificate",
        "fxp_tls_private_key",
    }
)


def argument_spec(options: t.Mapping[str, t.Any], prefix: str = "") -> dict[str, t.Any]:
    """Return documented ``options`` as an argument spec, each name with ``prefix`` before it."""
    spec: dict[str, t.Any] = {}
    for name, option in options.items():
        entry = {key: option[key] for key in ("type", "elements", "choices", "default", "required") if key in option}
        if "suboptions" in option:
            entry["options"] = argument_spec(option["suboptions"])
        spec[prefix + name] = entry
    return spec


VOCABULARY = argument_spec(yaml.safe_load(DOCUMENTATION)["options"], PREFIX)
DEFAULTS = {
    name[len(PREFIX) :]: value for name, value in ArgumentSpecValidator(VOCABULARY).validate({}).validated_parameters.items()
}


def options_of(
    host: str, variables: t.Mapping[str, t.Any], is_template: t.Callable[[str], bool] = lambda text: False
) -> tuple[dict[str, t.Any], list[Problem]]:
    """
    Return the options of ``host``, without prefix and with defaults filled in, and what is wrong with them.

    ``is_template`` tells whether a string is one that Ansible left as it was: before ansible-core 2.19 the variables of
    another host keep a template that names an undefined variable.

    Nothing is wrong with a server that is to be absent: no mistake in what else is said of it may stop its removal.
    """
    given: dict[str, t.Any] = {}
    problems = []
    for name in sorted(name for name in variables if name.startswith(PREFIX)):
        if name not in VOCABULARY:
            problems += unknown(host, [name])
            continue
        try:
            given[name] = variables[name]
        except AnsibleError as exc:
            problems.append(Problem(host, name, None, f"its template cannot be resolved: {exc}"))
            continue
        if _unresolved(given[name], is_template):
            problems.append(Problem(host, name, None, "its template cannot be resolved; say the variables that it names"))
            del given[name]
    literal = literal_or_none(variables.get("ansible_host", host))
    behind = given.get("fxp_gateway") is not None
    if behind or given.get("fxp_inner_networks"):
        # What Ansible dials is the server's own address, and the world dials that of the gateway, or another one of the server.
        given.setdefault("fxp_inner_address", literal)
    if not behind and given.get("fxp_address") is None:
        given["fxp_address"] = None if literal is None else [literal]
    options = dict(DEFAULTS)
    for name, value in given.items():
        validated, told = _validated(name, _plain(value))
        options[name[len(PREFIX) :]] = validated
        problems += [Problem(host, name, None if hides else value, cure, secret=name in SECRET) for cure, hides in told]
    return options, [] if options["state"] == _plan.ABSENT else problems


def options_of_gateway(
    host: str, variables: t.Mapping[str, t.Any], is_template: t.Callable[[str], bool] = lambda text: False
) -> tuple[dict[str, t.Any], list[Problem]]:
    """The same of a gateway, of which few are read; others may be those of groups that it shares with servers."""
    read = {f"{PREFIX}{name}" for name in _gateways.VARIABLES}
    known = {name: variables[name] for name in variables if name in read}
    options, problems = options_of(host, known, is_template)
    return options, [] if options["state"] == _plan.ABSENT else [*problems, *unknown(host, variables)]


def is_absent(variables: t.Mapping[str, t.Any]) -> bool:
    """Tell whether a server with these ``variables`` is to be absent."""
    try:
        return bool(variables.get("fxp_state") == _plan.ABSENT)
    except AnsibleError:
        return False


def unknown(host: str, names: t.Iterable[str]) -> list[Problem]:
    """Return what is wrong with the ``names`` of variables of ``host``: those with the prefix that are not in the vocabulary."""
    problems = []
    for name in sorted(name for name in names if name.startswith(PREFIX) and name not in VOCABULARY):
        near = difflib.get_close_matches(name[len(PREFIX) :], [known[len(PREFIX) :] for known in VOCABULARY], n=1)
        cure = f"did you mean {PREFIX}{near[0]}?" if near else "'ansible-doc proftpd.fxp.fxp_plan' lists the variables"
        problems.append(Problem(host, name, None, f"there is no such variable; {cure}"))
    return problems


def _plain(value: t.Any) -> t.Any:
    """Return ``value`` in Python's own types: Ansible's say where a value comes from, and copying that takes long."""
    if isinstance(value, t.Mapping):
        return {_plain(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    # What a vault holds is text without being a string to Python.
    return "".join(str(value)) if is_string(value) else value


# Most values are those of a group, and the same for all of its hosts.
_SEEN: dict[tuple[str, str], tuple[t.Any, list[tuple[str, bool]]]] = {}


def _validated(name: str, value: t.Any) -> tuple[t.Any, list[tuple[str, bool]]]:
    """
    Return ``value`` as Ansible's validator leaves it, and what is wrong with it: cures, and whether they say the value.

    The same value is validated once; what is returned must not be changed.
    """
    key = (name, repr(value))
    misread = [] if key in _SEEN else _misread(name, VOCABULARY[name], value)
    if misread:
        _SEEN[key] = DEFAULTS[name[len(PREFIX) :]], [(cure, False) for cure in misread]
    if key not in _SEEN:
        try:
            result = ArgumentSpecValidator({name: VOCABULARY[name]}).validate({name: value})
        except ArithmeticError:
            # The validator stumbles over an infinite number.
            _SEEN[key] = DEFAULTS[name[len(PREFIX) :]], [("does not fit; it must be an ordinary number", False)]
        else:
            # Where the type of a list is wrong the validator complains again, about no variable in particular.
            errors = [error for error in result.errors if name in error.msg] or list(result.errors)
            _SEEN[key] = result.validated_parameters[name], [_cure(name, error) for error in errors]
    return _SEEN[key]


# What must arrive letter by letter. Elsewhere a number is as good as its text.
LETTER_BY_LETTER = frozenset({"fxp_check_password", "password", "password_hash"})


def _misread(name: str, spec: t.Mapping[str, t.Any], value: t.Any, about: str = "") -> list[str]:
    """
    Return what Ansible's validator would take for something else than was written: a mapping for text, a truth for a number.

    ``spec`` is that of the option or suboption ``name``, ``about`` begins the sentence.
    """
    kind = spec.get("type", "str")
    if kind == "list" and isinstance(value, list):
        inner = {**spec, "type": spec.get("elements", "raw")}
        return [cure for entry in value for cure in _misread(name, inner, entry, about or "has an entry that ")]
    if kind == "dict" and isinstance(value, dict) and "options" in spec:
        known = [key for key in value if key in spec["options"]]
        whose = f" of {value['name']!r}" if isinstance(value.get("name"), str) else ""
        return [cure for key in known for cure in _misread(key, spec["options"][key], value[key], f"has a {key}{whose} that ")]
    if kind == "str" and isinstance(value, (dict, list, bool)):
        what = "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else "true or false to YAML"
        return [f"{about}is {what}, not text; write text, in quotes if need be"]
    if kind == "str" and isinstance(value, (int, float)) and name in LETTER_BY_LETTER:
        return [f"{about}is a number, and YAML may have read another one than was written (0123 is 83); put it in quotes"]
    if kind == "int" and isinstance(value, bool):
        return [f"{about}is true or false to YAML, not a number; write a number"]
    return []


def _cure(name: str, error: AnsibleValidationError) -> tuple[str, bool]:
    """Turn an error of the validator into the end of a sentence that begins with the variable."""
    if isinstance(error, UnsupportedError):
        return f"unknown suboption {error.msg}", True
    if "suboptions" in error.msg or "found in" in error.msg:
        return f"does not fit: {error.msg} (ansible-doc proftpd.fxp.fxp_plan)", False
    wanted = VOCABULARY[name]
    kind = f"one of {', '.join(wanted['choices'])}" if "choices" in wanted else f"of the type {wanted.get('type')}"
    return f"does not fit; it must be {kind} (ansible-doc proftpd.fxp.fxp_plan)", False


def _unresolved(value: t.Any, is_template: t.Callable[[str], bool]) -> bool:
    if isinstance(value, str):
        # Asking takes long, and nothing is a template without a brace.
        return "{" in value and not getattr(value, "__UNSAFE__", False) and is_template(value)
    if isinstance(value, t.Mapping):
        return any(_unresolved(inner, is_template) for inner in value.values())
    return isinstance(value, t.Sequence) and any(_unresolved(inner, is_template) for inner in value)


def literal_or_none(text: object) -> str | None:
    """Return ``text`` as an address if it is a literal one."""
    try:
        return _values.address(str(text))
    except ValueError:
        return None
