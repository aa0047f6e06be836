#!/usr/bin/python

# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fxp_check
short_description: Prove that a file flows from one FTP server to another
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
description:
  - Logs in to two FTP servers and makes them move a file between one another (site-to-site transfer, FXP). The data never passes
    through the host that the module runs on.
  - One server listens for the data connection (PASV or EPSV), the other one is told to connect to it (PORT or EPRT). Who listens
    and who sends are independent of each other, so there are two ways, called legs.
  - A leg has passed when both servers reported success, the destination holds as many bytes as the source, and their hash is the
    same. The hash comes from the destination server where that offers HASH or XSHA256, XSHA1, XMD5 or XCRC; otherwise the
    file is read back.
  - When a leg falls short, the module tells the cause, the server to look at first and what cures it. It does not work around
    faults, neither by changing roles nor by copying through the client.
  - Every file that the module creates has a name that nobody can guess and is deleted again, also after a failure.
  - Interrupted (Ctrl-C, C(SIGTERM), C(SIGHUP)), it closes its connections and deletes its files within 5 seconds. On another host
    than the controller it ends in the same way when its output is not read any more, or when the controller has given no sign of
    life for 15 seconds. Names of files that may have stayed are kept in C(~/.local/state/proftpd-fxp) of the user who checks. The
    next check from there of the same server, with the same account and directory, deletes them and tells it as a warning.
  - With TLS on both control connections the data between the servers is encrypted, too. One of the two servers then has to be the
    TLS client of the data connection and is told so by SSCN.
  - Run it on a third host. A server always accepts its own client's address, so a check from the address of one of the two
    servers would prove nothing and ends with the cause V(vantage_is_peer).
  - Where Ansible would start the Python that it runs on itself to execute this module, on its own machine and as the same user,
    it does the check without starting another one. The results are the same.
requirements:
  - Python 3.8 or later on the host that executes the module
extends_documentation_fragment:
  - proftpd.fxp._server.pair
  - proftpd.fxp._attributes
  - proftpd.fxp._attributes.checks
options:
  source:
    description:
      - The server that sends the file.
  destination:
    description:
      - The server that receives the file.
  passive:
    description:
      - Which server listens for the data connection.
      - V(both) tries one leg with the source and one with the destination listening.
    type: str
    choices:
      - both
      - source
      - destination
    default: both
  protection:
    description:
      - Whether the data is encrypted, V(private) or V(clear). Servers are told by PROT.
      - By default it is V(private) if both servers have O(source.tls), else V(clear). The data connections of the client itself
        have the same protection; they resume the TLS session of the control connection, as servers demand.
    type: str
    choices:
      - private
      - clear
    version_added: 0.2.0
  sscn:
    description:
      - Which server is the TLS client of a private data connection. It must know the command SSCN, and it must be able to verify
        the certificate of the other one.
      - V(auto) takes the receiver, which is V(destination), or the sender where the receiver tells its features (FEAT) and SSCN
        is among the sender's alone. A sender that is the TLS client loses the end of about every second file under TLS 1.3; such
        a transfer fails with the cause V(tls_data_truncated), unless the file arrived whole.
    type: str
    choices:
      - auto
      - source
      - destination
    default: auto
    version_added: 0.2.0
  family:
    description:
      - Address family of the control connections, and so of the data connection.
      - V(auto) takes one that both servers have.
    type: str
    choices:
      - auto
      - ipv4
      - ipv6
    default: auto
  path:
    description:
      - An existing file on the source, relative to its O(source.directory), that is to be moved. It is neither changed nor
        deleted.
      - Without it a random payload of O(payload_size) is uploaded to the source first.
    type: str
  payload_size:
    description:
      - Size of the random payload, for example V(20MB). Not used with O(path).
    type: bytes
    default: 1MB
  timeout:
    description:
      - Seconds that any one step may take, and that a transfer may stand still.
      - Logging in always has at least 15 seconds per step, because servers delay it when sessions have just ended.
    type: float
    default: 10
  transfer_timeout:
    description:
      - Seconds that one whole transfer may take. V(0) sets no limit as long as bytes arrive.
    type: float
    default: 0
  expect:
    description:
      - V(allowed) demands that every leg moves the file.
      - V(refused) demands that every leg is refused by a server's policy on foreign addresses. A transfer that goes through fails
        the check, and so does every other reason for not going through.
    type: str
    choices:
      - allowed
      - refused
    default: allowed
