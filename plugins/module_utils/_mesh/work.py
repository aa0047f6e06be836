# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""Work in several threads, nothing that a work needs in two of them at once."""

from __future__ import annotations

import threading
import typing as t

from ansible_collections.proftpd.fxp.plugins.module_utils._ftp.session import wait_for


class Work(t.NamedTuple):
    """Something to do that needs these for itself: servers, or connections to them."""

    needs: tuple[t.Hashable, ...]
    do: t.Callable[[], None]


def run_apart(works: t.Iterable[Work], threads: int) -> None:
    """
    Do all works, in their order as far as what they need is free.

    Nobody waits for a round to end: whoever is idle takes the first work that nothing is in the way of, so a slow server holds up
    its own works only. An exception ends the run after the works under way, and is raised.
    """
    pending = list(works)
    busy: set[t.Hashable] = set()
    errors: list[BaseException] = []
    change = threading.Condition()

    def take() -> Work | None:
        with change:
            while pending:
                for index, work in enumerate(pending):
                    if busy.isdisjoint(work.needs):
                        busy.update(work.needs)
                        return pending.pop(index)
                change.wait()
            return None

    def work_on() -> None:
        work = take()
        while work is not None:
            try:
                work.do()
            except BaseException as error:
                with change:
                    errors.append(error)
                    pending.clear()
            with change:
                busy.difference_update(work.needs)
                change.notify_all()
            work = take()

    workers = [threading.Thread(target=work_on) for _index in range(min(threads, len(pending)))]
    for worker in workers:
        worker.start()
    wait_for(workers)
    if errors:
        raise errors[0]


__all__ = ("Work", "run_apart")
