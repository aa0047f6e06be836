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
    refused and nothing is changed, for example a server without C(AllowForeignAddress) or C(PassivePorts), a class that is not
    defined, or C(AllowForeignAddress) of the main server that does not reach a C(VirtualHost). What is only doubtful is a
    warning, for example a passive range smaller than C(MaxInstances), or a directive that has no effect because it stands there
    twice. Files that the configuration includes are not searched.
  - Running sessions go on with the configuration they began with.
  - If the file is already as wanted, the service is only enabled, started where it is not running, and heard.
  - A configuration that was made by hand is refused unless O(take_over=true). The untouched file of Debian's package, with
    nothing in C(conf.d), is not made by hand.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - ProFTPD's checker is asked in check mode too. Where ProFTPD is not installed yet, RV(validated) is C(null) and a warning
        says so.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
    details:
      - The contents of a file that this collection did not write are not shown, because there may be secrets in it.
  platform:
    description: Target OS/families that can be operated against.
    support: full
    platforms: debian
options:
  content:
    description:
      - The whole text of the configuration. It must include no other files that the checker could not read yet.
      - It must begin with the mark that the template of the role P(proftpd.fxp.server#role) writes.
    type: str
    required: true
  control_port:
    description:
      - The port on which the service must greet once the configuration is in force.
    type: int
    required: true
  path:
    description:
      - The file that the service reads.
    type: path
    default: /etc/proftpd/proftpd.conf
  service:
    description:
      - The unit of systemd.
    type: str
    default: proftpd
  greeting_timeout:
    description:
      - Seconds to wait for the greeting.
    type: int
    default: 10
  take_over:
    description:
      - Replace a configuration that was made by hand. It is kept as RV(kept).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Put the configuration into force
  proftpd.fxp.proftpd_config:
    content: "{{ lookup('ansible.builtin.template', 'proftpd.conf.j2') }}"
    control_port: 21
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
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.proftpd.fxp.plugins.module_utils._proftpd import swap


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "content": {"type": "str", "required": True},
            "control_port": {"type": "int", "required": True},
            "path": {"type": "path", "default": "/etc/proftpd/proftpd.conf"},
            "service": {"type": "str", "default": "proftpd"},
            "greeting_timeout": {"type": "int", "default": 10},
            "take_over": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    target = swap.Target(wanted["path"], wanted["service"], wanted["control_port"], wanted["greeting_timeout"])
    try:
        outcome = swap.apply(target, wanted["content"], take_over=wanted["take_over"], check_mode=module.check_mode)
    except (swap.ConfigError, OSError) as exc:
        module.fail_json(msg=str(exc))
    if outcome.validated is None:
        module.warn("ProFTPD is not installed here yet, so its checker has not read the new configuration.")
    for warning in outcome.warnings:
        module.warn(warning)
    module.exit_json(
        changed=outcome.changed,
        path=target.path,
        validated=outcome.validated,
        greeting=outcome.greeting,
        kept=outcome.kept,
        diff={"before": outcome.before, "after": wanted["content"],
              "before_header": target.path, "after_header": target.path},
    )


if __name__ == "__main__":
    main()