"""

EXAMPLES = r"""
- name: Prove that files flow from alpha to beta, with either side listening
  proftpd.fxp.fxp_check:
    source:
      host: 192.0.2.11
      user: fxpcheck
      password: "{{ fxp_check_password }}"
    destination:
      host: 192.0.2.12
      user: fxpcheck
      password: "{{ fxp_check_password }}"
  delegate_to: localhost

- name: Compare what the source announces with what was planned
  proftpd.fxp.fxp_check:
    source:
      host: 192.0.2.11
      user: fxpcheck
      password: "{{ fxp_check_password }}"
      expected_address: 192.0.2.11
      passive_ports: 49152-49407
    destination:
      host: 192.0.2.12
      user: fxpcheck
      password: "{{ fxp_check_password }}"
    passive: source
  delegate_to: localhost

- name: Prove that encrypted transfers work, with a CA of one's own
  proftpd.fxp.fxp_check:
    source:
      host: 192.0.2.11
      user: fxpcheck
      password: "{{ fxp_check_password }}"
      tls: explicit
      ca_path: /etc/ssl/fxp-ca.pem
    destination:
      host: 192.0.2.12
      port: 990
      user: fxpcheck
      password: "{{ fxp_check_password }}"
      tls: implicit
      ca_path: /etc/ssl/fxp-ca.pem
  delegate_to: localhost

- name: Encrypt the logins only, because the partner's server does not know SSCN
  proftpd.fxp.fxp_check:
    source:
      host: 192.0.2.11
      user: fxpcheck
      password: "{{ fxp_check_password }}"
      tls: explicit
      ca_path: /etc/ssl/fxp-ca.pem
    destination:
      host: ftp.partner.example
      user: partner
      password: "{{ partner_password }}"
      tls: explicit
    protection: clear
  delegate_to: localhost

- name: Prove that a server outside of the group is refused
  proftpd.fxp.fxp_check:
    source:
      host: 192.0.2.11
      user: fxpcheck
      password: "{{ fxp_check_password }}"
    destination:
      host: 198.51.100.7
      user: partner
      password: "{{ partner_password }}"
    expect: refused
  delegate_to: localhost
"""

RETURN = r"""
ok:
  description:
    - Whether every leg did what O(expect) demands. The task fails when it is V(false) and returns all other values nevertheless.
  returned: always, null in check mode
  type: bool
  sample: true
cause:
  description:
    - Code of what is wrong with the first leg that falls short.
    - Null if no leg falls short, and also for a transfer that went through although it was to be refused, for nothing is at fault
      in that transfer itself.
  returned: always
  type: str
  sample: data_connection_blocked
server:
  description:
    - Where to look first, V(source) or V(destination). Null if there is no cause or neither of them is to blame.
  returned: always
  type: str
  sample: destination
remedy:
  description:
    - What cures the first leg that falls short. Null if none does.
  returned: always
  type: str
  sample: Set fxp_vantage to a host that is no member of fxp_servers.
