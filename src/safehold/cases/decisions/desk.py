"""The desk: what decisions are made with."""

from collections.abc import Sequence
from dataclasses import dataclass

from safehold.cases.decisions.consequence import Consequence
from safehold.cases.decisions.signals.banks import OwnLists
from safehold.cases.events import Events
from safehold.cases.queues import Queues
from safehold.cases.rules import CaseRules
from safehold.cases.store import CaseStore


@dataclass(frozen=True, slots=True)
class Desk:
    """What decisions are made with.

    Attributes:
        ledger: where events go.
        cases: the store of cases.
        queues: who holds which case.
        lists: the installation's own lists.
        rules: what is reviewed of how items are decided.
        consequences: who acts on decisions; the same in every process that decides or reverses.
    """

    ledger: Events
    cases: CaseStore
    queues: Queues
    lists: OwnLists
    rules: CaseRules
    consequences: Sequence[Consequence] = ()
