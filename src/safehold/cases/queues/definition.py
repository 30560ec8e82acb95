"""Queues: which cases wait together, and what somebody must be able to do to be given one.

A case waits for its first decisions where its origin sends it, and goes to the queue of a state (escalated, second
review) while it is in that state; where there may be danger to life, to the queue for that, whatever its state. The
order of the definitions is the order in which queues are shown and tried.

    route(QUEUES, CaseState.OPEN, first="datasets", priority=Priority.NORMAL)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from safehold.cases.case import CaseState, Priority, SubjectKind
from safehold.cases.errors import UnknownQueueError
from safehold.cases.item import Origin
from safehold.cases.staff import Ability, Person, Role
from safehold.vocabulary import Seconds

LEASE_SECONDS = Seconds(15 * 60)
"""How long a claim lasts without a sign of life: a page that is open renews it; who has left keeps a case no longer
than a break takes. Ours."""

ABILITY_OF: Mapping[CaseState, Ability] = MappingProxyType(
    {
        CaseState.OPEN: Ability.REVIEW,
        CaseState.SECOND_REVIEW: Ability.SECOND_REVIEW,
        CaseState.ESCALATED: Ability.SECOND_REVIEW,
    }
)
"""What somebody must be able to do to decide what is in a state; in no other state cases wait."""


@dataclass(frozen=True, slots=True)
class QueueDefinition:
    """One queue.

    Attributes:
        name: as cases name it: a word of lower-case letters and hyphens.
        title: as people read it.
        needs: what somebody must be able to do to be given its cases.
        state: in which state cases wait here; in the queue of danger to life those of other states do, too.
        origins: what brought them, where that matters; empty for any.
        subjects: whom they are about, where that matters; empty for any.
        priorities: how urgent they are, where that matters; empty for any.
        labels: what they warn of when they are opened, where that matters; empty for any.
        roles: who works here, where not everybody does who could; empty for all of them.
        heeds_rest: whether somebody who is to rest is given none of them; not so where there may be danger to life.
        lease_seconds: how long a claim lasts without a sign of life.
    """

    name: str
    title: str
    needs: Ability = Ability.REVIEW
    state: CaseState = CaseState.OPEN
    origins: frozenset[Origin] = frozenset()
    subjects: frozenset[SubjectKind] = frozenset()
    priorities: frozenset[Priority] = frozenset()
    labels: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()
    heeds_rest: bool = True
    lease_seconds: Seconds = LEASE_SECONDS

    def admits(self, person: Person) -> bool:
        """Return whether somebody's roles let them be given its cases."""
        return person.can(self.needs) and (not self.roles or not self.roles.isdisjoint(person.roles))

    def takes(self, origin: Origin, subject: SubjectKind, *, priority: Priority, label: str = "") -> bool:
        """Return whether a case of this kind may wait here."""
        return (
            (not self.origins or origin in self.origins)
            and (not self.subjects or subject in self.subjects)
            and (not self.priorities or priority in self.priorities)
            and (not self.labels or label in self.labels)
        )


QUEUES: tuple[QueueDefinition, ...] = (
    QueueDefinition(
        "danger",
        "Danger to life",
        Ability.SECOND_REVIEW,
        CaseState.ESCALATED,
        priorities=frozenset({Priority.DANGER}),
        heeds_rest=False,
    ),
    QueueDefinition("escalated", "Escalated to a specialist", Ability.SECOND_REVIEW, CaseState.ESCALATED),
    QueueDefinition("second-review", "Second review", Ability.SECOND_REVIEW, CaseState.SECOND_REVIEW),
    QueueDefinition("reports", "People's reports", origins=frozenset({Origin.REPORT})),
    QueueDefinition("gateway", "Requests and outputs", origins=frozenset({Origin.GATEWAY})),
    QueueDefinition("datasets", "Dataset records", origins=frozenset({Origin.DATASET})),
    QueueDefinition("others", "Everything else"),
)
"""The queues of an installation whose rules name none; the shipped rules say the same."""


def definition(queues: Sequence[QueueDefinition], name: str) -> QueueDefinition:
    """Return the queue of a name.

    Raises:
        UnknownQueueError: there is none.
    """
    for queue in queues:
        if queue.name == name:
            return queue
    raise UnknownQueueError("there is no queue of this name", advice=f"Use one of: {_names(queues)}.")


def first_queue(
    queues: Sequence[QueueDefinition], origin: Origin, subject: SubjectKind, *, priority: Priority, label: str = ""
) -> QueueDefinition:
    """Return where a case of this kind waits for its first decisions: the first queue of the state open that takes it.

    Raises:
        UnknownQueueError: none does.
    """
    for queue in queues:
        if queue.state is CaseState.OPEN and queue.takes(origin, subject, priority=priority, label=label):
            return queue
    raise UnknownQueueError("no queue takes such a case", advice="Define a queue without conditions, as the last.")


def route(queues: Sequence[QueueDefinition], state: CaseState, *, first: str, priority: Priority) -> str:
    """Return the name of the queue that a case waits in; where there may be danger to life, the one that is for that.

    Args:
        queues: all of them.
        state: of the case.
        first: where it waits for first decisions; it stays there once nothing is left to decide.
        priority: of the case.
    """
    if priority is Priority.DANGER and state not in {CaseState.DECIDED, CaseState.CLOSED}:
        urgent = [queue for queue in queues if priority in queue.priorities]
        for queue in sorted(urgent, key=lambda one: one.state is not state):
            return queue.name
    if state in {CaseState.ESCALATED, CaseState.SECOND_REVIEW}:
        for queue in queues:
            if queue.state is state and (not queue.priorities or priority in queue.priorities):
                return queue.name
    return first


def _names(queues: Sequence[QueueDefinition]) -> str:
    return ", ".join(queue.name for queue in queues)
