#!/usr/bin/python
# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fxp_plan
short_description: Plan what every FXP server must announce, allow, open and prove
description:
  - Reads the inventory variables of all members of the group C(fxp_servers) and returns what each of them must announce, allow,
    open and prove.
  - B(The options below are inventory variables). Each is said for a host or a group with the prefix C(fxp_), so O(passive_ports)
    is the variable C(fxp_passive_ports). A task that calls this action passes no options.
  - Only inventory variables are read, never gathered facts, and no host is contacted. So the plan is the same with C(--limit),
    in every batch of C(serial), and while a server is down.
  - Templates are resolved with what the inventory says, too. What is said with C(-e) counts like the inventory.
  - A variable of this list, or a slip of one, that stands elsewhere, such as in a play's C(vars), for a role, as a fact or in
    C(group_vars) beside a playbook, is refused by name, because other playbooks would not see it. Other names, such as a
    registered C(fxp_result), are not looked at there.
  - An inventory that cannot be planned fails with one sentence for each problem that names host, variable, value and cure, before
    any host changes. A variable with the prefix C(fxp_) that is not in this list is such a problem.
  - The roles of this collection call this action; there is rarely a reason to call it otherwise.
author:
  - The proftpd.fxp contributors (@proftpd-fxp)
requirements:
  - netaddr (on the controller)
  - cryptography (on the controller, where a server has TLS and its certificate from the fleet's authority)
  - The collection C(community.crypto) 2.20.0 or newer (on the controller, where cryptography is needed)
extends_documentation_fragment:
  - proftpd.fxp._attributes
  - proftpd.fxp._attributes.looks
attributes:
  check_mode:
    support: full
options:
  address:
    description:
      - The literal IPv4 or IPv6 address that clients and peers dial, or a list of one of each. No two servers have the same
        one, unless something in front of them translates addresses (O(gateway), O(masquerade_address)).
      - Two servers exchange files by each family that both have. One that shares none with any other server is refused.
      - Addresses of loopback and link-local ones are refused, because nobody else can dial them.
      - If it is not said and C(ansible_host) is a literal address, that address is taken; with a O(gateway) that has
        O(outer_address), that one.
    type: list
    elements: str
  control_port:
    description:
      - The TCP port of the control connection.
    type: int
    default: 21
  passive_ports:
    description:
      - The range of TCP ports, as C(first-last), that the server listens on for data connections.
      - ProFTPD's C(PassivePorts) and the firewall rules both come from here.
      - A server admits as many sessions as the range has ports, but not more than 100.
    type: str
    default: 49152-49407
  masquerade_address:
    description:
      - The literal IPv4 address that the server announces in answer to C(PASV), for a server behind NAT. It stands for the
        IPv4 address in O(address).
      - With a O(gateway) that has O(outer_address) it need not be said.
    type: str
  gateway:
    description:
      - The member of the inventory group C(fxp_gateways) that forwards connections to this server (NAT).
      - If O(outer_address) is said for that host, the playbook C(proftpd.fxp.site) configures it, and O(address) and
        O(masquerade_address) of the server need not be said. Otherwise somebody else does, O(masquerade_address) must be said,
        and the playbook C(proftpd.fxp.rule_sheet) tells what the gateway must forward.
      - Several servers may share one outer address if their passive ranges, and O(public_control_port), differ.
    type: str
    version_added: 0.2.0
  inner_address:
    description:
      - The server's own literal IPv4 address behind its O(gateway), or the one, IPv4 or IPv6, that hosts in O(inner_networks)
        dial.
      - If it is not said, one of these is, and C(ansible_host) is a literal address, that address is taken.
    type: str
    version_added: 0.6.0
  inner_networks:
    description:
      - Networks, for example C(10.0.0.0/24), whose hosts dial O(inner_address) at O(control_port) and are told that address for
        data connections. All others dial O(address) and are told that one, or O(masquerade_address).
      - For a server with two faces, a network inside and the world outside, with NAT between them or an interface for each.
      - Two servers that say the same networks exchange files at their inner addresses, too, for clients inside. So networks of
        different servers are the same, or have no address in common. Behind different gateways they are not the same.
      - It lets nobody in, that is O(clients) alone.
    type: list
    elements: str
    default: []
    version_added: 0.6.0
  outer_address:
    description:
      - For members of the inventory group C(fxp_gateways), not for servers. The literal IPv4 address that the world dials to
        reach the servers behind this gateway.
      - If it is said, the playbook C(proftpd.fxp.site) has the gateway lead connections to those servers, with nftables.
        Otherwise the gateway is left to who administers it.
    type: str
    version_added: 0.6.0
  arrival_address:
    description:
      - For members of the inventory group C(fxp_gateways), not for servers. The address of the gateway at which connections to
        O(outer_address) arrive, where something in front of it translates them one to one.
      - If it is not said, it is O(outer_address).
    type: str
    version_added: 0.6.0
  public_control_port:
    description:
      - The TCP port of the gateway that leads to O(control_port), which clients dial.
      - If it is not said, it is O(control_port).
    type: int
    version_added: 0.2.0
  egress_addresses:
    description:
      - The literal addresses that connections opened by this server appear to come from when they reach a peer, or networks in
        CIDR notation where it is any address of a pool (carrier NAT). Everybody who comes from there is taken for this server, so
        a network is best small; one shorter than /16, or /32 of IPv6, is refused.
      - If it is not said, O(masquerade_address) is taken, else O(address). The same goes for a family of O(address) of which
        none is said.
      - They are of the families that the server announces. Others are told, and refused where none of these is among them.
    type: list
    elements: str
    default: []
  extra_config:
    description:
      - Directives and sections of ProFTPD that are the site's own, as they would stand in C(proftpd.conf).
      - Those that ProFTPD takes once, such as C(Umask), C(MaxInstances) or C(AuthOrder), replace what this collection writes;
        those that add up, such as C(ExtendedLog), C(Class) or C(Limit), stand behind it.
      - What the plan itself decides is refused, with the variable that says it. In a C(VirtualHost) everything may stand, on a
        C(Port) of its own that no firewall is opened for. C(docs/own-directives.md) tells it all.
    type: str
    default: ''
    version_added: 0.7.0
  extra_modules:
    description:
      - Modules of ProFTPD to load for O(extra_config), such as V(mod_sql), in this order.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  extra_packages:
    description:
      - Packages to install for them, such as V(proftpd-mod-sqlite).
    type: list
    elements: str
    default: []
    version_added: 0.7.0
  extra_peers:
    description:
      - FTP servers outside the inventory, of partners, that the server exchanges files with as with its peers. They are in class,
        rules and trust of the server, and in the rule sheet. Nothing is configured on them; the playbook
        C(proftpd.fxp.rule_sheet) writes a letter for each, which tells what their administrators must do.
      - All servers that name a partner say the same of it. It is best said once, for the group C(fxp_servers).
    type: list
    elements: dict
    default: []
    version_added: 0.6.0
    suboptions:
      name:
        description:
          - What the partner is called here. No server of the inventory has that name.
        type: str
        required: true
      address:
        description:
          - The literal address that the partner announces and that clients dial, or a list of one of each family.
        type: list
        elements: str
        required: true
      egress_addresses:
        description:
          - Where connections of the partner come from, as O(egress_addresses).
        type: list
        elements: str
        default: []
      control_port:
        description:
          - The TCP port of its control connection.
        type: int
        default: 21
      passive_ports:
        description:
          - The range of TCP ports that it listens on for data connections. If it is not said, any port from 1024 on is let out.
        type: str
      tls:
        description:
          - What is encrypted between it and the server, as O(tls). V(required) needs a partner that takes the data connection of
            a server which has no TLS session with it. V(control) is for one that cannot encrypt files between servers.
        type: str
        choices:
          - required
          - control
          - none
        default: required
      ca:
        description:
          - The certificate of the authority that the partner's certificate comes from, as PEM text, or the path of a file as
            O(tls_ca_cert). The server then trusts it beside that of the fleet.
        type: str
      user:
        description:
          - An account of the partner that checks may use. Without it nothing is proven with the partner.
        type: str
      password:
        description:
          - Its password.
        type: str
  foreign_addresses:
    description:
      - Whose addresses the server accepts for data connections, beside the address of the client that is logged in.
      - V(peers) are the announced and the egress addresses of all other members of C(fxp_servers), and of O(extra_peers).
      - V(none) turns FXP off for this server.
      - They are accepted for accounts with O(users[].fxp=true) and for O(check_user). All other accounts cannot do FXP.
      - On Debian 11 V(peers) needs O(accept_open_passive=true).
      - V(any) opens the server for bounce attacks (RFC 2577) and is refused unless O(accept_bounce_risk=true).
    type: str
    choices:
      - peers
      - none
      - any
    default: peers
  accept_bounce_risk:
    description:
      - Say that O(foreign_addresses=any) is meant.
    type: bool
    default: false
  accept_open_passive:
    description:
      - Say that the server may run a release of ProFTPD on which no configuration keeps strangers off passive data connections,
        1.3.7rc1 to 1.3.7c, 1.3.8rc1 or 1.3.8rc2. Debian 11 ships 1.3.7a. An account that may do FXP is refused there otherwise.
      - Then passive data connections in the sessions of these accounts, O(users[].fxp=true) and O(check_user), stand open to
        every address that the firewall lets to O(passive_ports). Those are O(clients), with V(any) everybody, and the peers.
        Whoever connects first takes part in the transfer in the place of the peer.
      - It changes nothing on other releases.
    type: bool
    default: false
    version_added: 0.3.0
  clients:
    description:
      - Networks, in CIDR notation, that may log in and open data connections. V(any) stands for everybody.
      - The host that checks are driven from, O(vantage), must be among them.
    type: list
    elements: str
    default:
      - any
  users:
    description:
      - Accounts of the server. They exist in ProFTPD's own password file only and cannot log in by any other way.
      - Every account is jailed to its home.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the account.
        type: str
        required: true
      password:
        description:
          - Password of the account. Keep it in a vault, and in quotes if it looks like a number, because YAML reads some numbers
            as others (0123 is 83).
          - Exactly one of O(users[].password) and O(users[].password_hash) must be said.
        type: str
      password_hash:
        description:
          - Hash of the password as crypt(3) writes it, for example from C(openssl passwd -6).
        type: str
      home:
        description:
          - Absolute path of the directory that the account sees as its root. It is made if it is missing, and an existing one is
            left as it is. A directory of the system, such as C(/etc) or what is in it, is refused.
          - If it is not said, it is C(/srv/fxp/<name>).
        type: str
      uid:
        description:
          - Numeric owner of the files that the account writes, never 0 (root).
          - If it is not said, the system account C(ftp) owns them.
        type: int
      gid:
        description:
          - Numeric group of the files that the account writes, never 0.
          - If it is not said, it is the group of the system account C(ftp).
        type: int
      fxp:
        description:
          - Whether the account may do FXP, that is have files sent to and fetched from other servers (O(foreign_addresses)).
          - The account that checks log in with, O(check_user), always may.
        type: bool
        default: false
        version_added: 0.2.0
      upload:
        description:
          - Whether the account may write, that is upload, delete, rename and make directories.
        type: bool
        default: true
        version_added: 0.2.0
      download:
        description:
          - Whether the account may read files.
        type: bool
        default: true
        version_added: 0.2.0
      max_sessions:
        description:
          - The number of sessions that the account may have at a time.
        type: int
        version_added: 0.2.0
      max_rate:
        description:
          - The rate in bytes per second at which each transfer of the account goes at most, for example V(10MB).
        type: bytes
        version_added: 0.2.0
  check_user:
    description:
      - Name of the account that checks log in with. It is made on every server if O(users) does not list it.
      - The playbook C(proftpd.fxp.smoke_test) needs it.
    type: str
  check_password:
    description:
      - Password of O(check_user). Keep it in a vault.
      - It needs at least 12 characters, for the account is open to whoever guesses it, and must not be part of a name or path,
        because those are printed.
    type: str
  tls:
    description:
      - Whether control and data connections are encrypted.
      - V(required) takes logins and files over TLS only. Servers that exchange files check one another's certificate against
        O(tls_ca_cert), and one of them takes the part of the TLS client (SSCN).
      - V(control) takes logins over TLS only and lets the client choose for files, for partners whose servers have no SSCN. Files
        between servers then go in the clear.
      - V(none) encrypts nothing.
      - Servers with V(required) exchange files only with one another, so a mixture is refused.
    type: str
    choices:
      - required
      - control
      - none
    default: required
  tls_versions:
    description:
      - The versions of TLS that the server takes.
      - V(1.3) is best left out. With it a file arrived short in every second transfer between two ProFTPD servers, if the client
        made the sending server the TLS client, and clients are free to do so.
    type: list
    elements: str
    choices:
      - '1.2'
      - '1.3'
    default:
      - '1.2'
    version_added: 0.2.0
  tls_uncork:
    description:
      - Have ProFTPD start with nothing corked (TCP_CORK), so that a file between two such servers takes milliseconds over TLS
        instead of 0.4 s more. C(docs/tls.md) tells why, what it costs, and when not to say it.
      - When it comes or goes, the service is restarted, which ends its sessions.
      - With O(tls=none) it does nothing.
    type: bool
    default: false
    version_added: 0.3.0
  tls_ca_cert:
    description:
      - The certificate of the authority that the servers of the fleet trust, as PEM text or as the path of a file on the
        controller. A relative path counts from the directory that the inventory lies in. All servers need the same one.
      - There may be several certificates in it. All are trusted, the first one belongs to O(tls_ca_key). C(docs/tls.md) tells how
        an authority is replaced with the help of that.
      - If it is not said, it is the file C(fxp-ca.pem) beside the inventory, which is made on first use together with its key.
      - Never name a public authority. ProFTPD checks that the peer's certificate comes from this authority, and not whose it is.
    type: str
    version_added: 0.2.0
  tls_ca_key:
    description:
      - The private key of the authority, as PEM text from a vault or as the path of a file on the controller, which may be
        encrypted with C(ansible-vault). A relative path counts from the directory that the inventory lies in.
      - If it is not said, it is the file C(fxp-ca.key) beside the inventory.
      - It is needed only while a server needs a new certificate.
    type: str
    version_added: 0.2.0
  tls_certificate:
    description:
      - A certificate that you bring, with the intermediate certificates after it, as PEM text or as the path of a file on the
        controller. It must come from O(tls_ca_cert) and have all addresses of the server.
      - If it is not said, the server makes a key that never leaves it, and gets a certificate from O(tls_ca_key).
    type: str
    version_added: 0.2.0
  tls_private_key:
    description:
      - The private key of O(tls_certificate), as PEM text from a vault or as the path of a file on the controller, which may be
        encrypted with C(ansible-vault).
    type: str
    version_added: 0.2.0
  firewall_backend:
    description:
      - What manages the firewall of the host.
      - V(auto) takes the one that decides on the host, else nftables. A host where two decide is refused, and one where another
        one decides than is said.
      - V(none) leaves the firewall alone, and takes the rules of earlier runs away.
      - For members of the inventory group C(fxp_gateways), V(auto) and V(nftables) are possible, and V(none) leaves the gateway
        to who administers it.
    type: str
    choices:
      - auto
      - nftables
      - firewalld
      - ufw
      - iptables
      - none
    default: auto
  firewall_mark:
    description:
      - The mark of packets by which rules of iptables know what our own rules let through, as a value and the bits that it is in.
      - It counts where iptables decides, and nowhere else. A host where something else uses bits of it is refused.
    type: str
    default: 0x46000000/0xff000000
    version_added: 0.3.0
  acknowledged:
    description:
      - Findings of the playbook C(proftpd.fxp.audit) that are known. They are still shown, with the reason, but are no hole,
        fault or note any more, so that they do not make the audit fail. Nothing on the server changes.
      - An entry is about everything that the audit finds under this code on this server, but for one that names an advisory.
        C(docs/audit.md) lists the codes.
    type: list
    elements: dict
    default: []
    version_added: 0.3.0
    suboptions:
      code:
        description:
          - Code of the finding, which the audit prints in brackets.
        type: str
        required: true
      advisory:
        description:
          - With the code C(advisory), the one that is known, as its finding begins, for example C(CVE-2024-48651). If
            it is not said, all of them are, also those to come. Of entries for both, the one that names it counts.
        type: str
      reason:
        description:
          - Why the finding may stay. It is printed.
        type: str
        required: true
      until:
        description:
          - The last day on which this holds, as C(YYYY-MM-DD) and in the controller's time. From the next day on the finding
            counts again. If it is not said, it holds without end.
          - Best in quotes. Without them, a day that is none (2027-02-30) keeps Ansible from reading the whole file.
        type: str
  vantage:
    description:
      - The host that checks are driven from, the same for all servers and never one of them or of C(fxp_gateways).
    type: str
    default: localhost
  take_over:
    description:
      - Replace a ProFTPD configuration that somebody made by hand. The old file is kept beside the new one.
      - The untouched file of the distribution is not such a configuration.
    type: bool
    default: false
  state:
    description:
      - Whether the server serves.
      - V(absent) is for a server that goes. It is nobody's peer any more, so it is in no class, rule or pair of the others, and
        the playbook C(proftpd.fxp.site) takes off it what this collection brought. No other variable of it is looked at, so
        that none can stop its removal.
      - Homes, logs and installed packages stay. C(docs/moves.md) tells how a server leaves without interrupting the others.
      - A member of the inventory group C(fxp_gateways) that is V(absent) leads no connections any more; no server may name it.
    type: str
    choices:
      - present
      - absent
    default: present
"""

EXAMPLES = r"""
# inventory.yml:
#
#   fxp_servers:
#     hosts:
#       ftp1: {ansible_host: 198.51.100.11}
#       ftp2: {ansible_host: 198.51.100.12}
#     vars:
#       fxp_passive_ports: 61000-61099
#       fxp_clients: [198.51.100.0/24]
#       fxp_check_user: fxpcheck
#       fxp_check_password: "{{ vault_fxp_check_password }}"

- name: Plan what every server must announce, allow, open and prove
  proftpd.fxp.fxp_plan:
  run_once: true
  register: _plan_fleet
"""

RETURN = r"""
authority:
  description:
    - Where the certificate and the private key of the fleet's authority are; C(null) where no server has TLS.
    - It is the only thing of the plan that depends on where the inventory lies. Nothing is read from these files here.
  returned: success
  type: dict
  contains:
    certificate:
      description: Absolute path on the controller; C(null) where O(tls_ca_cert) is the text itself.
      type: str
      returned: success
    certificate_text:
      description: The text of O(tls_ca_cert); C(null) where it is in a file.
      type: str
      returned: success
    key:
      description: Absolute path on the controller; C(null) where O(tls_ca_key) is the text itself.
      type: str
      returned: success
    directory:
      description: The directory on the controller that relative paths count from.
      type: str
      returned: success
    host:
      description: The server whose variables have O(tls_ca_key).
      type: str
      returned: success
    is_default:
      description: Whether O(tls_ca_cert) is not said, so that the authority may be made.
      type: bool
      returned: success
families:
  description:
    - The address families by which servers exchange files, those that at least two of them have; of a single server its own.
  returned: success
  type: list
  elements: int
  sample: [4]
gateways:
  description:
    - The members of the inventory group C(fxp_gateways) that are configured, by inventory name. One that is to be absent has its
      C(state) and no addresses.
  returned: success
  type: dict
  version_added: 0.6.0
  sample: {gw1: {arrival_address: 198.51.100.10, outer_address: 198.51.100.10, state: present}}
partners:
  description:
    - What servers must know of those in O(extra_peers), by name, as RV(servers).
  returned: success
  type: dict
  version_added: 0.6.0
  sample: {}
servers:
  description:
    - The peers' table, what every server must know of the others, by inventory name. Servers that are to be absent are not in it.
  returned: success
  type: dict
  sample:
    ftp1:
      address: 198.51.100.11
      address4: 198.51.100.11
      address6: null
      announced: 198.51.100.11
      announced4: 198.51.100.11
      announced6: null
      announced_family: 4
      class_members: [198.51.100.11]
      class_members4: [198.51.100.11]
      class_members6: []
      control_port: 21
      egress: [198.51.100.11]
      egress4: [198.51.100.11]
      egress6: []
      families: [4]
      gateway: null
      inner_address: null
      inner_networks: []
      passive_ports: {first: 61000, last: 61099}
      public_control_port: 21
      tls: required
hosts:
  description:
    - What differs between the servers, by inventory name. No secrets are in it.
    - A server that is to be absent is listed here only, and with C(state) alone.
  returned: success
  type: dict
  sample:
    ftp1:
      accept_open_passive: false
      accounts:
        - {name: fxpcheck, home: /srv/fxp/fxpcheck, uid: null, gid: null, password_from: check, fxp: true, upload: true,
           download: true, max_sessions: null, transfer_rate: null}
      acknowledged: []
      allow_foreign_address: fxp_peers
      certificate_addresses: [198.51.100.11]
      certificate_from: authority
      certificate_name: ftp1
      check_user: fxpcheck
      clients4: [198.51.100.0/24]
      clients6: []
      extra_digest: null
      extra_modules: []
      extra_packages: []
      extra_peers: []
      extra_ports: []
      firewall_backend: auto
      firewall_mark: 0x46000000/0xff000000
      inner_masquerade_address: null
      masquerade_address: null
      max_instances: 100
      state: present
      take_over: false
      tls: required
      tls_uncork: false
      tls_versions: ['1.2']
    ftp3:
      state: absent
refusing:
  description:
    - The servers that take no foreign addresses. A transfer with one of them, in either role, must be refused.
  returned: success
  type: list
  elements: str
  sample: []
shut:
  description:
    - Those of RV(refusing) whose passive ports are opened for their clients only, so that no peer comes as far as the server.
  returned: success
  type: list
  elements: str
  sample: []
  version_added: 0.3.0
cautions:
  description:
    - Sentences on what works but deserves a word; they are shown as warnings too.
  returned: success
  type: list
  elements: str
play:
  description:
    - The play that the plan was made in; roles of the same play use it again.
  returned: success
  type: str
vantage:
  description:
    - The host that checks are driven from; C(null) where all servers are to be absent.
  returned: success
  type: str
  sample: localhost
"""
