"""The gateway: an opened home with everything that checks need, for as long as a process checks.

    with open_gateway(None) as gateway:
        gateway.checks.check(request, caller)

Make one a process, after any fork: it has threads of its own.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from safehold.gateway import Answer, Caller, CheckRequest
from safehold.gateway.checks import Checks
from safehold.gateway.errors import ChecksUnavailableError
from safehold.home.outbox import Outbox
from safehold.ledger.commit import GroupCommit
from safehold.matching.live import LiveIndex
from safehold.vocabulary import Clock
from safehold.wiring.workshop import Workshop, open_workshop


@dataclass(frozen=True, slots=True)
class Gateway:
    """What checks need, opened.

    Attributes:
        workshop: the home and its rooms.
        checks: the one native call.
        index: what finds bank entries; it follows the banks of the home.
        commits: makes decisions of many threads durable together.
        outbox: what is to be done after a decision.
    """

    workshop: Workshop
    checks: Checks
    index: LiveIndex
    commits: GroupCommit
    outbox: Outbox


@contextmanager
def open_gateway(
    named: Path | None, *, environment: Mapping[str, str] | None = None, clock: Clock | None = None
) -> Iterator[Gateway]:
    """Open a home for checks while the block runs, making it ready at its first use.

    Args:
        named: the folder; None for the environment's or the platform's.
        environment: variables; the process's own by default.
        clock: where the time comes from; the machine's by default.
    """
    with (
        open_workshop(named, environment=environment, clock=clock) as workshop,
        LiveIndex(workshop.home) as index,
        GroupCommit(workshop.home.database, workshop.ledger) as commits,
    ):
        yield Gateway(
            workshop=workshop,
            checks=_NoChecks(),
            index=index,
            commits=commits,
            outbox=Outbox(workshop.home.database, workshop.home.clock),
        )


class _NoChecks:
    """Decides nothing: until the checks are there, nothing passes."""

    def check(self, request: CheckRequest, caller: Caller) -> Answer:
        del request, caller
        raise ChecksUnavailableError("there are no checks yet", advice="Let nothing pass.")
