"""Instruments: what this process looks at the installation with. They live as long as the console does.

with open_instruments(workshop) as instruments:
instruments.tally.read().days
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from safehold.console.explorer import LedgerTally, Verification
from safehold.console.explorer.verification import child_argv
from safehold.console.lookup import FileLookup
from safehold.gateway.lifecycle import LivePolicies, PolicyStore
from safehold.gateway.policy import GatewayPolicy
from safehold.home.outbox import Outbox
from safehold.matching.live import LiveIndex
from safehold.service.readiness import Readiness
from safehold.wiring.gateway import own_policy
from safehold.wiring.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Instruments:
    """What this process looks at the installation with.

    Attributes:
        tally: what happened on which day.
        verification: runs through the ledger.
        index: the banks as this process can search them.
        readiness: whether database and index are there.
        lookup: looks for files that somebody uploads.
        outbox: what is to be delivered.
        own_policy: of the installation, in force as long as no stored one is.
        store: the life of stored policies.
    """

    tally: LedgerTally
    verification: Verification
    index: LiveIndex
    readiness: Readiness
    lookup: FileLookup
    outbox: Outbox
    own_policy: GatewayPolicy
    store: PolicyStore


@contextmanager
def open_instruments(workshop: Workshop) -> Iterator[Instruments]:
    """Give the instruments of an opened home while the block runs.

    Raises:
        SafeholdError: the banks or the installation's policy can't be read.
    """
    home, ledger, alone = workshop.home, workshop.ledger, workshop.settings.single_operator
    own = own_policy(workshop.settings)
    verification = Verification(child_argv(home.path), home.clock, ledger.append)
    with LiveIndex(home) as index:
        lookup = FileLookup(index, LivePolicies(home.database, own))
        try:
            yield Instruments(
                tally=LedgerTally(home.database, home.clock),
                verification=verification,
                index=index,
                readiness=Readiness(home.database, index),
                lookup=lookup,
                outbox=Outbox(home.database, home.clock),
                own_policy=own,
                store=PolicyStore(home.database, ledger, home.clock, is_single_operator=alone),
            )
        finally:
            verification.close()
            lookup.close()
