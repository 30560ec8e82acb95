"""The live index: for services, an index that follows the banks of its home while it answers.

Rules: what another process imports or withdraws is in effect for the next question, some milliseconds after its commit;
every snapshot is an :class:`~safehold.matching.index.Index` and never changes, so take one for a question and its
answer. A change of a few entries reads those alone. Segments are made by a thread in the background (or by `settle`),
never while somebody waits; a list of more than 65,536 new entries is only searched when its segment is made, and
counted by `behind` until then. What can't be read or made is raised by `current`: nothing passes as not listed.

    with LiveIndex(home) as live:
        index = live.current()
        hits = index.lookup(Algorithm.PDQ, values, threshold=Bits(31))
"""

import time
from collections.abc import Sequence
from threading import Lock, Thread
from typing import Self

from safehold.home.home import Home
from safehold.matching.banks.builtin import builtin_bank
from safehold.matching.banks.catalogue import BankContents, followed_contents
from safehold.matching.index import Index
from safehold.matching.segments.following import followed
from safehold.matching.segments.shelf import SMALL_ROWS, Shelf
from safehold.matching.segments.sources import in_use, sources_of
from safehold.matching.segments.standing import Readings
from safehold.matching.videos import ListedVideos
from safehold.matching.watch import ChangeWatch
from safehold.vocabulary import SafeholdError

WAITING_LISTS = 4
"""How many times as long as what stays in memory a new list may be that is searched before its segment is made."""

LOOK_SECONDS = 0.005
"""How long a snapshot may be given out before the database is asked whether anything has changed."""


class LiveIndex:
    """An index that follows its home; threads may share it.

    Args:
        home: where the banks are; must stay open.
        small_rows: the most entries that stay in memory instead of in files.
        in_background: whether a thread makes segments when they are due; without, `settle` does when it is called.

    Raises:
        PartDamagedError, HomeUnusableError: as :meth:`Index.open`.
    """

    def __init__(self, home: Home, *, small_rows: int = SMALL_ROWS, in_background: bool = True) -> None:
        self._home = home
        self._small_rows = small_rows
        self._shelf = Shelf(home.indexes, small_rows=small_rows, checked=False)
        self._in_background = in_background
        self._readings = Readings()
        self._lock = Lock()
        self._worker: Thread | None = None
        self._failure: SafeholdError | OSError | None = None
        self._watch = ChangeWatch(home.database.path)
        self._watch.has_changed()  # from here on every commit counts: the banks are read after it
        self._is_stale = self._is_failing = False
        self._contents = followed_contents(home, ())
        self._index = Index.over(self._all(self._contents), self._shelf)
        self._behind = 0
        self._next_look = time.monotonic() + LOOK_SECONDS

    @property
    def behind(self) -> int:
        """Return how many imported entries are not searched yet, since their segment is still being made."""
        return self._behind

    def current(self) -> Index:
        """Return the index over the banks as they are now: as they were at most some milliseconds ago.

        Raises:
            PartDamagedError: a bank's new file is missing or altered.
            SafeholdError, OSError: a segment could not be made; raised once, then it is tried again.
        """
        now = time.monotonic()
        if self._is_failing:  # nobody gets the last good snapshot meanwhile
            self.refresh()
        elif now >= self._next_look and self._lock.acquire(blocking=False):  # one thread looks, the others go on
            try:
                self._next_look = now + LOOK_SECONDS
                self._look()
            finally:
                self._lock.release()
        return self._index

    def refresh(self) -> None:
        """Look at the banks now, whenever they were last looked at.

        Raises:
            PartDamagedError, SafeholdError, OSError: as :meth:`current`.
        """
        with self._lock:
            self._look()

    def settle(self) -> None:
        """Make the segments that are due, and search them from then on; safe to call from any thread and to repeat.

        Raises:
            PartDamagedError: a bank's file is missing or altered.
            HomeUnusableError, OSError: a segment can't be written.
        """
        contents = self._contents
        for source in sources_of(in_use(self._all(contents))):
            self._shelf.settle(source)
        settled = Index.over(self._all(contents), self._shelf)
        with self._lock:
            self._follow(self._contents, settled)

    def close(self) -> None:
        """Wait for what is being made, and stop watching."""
        worker = self._worker
        if worker is not None:
            worker.join()
        self._watch.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _look(self) -> None:
        """Follow the banks if they have changed; the caller holds the lock."""
        try:
            self._look_once()
        except (SafeholdError, OSError):
            self._is_failing = True
            raise
        self._is_failing = False

    def _look_once(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            self._is_stale = True
            raise failure
        if self._watch.has_changed():
            self._is_stale = True
        if not self._is_stale:
            return
        contents = followed_contents(self._home, self._contents)
        is_same = len(contents) == len(self._contents) and all(map(_is, contents, self._contents))
        if self._behind or not is_same:
            self._follow(contents, self._index)
        self._is_stale = False

    def _follow(self, contents: tuple[BankContents, ...], before: Index) -> None:
        """Bring an index up to these banks and give it out; nothing changes if that fails; under the lock."""
        used = in_use(self._all(contents))
        most = WAITING_LISTS * self._small_rows
        pieces, behind = followed(before.pieces, used, self._readings, small_rows=most)
        self._index = Index(used, tuple(pieces), before.rebuilt, ListedVideos(used))
        self._contents, self._behind = contents, behind
        if self._in_background and self._worker is None and self._is_due():
            self._worker = Thread(target=self._work, name="safehold-settle", daemon=True)
            self._worker.start()

    def _is_due(self) -> bool:
        """Whether more is in memory, or left out, than may stay so."""
        in_files = [part for _, one in self._index.pieces if one.folder is not None for part in one.parts]
        sources = sources_of(self._index.contents)
        return not all(self._shelf.is_little(source.without(in_files)) for source in sources)

    def _work(self) -> None:
        try:
            while self._is_due():
                self.settle()
        except (SafeholdError, OSError) as error:
            self._failure = error
        finally:
            self._worker = None

    @staticmethod
    def _all(contents: Sequence[BankContents]) -> list[BankContents]:
        return [*contents, builtin_bank()]


def _is(one: BankContents, other: BankContents) -> bool:
    return one is other
