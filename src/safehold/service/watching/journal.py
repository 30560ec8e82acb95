"""The journal: one line of JSON an event, with a name that stands in our code and values that can't be content.

Rules: a value is a number, a boolean, or a word that the ledger would take too (an id, a digest, a version): anything
else is written as "unfit", so that no mistake can put a prompt, a file name or an address into a log.

    journal.write("request.answered", route="checks", status=200, ms=2.1)
"""

import json
import sys
from typing import TextIO

from safehold.ledger import is_fit
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock

UNFIT = "unfit"
_WRITTEN = json.JSONEncoder(separators=(",", ":"))


class Journal:
    """Lines on a stream; threads may share it.

    Args:
        clock: where the time comes from.
        stream: where lines go; standard error, as it is at the time of each line.
        is_silent: write nothing.
    """

    def __init__(self, clock: Clock, stream: TextIO | None = None, *, is_silent: bool = False) -> None:
        self._clock = clock
        self._stream = stream
        self._is_silent = is_silent

    def write(self, event: str, **values: str | float | bool | None) -> None:
        """Write one line.

        Args:
            event: its static name.
            values: what belongs to it.
        """
        if self._is_silent:
            return
        line = {"at": timestamp(self._clock.now()), "event": event}
        told = {name: _fit(value) for name, value in values.items() if value is not None}
        stream = sys.stderr if self._stream is None else self._stream
        try:
            stream.write(_WRITTEN.encode({**line, **told}) + "\n")
            stream.flush()
        except OSError:  # nobody reads any more: that is no reason to stop deciding
            self._is_silent = True


def _fit(value: str | float | bool) -> str | float | bool:
    if isinstance(value, str):
        return value if is_fit(value) else UNFIT
    return round(value, 3) if isinstance(value, float) else value
