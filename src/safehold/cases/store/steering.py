"""Steering: who is to work on a case, how urgent it is, where it waits, and when a specialist has to look.

Each is a change of one case with its event; what became of its items is :mod:`safehold.cases.store.states`.
"""

import sqlalchemy as sa

from safehold.cases.case import CaseId, CaseState, Priority
from safehold.cases.errors import UnfitWordError
from safehold.cases.queues.definition import definition
from safehold.cases.rows import case_row, rank
from safehold.cases.state import Tally
from safehold.cases.store.changes import Change, require_version, unchanged
from safehold.cases.store.states import CaseStates
from safehold.cases.tables import cases
from safehold.ledger import is_fit
from safehold.vocabulary import Event


class CaseSteering(CaseStates):
    """Where the cases of a home go; arguments and `seen` as for :class:`CaseStates`."""

    def assign(
        self,
        case_id: CaseId,
        name: str,
        *,
        actor: str,
        seen: int | None = None,
        connection: sa.Connection | None = None,
    ) -> int:
        """Give a case to a person, "" to nobody; return its version after that. To whom has it already: no change.

        Raises:
            UnknownCaseError: there is none.
            CaseOvertakenError: somebody changed it since it was looked at.
            UnfitWordError: the name is more than a word.
        """
        _require_word(name or "nobody", "name")
        told = Event("case.assigned", actor, "", {"case": case_id, "to": name or "nobody"})
        with self._writing(connection) as joined:
            row = case_row(joined, case_id)
            require_version(row, seen)
            if row["assignee"] == name:
                return int(row["version"])
            self._ledger.append(told, joined)
            return self._change(joined, case_id, lambda row: unchanged(row, assignee=name), seen=seen, actor=actor)

    def free(self, name: str, *, actor: str) -> int:
        """Let anybody take what was given to somebody who works on nothing any more; return how many cases that is."""
        given = sa.select(cases.c.id).where(cases.c.assignee == name, cases.c.is_open == 1)
        with self._database.writing() as connection:
            found = connection.execute(given).scalars().all() if name else []
            for case_id in found:
                self.assign(CaseId(case_id), "", actor=actor, connection=connection)
        return len(found)

    def escalate(
        self,
        case_id: CaseId,
        reason: str,
        *,
        actor: str,
        priority: Priority = Priority.URGENT,
        seen: int | None = None,
        connection: sa.Connection | None = None,
    ) -> int:
        """Ask for a specialist, whatever the case is about and however far it is; return its version after that.

        It never does nothing: a case that is escalated already gets the further reason into the ledger and, where this
        one is more urgent, its priority; one that was closed opens again.

        Args:
            case_id: which.
            reason: why, in one word: "danger_to_life", "unsure".
            actor: who asks.
            priority: how urgent that makes it; it never becomes less so.
            seen: the version that was looked at; None where that does not matter.
            connection: the caller's writing transaction.

        Raises:
            UnknownCaseError: there is none.
            CaseOvertakenError: somebody changed it since it was looked at.
            UnfitWordError: the reason is more than a word.
        """
        _require_word(reason, "reason")

        def escalated(row: sa.RowMapping) -> Change:
            tally = Tally(row["undecided"], row["second"])
            return Change(CaseState.ESCALATED, tally, {"priority": min(row["priority"], rank(priority))})

        details = {"case": case_id, "reason": reason, "priority": priority.value}
        with self._writing(connection) as joined:
            version = self._change(joined, case_id, escalated, seen=seen, actor=actor)
            self._ledger.append(Event("case.escalated", actor, "", details), joined)
        return version

    def prioritise(
        self,
        case_id: CaseId,
        priority: Priority,
        *,
        actor: str,
        seen: int | None = None,
        connection: sa.Connection | None = None,
    ) -> int:
        """Say how urgent a case is; return its version after that. Errors as for :meth:`assign`."""
        with self._writing(connection) as joined:
            version = self._change(
                joined, case_id, lambda row: unchanged(row, priority=rank(priority)), seen=seen, actor=actor
            )
            details = {"case": case_id, "priority": priority.value}
            self._ledger.append(Event("case.prioritised", actor, "", details), joined)
        return version

    def move(
        self,
        case_id: CaseId,
        queue: str,
        *,
        actor: str,
        seen: int | None = None,
        connection: sa.Connection | None = None,
    ) -> int:
        """Let a case wait for first decisions in another queue; return its version after that.

        Raises:
            UnknownCaseError, CaseOvertakenError: as for :meth:`assign`.
            UnknownQueueError: there is no such queue.
        """
        definition(self._queues, queue)
        with self._writing(connection) as joined:
            version = self._change(
                joined, case_id, lambda row: unchanged(row, first_queue=queue), seen=seen, actor=actor
            )
            self._ledger.append(Event("case.queued", actor, "", {"case": case_id, "queue": queue}), joined)
        return version


def _require_word(word: str, what: str) -> None:
    if not word or not is_fit(word):
        raise UnfitWordError(
            f"the {what} must be one word: the ledger keeps no sentences, names of files or addresses",
            advice="Use letters, digits, hyphens and underscores.",
        )
