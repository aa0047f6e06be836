# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The files from which the rules of iptables are loaded at boot, by ``netfilter-persistent`` or whoever reads them.

They are the operator's: nothing in them changes but lines of ours, and what is in the kernel is never written down there.
"""

from __future__ import annotations

import os
import stat

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.lines import Lines, without
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.places import Text, find
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.iptables.saved import read
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.mark import Mark
from ansible_collections.proftpd.fxp.plugins.module_utils._firewall.nftables.defines import Defines
from ansible_collections.proftpd.fxp.plugins.module_utils._host import files as _files

PATHS = {4: "/etc/iptables/rules.v4", 6: "/etc/iptables/rules.v6"}


class RulesFiles:
    """The files of both families, below ``root``, as far as they are there."""

    def __init__(self, root: str = "") -> None:
        self.root = root

    def texts(self) -> list[Text]:
        """What they say."""
        found = [(family, path, _files.read_text(self.root + path)) for family, path in PATHS.items()]
        return [Text(family, path, read(text)) for family, path, text in found if text is not None]

    def wanted(self, defines: Defines, mark: Mark) -> list[tuple[Text, str]]:
        """What each of them is to say. Those in which nothing is shut need no line."""
        found = []
        for text in self.texts():
            places = find([text], defines).places[text.key]
            found.append((text, Lines(text.saved, places, mark).text()))
        return found

    def ours(self) -> dict[str, str]:
        """The lines of ours, by the file that has any."""
        found = {}
        for text in self.texts():
            lines = "".join(text.saved.lines[rule.line] for rule in text.saved.rules if rule.is_ours)
            found.update({text.where: lines} if lines else {})
        return found

    def remove(self) -> None:
        """Take the lines of ours out of them."""
        for text in self.texts():
            self.write(text, without(text.saved))

    def write(self, former: Text, text: str) -> None:
        """Put ``text`` in the place of a file's, which keeps its owner and mode. What is there already is not written."""
        if text == "".join(former.saved.lines):
            return
        path = os.path.realpath(self.root + former.where)
        was = os.stat(path)
        staged = _files.staged_name(path)
        _files.stage(staged, text, stat.S_IMODE(was.st_mode))
        try:
            os.chown(staged, was.st_uid, was.st_gid)
            _files.rename(staged, path)
        except BaseException:
            _files.remove(staged)
            raise


__all__ = ("PATHS", "RulesFiles")
