"""Quiet: what other packages log, and what nobody caught, becomes lines of the journal without any of its words.

A web server logs paths and addresses, an event loop logs tracebacks with the words of exceptions. Both may hold what
people wrote. So of every record stay its level and the place in the code, as the journal takes them.
"""

import logging
import sys
import threading
from types import TracebackType

from safehold.service.edge import where
from safehold.service.watching import Journal


class JournalHandler(logging.Handler):
    """Writes of a record where it comes from, nothing of what it says.

    Args:
        journal: where lines go.
    """

    def __init__(self, journal: Journal) -> None:
        super().__init__(logging.WARNING)
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        self._journal.write("elsewhere.noted", level=record.levelname, module=record.module, line=record.lineno)


def be_quiet(journal: Journal) -> None:
    """Let this process say nothing but lines of the journal; for a process of the service's own, at its start."""
    logging.basicConfig(handlers=[JournalHandler(journal)], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)

    def caught(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            journal.write("process.failed", **where(error))

    def caught_in_thread(failed: threading.ExceptHookArgs) -> None:
        if failed.exc_value is not None:
            journal.write("thread.failed", **where(failed.exc_value))

    sys.excepthook = caught
    threading.excepthook = caught_in_thread
