"""What follows for a report from what was decided in its case: the reporter's status page says how far it is.

ReportsFollow(reports, cases).follow(decided)
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from safehold.cases import CaseItem, ItemId, Origin
from safehold.cases.decisions import Decided, DecidedItem, Decision, Standing, Undoing, Undone
from safehold.gateway.reports.intake import Reports
from safehold.gateway.reports.report import Status

NAME = "reports"
_STATUS = {Decision.CONFIRM: Status.ACTED, Decision.NOT_A_VIOLATION: Status.NO_ACTION}


class Items(Protocol):
    """The part of a store of cases that is needed."""

    def item(self, item_id: ItemId) -> CaseItem:
        """Return an item."""
        ...


class ReportsFollow:
    """Reports as a party that acts on decisions (`safehold.cases.decisions.Consequence`).

    Args:
        reports: of the home.
        cases: its cases.
    """

    def __init__(self, reports: Reports, cases: Items) -> None:
        self._reports = reports
        self._cases = cases

    @property
    def name(self) -> str:
        """Return what jobs call it."""
        return NAME

    def follow(self, decided: Decided) -> None:
        """Say of each report that was decided on how far it is; repeating it changes nothing.

        Raises:
            SafeholdError: it can't be said now; it is tried again.
        """
        for one, ticket in self._tickets(decided.standing):
            if one.verdict in _STATUS:
                self._reports.decide(ticket, _STATUS[one.verdict], actor=decided.person, follows_case=True)

    def undo(self, decided: Decided) -> Sequence[Undone]:
        """Take reports up again whose decision was reversed; what reporters read meanwhile, they have read."""
        actor = decided.person if decided.reversal is None else decided.reversal.by
        taken_back = [one for one in decided.items if one.standing is Standing.REVERSED]
        tickets = [ticket for _, ticket in self._tickets(taken_back)]
        for ticket in tickets:
            self._reports.reopen(ticket, actor=actor)
        return [Undone(ticket, Undoing.UNDONE) for ticket in tickets]

    def _tickets(self, items: Sequence[DecidedItem]) -> Iterator[tuple[DecidedItem, str]]:
        for one in items:
            told = self._cases.item(one.item).told
            if told.origin is Origin.REPORT:
                yield one, told.reference
