# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the swap does with findings, before any service is asked for anything."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._host.platform import USUAL
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import own
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import daemon, swap
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.daemon_checker import NEEDED
from ansible_collections.proftpd.fxp.tests.unit.plugins.module_utils._proftpd.lints.cases import CLEAN, MOST, PORTS, virtual

HEAD = f"# {swap.MARK}\n{NEEDED}"
OLD = HEAD + CLEAN
DOUBTFUL = OLD + "RootRevoke on\n" + "HiddenStores on\nAllowStoreRestart on\n"


@pytest.fixture
def target(tmp_path: pathlib.Path) -> swap.Target:
    (tmp_path / "proftpd.conf").write_text(OLD)
    return swap.Target(str(tmp_path / "proftpd.conf"), "proftpd", 21, 1)


@pytest.mark.parametrize("check_mode", [True, False])
def test_an_error_refuses_in_one_sentence_and_nothing_is_touched(
    target: swap.Target, tmp_path: pathlib.Path, check_mode: bool
) -> None:
    with pytest.raises(HostError) as caught:
        swap.apply(target, HEAD + PORTS + MOST + "AllowForeignAddress peers\n", take_over=False, check_mode=check_mode)
    said = str(caught.value)
    assert said.startswith(
        f"The new configuration is refused, {target.path} is left as it was: line 8 (main): AllowForeignAddress "
    )
    assert said.endswith("define it with <Class peers>, or name one.")
    assert "\n" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["proftpd.conf"]
    assert (tmp_path / "proftpd.conf").read_text() == OLD


def test_many_errors_are_told_in_part(target: swap.Target) -> None:
    with pytest.raises(HostError, match=r"passive_ports|PassivePorts") as caught:
        swap.apply(target, OLD + virtual("") * 4, take_over=False, check_mode=True)
    assert str(caught.value).count(" (127.0.0.2): ") == 5
    assert str(caught.value).endswith("; and 3 more.")


def test_warnings_are_returned_and_do_not_refuse(target: swap.Target) -> None:
    outcome = swap.apply(target, DOUBTFUL, take_over=False, check_mode=True)
    assert outcome.validated
    assert [text.split(":")[0] for text in outcome.warnings] == [
        "The new configuration, line 9 (main)",
        "The new configuration, line 11 (main)",
    ]
    assert swap.apply(target, OLD + "Umask 022\n", take_over=False, check_mode=True).warnings == ()


# Where the program itself looks for them.
MISSING = OLD.replace("ModulePath /usr/lib/proftpd\n", "LoadModule mod_tls_of_a_package.c\n")


def test_what_the_checker_says_of_a_line_is_told_with_the_line(target: swap.Target) -> None:
    with pytest.raises(HostError) as caught:
        swap.apply(target, MISSING, take_over=False, check_mode=True)
    assert str(caught.value).endswith(
        " on line 5 (LoadModule mod_tls_of_a_package.c); where that line is right, install the packages of ProFTPD "
        "on this host again."
    )


def test_the_checker_is_not_asked_before_the_packages_of_the_plan_are_there(target: swap.Target) -> None:
    row = dataclasses.replace(USUAL, needs={**USUAL.needs, "tls": ("no-such-package-of-tls",)})
    outcome = swap.apply(dataclasses.replace(target, platform=row), MISSING, take_over=False, check_mode=True)
    assert (outcome.changed, outcome.validated) == (True, None)


def module(target: swap.Target, content: str) -> dict[str, t.Any]:
    """What the module returns in check mode, run as Ansible runs it."""
    arguments = {"content": content, "path": target.path, "control_port": 21, "_ansible_check_mode": True}
    done = subprocess.run(
        [sys.executable, "-m", "ansible_collections.proftpd.fxp.plugins.modules.proftpd_config"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    result: dict[str, t.Any] = json.loads(done.stdout)
    return result


def test_the_module_warns_and_refuses(target: swap.Target) -> None:
    result = module(target, DOUBTFUL)
    assert result["changed"]
    # How a warning travels is a matter of the release of ansible-core.
    first, second = (json.dumps(warning) for warning in result["warnings"])
    assert "RootRevoke" in first
    assert "HiddenStores" in second
    result = module(target, HEAD + PORTS + MOST)
    assert result["failed"]
    assert "AllowForeignAddress is not said" in result["msg"]


def test_what_the_checker_repeats_of_a_secret_is_not_shown(target: swap.Target, monkeypatch: pytest.MonkeyPatch) -> None:
    content = f"{OLD}{own.HEADING}\nUserPassword joe s3cret\n"
    number = content.count("\n")

    def refuse(program: str, path: str) -> None:
        raise HostError(f"proftpd -t refuses the configuration: fatal: 's3cret' is no hash on line {number} of '{path}'")

    monkeypatch.setattr(daemon, "check_configuration", refuse)
    with pytest.raises(HostError) as caught:
        swap.apply(target, content, take_over=False, check_mode=True)
    assert f"proftpd -t refuses line {number} (UserPassword (not shown)); mend it in fxp_extra_config" in str(caught.value)
    assert "s3cret" not in str(caught.value)
