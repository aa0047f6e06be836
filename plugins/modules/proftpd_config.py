#!/usr/bin/python
# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: proftpd_config
short_description: Put a ProFTPD configuration into force, or leave the old one in force
description:
  - Lays the new file beside the old one, has ProFTPD's own checker read it, swaps the two by one rename, reloads or starts the
    service and waits for its greeting. If a step fails, the old file and the old service come back and the module fails with
    one sentence that says why.
  - Before that the text is searched for what ProFTPD's checker lets pass. Whatever lets strangers in or can never work is
    refused and nothing is changed, for example a server without C(AllowForeignAddress) or C(PassivePorts), a class that is
    not defined, C(AllowForeignAddress) of the main server that does not reach a C(VirtualHost), or a directive whose module
    is neither a part of the ProFTPD that is installed here nor loaded. What is only doubtful is a warning, for example a
    passive range smaller than C(MaxInstances), or a directive that has no effect because it stands there twice. Files that
    the configuration includes are not searched.
  - Running sessions go on with the configuration they began with. Only where the former configuration is not of this
    collection is the service restarted, which ends its sessions.
  - The greeting must come from the main process of the service. If another program listens on O(control_port), nothing is
    changed.
  - A change has succeeded when the service still greets O(settle_time) seconds after its first greeting.
  - If the module is killed in the middle, the next run goes on from there. It needs no space on the disk to go back.
  - If the file is already as wanted, the service is only enabled, started where it is not running, and heard.
  - A configuration that was made by hand is refused unless O(take_over=true). The untouched file of Debian's package, with
    nothing in C(conf.d), is not made by hand.
  - With O(state=absent) the configuration is taken off. The service is stopped, and what stood there before this collection came
    is back; where nothing was kept, that is the file as Debian's package ships it. Only a configuration that was made by hand and
    had its service running is started again, as it was. Otherwise the service stays stopped and disabled, because the package's
    own configuration lets every system user log in.
  - A file that this collection did not write is left as it is with O(state=absent), and so is its service.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
extends_documentation_fragment:
  - proftpd.fxp._attributes
  - proftpd.fxp._run
  - proftpd.fxp._attributes.platform
attributes:
  check_mode:
    support: full
    details:
      - ProFTPD's checker is asked in check mode too. Where ProFTPD or a module of it is not installed yet, nobody could
        read the new configuration, and RV(validated) is C(null).
  diff_mode:
    support: full
    details:
      - The contents of a file that this collection did not write are not shown, because there may be secrets in it.
  platform:
    platforms: debian
