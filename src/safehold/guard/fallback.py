"""What a failed check becomes. The rule: nothing passes, except on surfaces that the operator left open on purpose.

Only a service that can't be reached opens such a surface. A request that the service can't use, one that takes it too
long, or a limit, never does: all three can be brought about from outside.
"""

import logging
from dataclasses import dataclass, replace
from threading import Lock

from safehold.gateway.answer import Refusal
from safehold.gateway.item import CheckRequest
from safehold.guard.errors import GuardLimitedError, GuardTimedOutError, GuardUnavailableError, RejectedRequestError
from safehold.guard.options import GuardOptions, OnFailure
from safehold.guard.outcome import GuardResult, let_through_unexamined, unexamined
from safehold.vocabulary import Action

Failure = GuardUnavailableError | GuardLimitedError | RejectedRequestError
FAILURES = (GuardUnavailableError, GuardLimitedError, RejectedRequestError)
_LOG = logging.getLogger("safehold.guard")


@dataclass(frozen=True, slots=True)
class GuardCounts:
    """How often what happened since the guard was made.

    Attributes:
        checked: results given.
        refused: results that let nothing pass.
        failed: checks on which nothing could be decided.
        let_through_unexamined: results that let content pass unexamined: watch that this stays 0.
    """

    checked: int = 0
    refused: int = 0
    failed: int = 0
    let_through_unexamined: int = 0


class Tally:
    """Counts results; threads may share one."""

    def __init__(self) -> None:
        self._counts = GuardCounts()
        self._lock = Lock()

    def now(self) -> GuardCounts:
        """Return the counts so far."""
        return self._counts

    def add(self, result: GuardResult) -> None:
        """Count a result, whether the service gave it or it stands for a failure."""
        with self._lock:
            before = self._counts
            self._counts = replace(
                before,
                checked=before.checked + 1,
                refused=before.refused + (not result.allowed),
                let_through_unexamined=before.let_through_unexamined + (result.action is Action.ALLOW_UNEXAMINED),
            )

    def fail(self) -> None:
        """Count a check on which nothing could be decided."""
        with self._lock:
            self._counts = replace(self._counts, failed=self._counts.failed + 1)


def settle(failure: Failure, request: CheckRequest, options: GuardOptions) -> GuardResult:
    """Return what a failed check becomes.

    Raises:
        GuardUnavailableError, GuardLimitedError, RejectedRequestError: the failure itself, where the options say so.
    """
    surfaces = {item.kind.surface for item in request.items}
    is_away = isinstance(failure, GuardUnavailableError) and not isinstance(failure, GuardTimedOutError)
    if is_away and surfaces and surfaces <= options.fail_open:
        named = sorted(surface.value for surface in surfaces)
        _LOG.warning("allowed_unexamined", extra={"surfaces": named, "items": len(request.items)})
        return let_through_unexamined(request)
    _LOG.warning("check_failed", extra={"failure": type(failure).__name__, "items": len(request.items)})
    if options.on_failure is OnFailure.RAISE:
        raise failure
    return unexamined(request, Refusal.LIMITED if isinstance(failure, GuardLimitedError) else Refusal.UNEXAMINED)
