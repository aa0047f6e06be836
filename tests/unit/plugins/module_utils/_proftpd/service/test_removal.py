# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is shown of a configuration that goes."""

from __future__ import annotations

import pathlib

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import removal, swap


def test_a_configuration_that_goes_is_shown_without_its_secrets(tmp_path: pathlib.Path) -> None:
    (tmp_path / "proftpd.conf").write_text(f"# {swap.MARK}\nPort 21\nUserPassword joe s3cret\n")
    outcome = removal.remove(swap.Target(str(tmp_path / "proftpd.conf"), "proftpd", 21, 1), check_mode=True)
    assert outcome.changed
    assert outcome.shown_before.endswith("Port 21\nUserPassword (not shown)\n")
