"""How a guard behaves where the service does not answer, and how long it waits.

options = GuardOptions(timeout_seconds=5, fail_open=frozenset({Surface.INPUT}))
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from safehold.gateway.item import Surface
from safehold.guard.errors import GuardSetupError

_MOST_ATTEMPTS = 10


class OnFailure(Enum):
    """What a check does where nothing could be decided: answer "not allowed", or raise the reason."""

    REFUSE = "refuse"
    RAISE = "raise"


@dataclass(frozen=True, slots=True)
class GuardOptions:
    """Choices that an operator makes once.

    Attributes:
        timeout_seconds: above 0; how long a check over HTTP may wait for the service, all attempts together. The
            default is what a person waits for before leaving, ten seconds.
        attempts: how often a check is sent at most, the first time included; at least 1. Each attempt of one check
            carries the same idempotency key, so that it is decided once.
        on_failure: what happens where nothing could be decided.
        fail_open: surfaces on which content passes unexamined while the service can't be reached. Nothing by default.
            A request passes only if all its items are of such surfaces; what the service could not use never passes.
        max_connections: to the service, kept open.
        ca_file: certificates to trust for the service's address, in place of the system's.
    """

    timeout_seconds: float = 10.0
    attempts: int = 3
    on_failure: OnFailure = OnFailure.REFUSE
    fail_open: frozenset[Surface] = frozenset()
    max_connections: int = 32
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        if not self.timeout_seconds > 0:
            raise GuardSetupError("a timeout that is not above 0", advice="Give seconds, such as 10.")
        if not 1 <= self.attempts <= _MOST_ATTEMPTS or self.max_connections < 1:
            raise GuardSetupError(
                "no attempts or no connections", advice="Give 1 to 10 attempts, 1 connection or more."
            )
