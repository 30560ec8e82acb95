"""What a worker does for cases: carry decisions out, tell of enforcement, expire, forget, put away."""

from collections.abc import Sequence

from safehold.home.outbox import Outbox
from safehold.service.enforcing.telling import Teller
from safehold.service.serving.worker import Duty
from safehold.service.webhooks.setup import endpoints_of
from safehold.wiring.casework import Casework

CARRY_SECONDS = 1.0
TELL_SECONDS = 1.0
EXPIRE_SECONDS = 30.0
FORGET_SECONDS = 600.0


def enforcing_duties(casework: Casework) -> Sequence[Duty]:
    """Return what a worker has to do."""
    workshop = casework.workshop
    home = workshop.home
    teller = Teller(
        home.database,
        Outbox(home.database, home.clock),
        casework.enforcement,
        endpoints_of(home, workshop.ledger),
        workshop.settings.enforcement_webhooks,
    )
    return (
        Duty("decisions.carry_out", CARRY_SECONDS, casework.decisions.settle),
        Duty("enforcement.tell", TELL_SECONDS, teller.tell_due),
        Duty("enforcement.expire", EXPIRE_SECONDS, casework.enforcement.expire_due),
        Duty("appeals.forget", FORGET_SECONDS, casework.appeals.forget),
        Duty("exposures.put_away", EXPIRE_SECONDS, casework.exposures.close_left_open),
    )