legs:
  description:
    - One entry per passive role, in the order tried. A fault that comes before the first leg stands in every entry.
  returned: always, null in check mode
  type: list
  elements: dict
  contains:
    passive:
      description: The server that listened, V(source) or V(destination).
      type: str
      returned: always
    expect:
      description: What was expected, as O(expect).
      type: str
      returned: always
      version_added: 0.3.0
    ok:
      description: Whether the leg did what O(expect) demands.
      type: bool
      returned: always
    cause:
      description:
        - Code of what is wrong, or null. With O(expect=refused) also the policy that refused, in a leg that is ok.
      type: str
      returned: always
    server:
      description: Where to look first, or null.
      type: str
      returned: always
    certain:
      description: Whether the dialogue is proof of the cause and its place.
      type: bool
      returned: always
    also_possible:
      description:
        - Other places where the cause may lie if it is not certain, V(source), V(destination) or V(network). None if the place is
          certain and only the reason is not.
      type: list
      elements: str
      returned: always
    remedy:
      description: What cures a leg that is not ok, else null.
      type: str
      returned: always
    evidence:
      description:
        - What was seen, with the replies that decided, sizes, digests and times, and C(summary), a clause for people.
        - C(tls) holds, for C(source) and C(destination), C(version) and C(cipher) of the control connection in OpenSSL's words
          and whether the certificate was C(verified), or null without TLS. C(protection) is that of the data, and C(sscn) the
          server that was the TLS client of it. They were added in version 0.2.0.
      type: dict
      returned: always
    bytes:
      description: Size of the file at the destination as far as it was seen, else null.
      type: int
      returned: always
    seconds:
      description: Time from the first data command to the last final reply, or null.
      type: float
      returned: always
    bytes_per_second:
      description: Rate of a verified transfer, else null.
      type: int
      returned: always
    verified_by:
      description:
        - How the content was compared, for example V(HASH SHA-256), V(XCRC) or V(read back). V(SIZE) for an empty file. Null
          without a verified transfer.
      type: str
      returned: always
    listing:
      description: The line that LIST shows for the file on C(source) and on C(destination) afterwards. It decides nothing.
      type: dict
      returned: always
    file:
      description: Name that the file had at the destination, or null if it did not come to that.
      type: str
      returned: always
  sample:
    - passive: source
      expect: allowed
      ok: true
      cause: null
      server: null
      certain: true
      also_possible: []
      remedy: null
      bytes: 1048576
      seconds: 0.0015
      bytes_per_second: 699050666
      verified_by: HASH SHA-256
vantage_told:
  description:
    - Whether it is known that neither server sees the client at the address of the other one. It is not where a server does not
      tell at which address it sees the client, or where NAT stands between the client and one server only. Should it be the same
      address, the check passes whatever the policy is.
    - Null if the check ended before that.
  returned: always
  type: bool
  version_added: 0.2.2
  sample: true
files_left:
  description:
    - Files of the check that could not be deleted, or that a server which fell silent may still be about to store, those of
      an interrupted check before it too. Delete them.
  returned: always, null in check mode
  type: list
  elements: dict
  contains:
    server:
      description: V(source) or V(destination).
      type: str
      returned: always
    directory:
      description: The option C(directory) of that server.
      type: str
      returned: always
    file:
      description: Name of the file.
      type: str
      returned: always
  version_added: 0.2.2
  sample: []
transcript:
  description:
    - The whole dialogue with both servers in order, without passwords.
    - RV(transcript[].leg) is the index in RV(legs) that a line belongs to, or null for what serves all of them.
  returned: always, null in check mode
  type: list
  elements: dict
  contains:
    seconds:
      description: Time since the beginning of the check.
      type: float
      returned: always
    server:
      description: V(source) or V(destination).
      type: str
      returned: always
    direction:
      description: V(sent) or V(received), as seen from the client.
      type: str
      returned: always
    line:
      description: The line, with control characters written as escapes.
      type: str
      returned: always
    leg:
      description: Index of the leg, or null.
      type: int
      returned: always
  sample:
    - seconds: 0.0102
      server: source
      direction: sent
      line: PASV
      leg: 0
"""

from ansible_collections.proftpd.fxp.plugins.module_utils._check.check import run_check
from ansible_collections.proftpd.fxp.plugins.module_utils._check.options import check_options
from ansible_collections.proftpd.fxp.plugins.module_utils._check.request import parse_request
from ansible_collections.proftpd.fxp.plugins.module_utils._check.result import RESULT_KEYS
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.server import RequestError
from ansible_collections.proftpd.fxp.plugins.module_utils._masked import masked_already
from ansible_collections.proftpd.fxp.plugins.module_utils._module import Module
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.leftovers import ending_well


def main() -> None:
    """Run the module."""
    module = Module(argument_spec=check_options(), supports_check_mode=True)
    try:
        request = parse_request(module.params)
    except RequestError as error:
        module.fail_json(msg=str(error))
    if module.check_mode:
        module.exit_json(**dict.fromkeys(RESULT_KEYS))
    with ending_well():
        outcome = run_check(request)
    shown = masked_already(module)
    for warning in outcome.warnings:
        module.warn(warning)
    if not outcome.result["ok"]:
        module.fail_json(msg=outcome.message, **outcome.result, **shown)
    module.exit_json(**outcome.result, **shown)


if __name__ == "__main__":
    main()
