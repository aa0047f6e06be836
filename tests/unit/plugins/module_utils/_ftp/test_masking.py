# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever the password and whatever servers say of it: it is in no result, and the result is the same as with another one."""

from __future__ import annotations

import json
import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proftpd.fxp.plugins.module_utils._diagnosis.result import leg_result
from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.transcript import SHORT, Masker, Transcript
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.evidence import Evidence, Side
from ansible_collections.proftpd.fxp.plugins.module_utils._transfer.trial import Tried

# Asterisks could make the password anew out of what stands for it.
CHARACTERS = st.characters(min_codepoint=32, exclude_characters="*", exclude_categories=("Cs", "Cc", "Zl", "Zp"))
PASSWORDS = st.text(CHARACTERS, min_size=1, max_size=30).filter(str.strip) | st.sampled_from(
    ["226", "ok", "source", "PASV", "Transfer complete", "data_connection_blocked", "Foreign", "$(id)", "{{ 7*7 }}", "%n"]
)
WORDS = st.text(CHARACTERS, max_size=10)
DECIDED = ("passive", "ok", "cause", "server", "certain", "also_possible", "bytes", "verified_by", "file")


def evidence(replies: t.Sequence[str], stage: str) -> Evidence:
    """A leg that servers ended with these replies."""
    seen = Evidence(passive="source", source="a:21", destination="b:21", expected_size=1, announced_port=5000)
    seen.port_reply, seen.own_port_reply = replies[0], replies[1]
    if stage == "transfer":
        seen.stage, seen.announced_address = "transfer", "192.0.2.1"
        seen.active_side, seen.passive_side = Side(final=replies[2]), Side(preliminary=replies[3], final=replies[4])
    else:
        seen.stage = "port" if stage == "port" else "prepare"
        seen.fault_kind, seen.fault_server, seen.fault_command = "refused", "destination", "SIZE"
        seen.fault_detail = replies[2]
    return seen


@given(
    PASSWORDS,
    st.lists(st.tuples(st.sampled_from(["150", "200", "226", "425", "500", "550"]), WORDS, WORDS), min_size=5, max_size=5),
    st.sampled_from(["transfer", "port", "prepare"]),
)
def test_evidence_without_the_password(password: str, said: list[tuple[str, str, str]], stage: str) -> None:
    """Nothing from outside holds a long password, and what was decided does not depend on it."""
    seen = evidence([f"{code} {before}{password}{after}" for code, before, after in said], stage)
    leg = leg_result(Tried(seen), "allowed", Masker([password]))
    innocent = leg_result(Tried(seen), "allowed", Masker([]))
    assert [leg[key] for key in DECIDED] == [innocent[key] for key in DECIDED]
    assert leg["remedy"] == innocent["remedy"] or (password in innocent["remedy"])
    shown = leg["evidence"]
    sides = [side for side in (shown["active_side"], shown["passive_side"]) if side]
    outside = [shown["port_reply"], shown["own_port_reply"], shown["fault_detail"]]
    outside += [side[key] for side in sides for key in ("preliminary", "final")]
    texts = [text for text in outside if text is not None]
    assert all(text[:4].rstrip().isdigit() for text in texts)
    if len(password.strip()) >= SHORT:
        assert not any(password.strip() in text for text in texts)


@given(PASSWORDS.filter(lambda password: len(password.strip()) >= SHORT), WORDS, WORDS)
def test_dialogue_without_the_password(password: str, before: str, after: str) -> None:
    """What is received is masked; what is sent is the checker's own but for PASS."""
    transcript = Transcript(Masker([password]))
    transcript.add("source", "sent", f"PASS {password}")
    transcript.add("source", "received", f"530 {before}{password}{after}")
    assert password.strip() not in "\n".join(entry["line"] for entry in transcript.entries())
    assert json.loads(json.dumps(transcript.entries())) == transcript.entries()