options:
  content:
    description:
      - The whole text of the configuration. It must include no other files that the checker could not read yet.
      - The words that differ between platforms may be written as placeholders, which the host fills in before it compares and
        checks anything. They are C(@user@), C(@group@), C(@modules_conf@), C(@log_directory@), C(@password_file@),
        C(@certificate@) and C(@trust@).
      - It must begin with the mark that the template of the role P(proftpd.fxp.server#role) writes.
      - Required if O(state=present).
    type: str
  secrets:
    description:
      - What C(@secret_1@), C(@secret_2@) and so on stand for in O(content), as P(proftpd.fxp.with_extra_config#filter) returns
        it. With any the file is readable for root alone, and diffs show none of them.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  packages:
    description:
      - Packages that O(content) needs beside those of ProFTPD itself. In check mode the configuration is not tried where one
        of them is missing.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  control_port:
    description:
      - The port on which the service must greet once the configuration is in force.
      - Required if O(state=present).
    type: int
  path:
    description:
      - The file that the service reads.
      - Where it is not said, that of the host's platform; C(/etc/proftpd/proftpd.conf) on Debian and Ubuntu.
    type: path
  service:
    description:
      - The unit of systemd.
      - Where it is not said, that of the host's platform; C(proftpd) on Debian and Ubuntu.
    type: str
  greeting_timeout:
    description:
      - Seconds to wait for the greeting.
    type: int
    default: 10
  settle_time:
    description:
      - Seconds for which the service must stay up after its first greeting. They are spent only when something changed.
    type: int
    default: 3
  take_over:
    description:
      - Replace a configuration that was made by hand. It is kept as RV(kept).
    type: bool
    default: false
  plan_digest:
    description:
      - What P(proftpd.fxp.plan_digest#filter) makes of the plan that the configuration comes from. It is kept on the server once
        the configuration is in force, and M(proftpd.fxp.proftpd_info) tells it.
      - Without it nothing is kept, and what was kept is forgotten.
    type: str
    version_added: 0.3.0
  uncork:
    description:
      - Start ProFTPD so that its sockets are never corked (TCP_CORK). Files that go over TLS from one such server to another then
        take milliseconds instead of 0.4 s more. C(docs/tls.md) tells why, and when not to.
      - A drop-in of the service starts ProFTPD by way of Python, which puts a filter of system calls in front of it. Where that
        cannot be, ProFTPD starts as ever, and the journal of the service has the reason.
      - When it comes or goes, the service is restarted, which ends its sessions.
    type: bool
    default: false
    version_added: 0.3.0
  state:
    description:
      - Whether the configuration is in force, or what stood there before.
    type: str
    choices:
      - present
      - absent
    default: present
"""

EXAMPLES = r"""
- name: Put the configuration into force
  proftpd.fxp.proftpd_config:
    content: "{{ lookup('ansible.builtin.template', 'proftpd.conf.j2') }}"
    control_port: 21

- name: Put back what stood there before
  proftpd.fxp.proftpd_config:
    state: absent
"""

RETURN = r"""
path:
  description: The file that the service reads.
  returned: success
  type: str
  sample: /etc/proftpd/proftpd.conf
validated:
  description: Whether ProFTPD's own checker accepted the configuration; C(null) where ProFTPD is not installed.
  returned: success
  type: bool
  sample: true
greeting:
  description: The first line that the service said; C(null) if it was not asked.
  returned: success
  type: str
  sample: 220 ftp1 FTP server ready
kept:
  description: Where the configuration is kept that stood there before this collection came; C(null) if none was replaced now.
  returned: success
  type: str
  sample: /etc/proftpd/proftpd.conf.before-fxp
restored:
  description: With O(state=absent), where the configuration came from that is in the place of ours now; C(null) if there is none.
  returned: success
  type: str
  sample: /usr/share/proftpd/templates/proftpd.conf
running:
  description: With O(state=absent), whether the service was started with what came back.
  returned: O(state=absent)
  type: bool
  sample: false
"""

import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._firewall import lockout
from ansible_collections.proftpd.fxp.plugins.module_utils._host import platform, record
from ansible_collections.proftpd.fxp.plugins.module_utils._host import root as _root
from ansible_collections.proftpd.fxp.plugins.module_utils._host.errors import HostError
from ansible_collections.proftpd.fxp.plugins.module_utils._module import Module
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.language import hidden
from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd.service import removal, swap, uncork


def remove(target: swap.Target, check_mode: bool) -> dict[str, t.Any]:
    """Bring back what was there before us, or nothing; the return values."""
    outcome = removal.remove(target, check_mode=check_mode)
    forgotten = keep_plan(None, check_mode)
    return {
        "changed": outcome.changed or forgotten,
        "path": target.path,
        "validated": None,
        "greeting": None,
        "kept": None,
        "restored": outcome.restored,
        "running": outcome.running,
        "diff": {
            "before": outcome.shown_before,
            "after": outcome.shown_after,
            "before_header": target.path,
            "after_header": target.path,
        },
    }


def keep_plan(digest: str | None, check_mode: bool) -> bool:
    """Tell whether the server has another plan's digest, and replace it."""
    if record.plan_digest() == digest:
        return False
    if check_mode:
        return True
    if digest is None:
        record.forget_plan_digest()
    else:
        record.keep_plan_digest(digest)
    return True


def main() -> None:
    module = Module(
        argument_spec={
            "content": {"type": "str"},
            "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
            "packages": {"type": "list", "elements": "str", "default": []},
            "control_port": {"type": "int"},
            "path": {"type": "path"},
            "service": {"type": "str"},
            "greeting_timeout": {"type": "int", "default": 10},
            "settle_time": {"type": "int", "default": 3},
            "take_over": {"type": "bool", "default": False},
            "plan_digest": {"type": "str"},
            "uncork": {"type": "bool", "default": False},
            "run": record.run_options(),
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ("content", "control_port"))],
        supports_check_mode=True,
    )
    wanted = module.params
    row = platform.nearest()
    target = swap.Target(
        wanted["path"] or row.configuration,
        wanted["service"] or row.unit,
        wanted["control_port"] or 0,
        wanted["greeting_timeout"],
        wanted["settle_time"],
        row,
        is_secret=bool(wanted["secrets"]),
        packages=tuple(wanted["packages"]),
    )
    place = uncork.Place(target.service)
    try:
        run = None if module.check_mode else wanted["run"]
        record.begin(run, [target.path], lockout.ssh_source())
        if wanted["state"] == "absent":
            removed = remove(target, module.check_mode)
            record.end(run, "configuration", [target.path])
            module.exit_json(**removed)
        content = row.fill(wanted["content"], wanted["secrets"])
        outcome = swap.apply(target, content, take_over=wanted["take_over"], check_mode=module.check_mode)
        times = (target.control_port, target.greeting_timeout, target.settle)
        started = uncork.apply(place, wanted["uncork"], *times, check_mode=module.check_mode)
        another_plan = keep_plan(wanted["plan_digest"], module.check_mode)
        record.end(run, "configuration", [target.path])
    except (HostError, OSError) as exc:
        module.fail_json(msg=_root.told(exc))
    for warning in outcome.warnings:
        module.warn(warning)
    module.exit_json(
        changed=outcome.changed or started.changed or another_plan,
        path=target.path,
        validated=outcome.validated,
        greeting=outcome.greeting,
        kept=outcome.kept,
        restored=None,
        diff=[
            {"before": before, "after": after, "before_header": path, "after_header": path}
            for path, before, after in (
                (target.path, *hidden.compared(outcome.before, content)),
                (place.drop_in, started.before, started.after),
            )
            if path == target.path or before != after
        ],
    )


if __name__ == "__main__":
    main()
