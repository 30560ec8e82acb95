"""Where neutral contexts stand in a view of a text, for terms that don't count within them."""


class Shields:
    """The neutral contexts of one lexicon in a view; few lie near any place, however many there are."""

    def __init__(self) -> None:
        self._ends: dict[int, int] = {}
        self._longest = 0

    def add(self, start: int, end: int) -> None:
        """Note a context from ``start`` up to ``end``, which is not included."""
        self._ends[start] = max(end, self._ends.get(start, 0))
        self._longest = max(self._longest, end - start)

    def cover(self, start: int, end: int) -> bool:
        """Return whether one context holds the whole of a span."""
        return any(self._ends.get(first, 0) >= end for first in range(max(end - self._longest, 0), start + 1))
