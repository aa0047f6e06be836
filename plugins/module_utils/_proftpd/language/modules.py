# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
Which modules a ProFTPD has, and which directives come with them.

Releases of one distribution differ in this: what is a part of the program in one is a file to be loaded in the next.
A directive whose module is not there is one that ProFTPD does not start with.
"""

from __future__ import annotations

import re

# The modules that this collection and what it judges are about, with their directives (conftable of each module's source, by
# releases 1.3.7 to 1.3.10) in lower case. No other module of ProFTPD knows any of these.
_DIRECTIVES = {
    "mod_xfer.c": """AllowOverwrite AllowRetrieveRestart AllowStoreRestart DefaultTransferMode DeleteAbortedStores
        DisplayFileTransfer HiddenStores MaxRetrieveFileSize MaxStoreFileSize MaxTransfersPerHost MaxTransfersPerUser
        StoreUniquePrefix TimeoutNoTransfer TimeoutStalled TransferOptions TransferRate UseSendfile""",
    "mod_ls.c": "DirFakeGroup DirFakeMode DirFakeUser ListOptions ListStyle ShowSymlinks UseGlobbing",
    "mod_delay.c": "DelayControlsACLs DelayEngine DelayOnEvent DelayTable",
    "mod_digest.c": """DigestAlgorithms DigestCache DigestDefaultAlgorithm DigestEnable DigestEngine DigestMaxSize
        DigestOptions""",
    "mod_ifsession.c": "IfSessionOptions IfUser IfGroup IfClass IfAuthenticated",
    "mod_tls.c": """TLSCACertificateFile TLSCACertificatePath TLSCARevocationFile TLSCARevocationPath TLSCertificateChainFile
        TLSCipherSuite TLSControlsACLs TLSCryptoDevice TLSDHParamFile TLSDSACertificateFile TLSDSACertificateKeyFile
        TLSECCertificateFile TLSECCertificateKeyFile TLSECDHCurve TLSEngine TLSLog TLSMasqueradeAddress TLSNextProtocol
        TLSOptions TLSPassPhraseProvider TLSPreSharedKey TLSProtocol TLSRandomSeed TLSRenegotiate TLSRequired
        TLSRSACertificateFile TLSRSACertificateKeyFile TLSServerCipherPreference TLSServerInfoFile TLSSessionCache
        TLSSessionTicketKeys TLSSessionTickets TLSStapling TLSStaplingCache TLSStaplingOptions TLSStaplingResponder
        TLSStaplingTimeout TLSTimeoutHandshake TLSUserName TLSVerifyClient TLSVerifyDepth TLSVerifyOrder TLSVerifyServer""",
}
MODULE_OF = {name.lower(): module for module, names in _DIRECTIVES.items() for name in names.split()}


def listed(said: str) -> frozenset[str] | None:
    """Return the modules that ``proftpd -l`` said are compiled in; None if it said none, so that nothing is known."""
    return frozenset(re.findall(r"^\s+(mod_\w+\.c)", said, re.MULTILINE)) or None
