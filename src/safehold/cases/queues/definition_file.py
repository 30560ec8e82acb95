"""The words of the section `queues` of a rules file, as pydantic models; `value` makes frozen values of them.

What is checked of all of them together keeps every case somewhere: an escalated one, one for a second person, one with
danger to life, and whatever comes in for a first decision has a queue, and no queue stands where nothing reaches it.
"""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, RootModel, model_validator

from safehold.cases.case import CaseState, Priority, SubjectKind
from safehold.cases.item import Origin
from safehold.cases.queues.definition import ABILITY_OF, QUEUES, QueueDefinition
from safehold.cases.staff import ABILITIES, Role
from safehold.reviewed import Strict
from safehold.vocabulary import Seconds

_Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*$")]
_Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
_MOST = 50


class QueueFile(Strict):
    """One of `queues`."""

    name: _Name
    title: Annotated[str, Field(min_length=1, max_length=60)]
    state: CaseState = CaseState.OPEN
    origins: tuple[Origin, ...] = ()
    subjects: tuple[SubjectKind, ...] = ()
    priorities: tuple[Priority, ...] = ()
    labels: tuple[_Word, ...] = ()
    roles: tuple[Role, ...] = ()
    heeds_rest: bool = True
    lease_minutes: Annotated[int, Field(ge=1, le=480)] = 15

    @model_validator(mode="after")
    def _can_be_meant(self) -> Self:
        if self.state not in ABILITY_OF:
            raise ValueError("cases wait while they are open, second_review or escalated, and in no other state")
        if self.state is not CaseState.OPEN and (self.origins or self.subjects or self.labels):
            raise ValueError("origins, subjects and labels choose among cases for first decisions alone")
        if self.state is CaseState.SECOND_REVIEW and self.priorities:
            raise ValueError("what waits for a second person waits in one queue, whatever its priority")
        if not self.heeds_rest and self.priorities != (Priority.DANGER,):
            raise ValueError("only a queue of danger to life alone may give work to somebody who is to rest")
        if Priority.DANGER in self.priorities and self.state is not CaseState.ESCALATED:
            raise ValueError("danger to life waits among what is escalated: state must be escalated")
        for role in self.roles:
            if ABILITY_OF[self.state] not in ABILITIES[role]:
                raise ValueError(f"the role {role.value} decides no cases that are {self.state.value}")
        return self

    def value(self) -> QueueDefinition:
        """Return it as what people obey."""
        return QueueDefinition(
            name=self.name,
            title=self.title,
            needs=ABILITY_OF[self.state],
            state=self.state,
            origins=frozenset(self.origins),
            subjects=frozenset(self.subjects),
            priorities=frozenset(self.priorities),
            labels=frozenset(self.labels),
            roles=frozenset(self.roles),
            heeds_rest=self.heeds_rest,
            lease_seconds=Seconds(self.lease_minutes * 60.0),
        )


class QueuesFile(RootModel[Annotated[tuple[QueueFile, ...], Field(min_length=1, max_length=_MOST)]]):
    """`queues`, in the order in which they are shown and tried."""

    model_config = {"frozen": True}

    @model_validator(mode="after")
    def _keep_every_case(self) -> Self:
        _require_names_apart(self.root)
        _require_danger(self.root)
        for state in (CaseState.ESCALATED, CaseState.SECOND_REVIEW, CaseState.OPEN):
            _require_last_takes_all([one for one in self.root if one.state is state], state)
        return self

    def value(self) -> tuple[QueueDefinition, ...]:
        """Return them as what people obey."""
        return tuple(one.value() for one in self.root)


def shipped() -> QueuesFile:
    """Return the queues of a file that names none."""
    return QueuesFile(tuple(map(_file_of, QUEUES)))


def _file_of(one: QueueDefinition) -> QueueFile:
    return QueueFile(
        name=one.name,
        title=one.title,
        state=one.state,
        origins=tuple(one.origins),
        priorities=tuple(one.priorities),
        heeds_rest=one.heeds_rest,
    )


def _require_names_apart(queues: Sequence[QueueFile]) -> None:
    for what, said in (("name", [one.name for one in queues]), ("title", [one.title for one in queues])):
        for one in said:
            if said.count(one) > 1:
                raise ValueError(f"two queues have the {what} {one}")


def _require_danger(queues: Sequence[QueueFile]) -> None:
    urgent = [one for one in queues if Priority.DANGER in one.priorities]
    if len(urgent) != 1 or urgent[0].heeds_rest:
        raise ValueError("one queue is for danger to life: priorities [danger], state escalated and heeds_rest false")


def _require_last_takes_all(queues: Sequence[QueueFile], state: CaseState) -> None:
    takes_all = [not (one.origins or one.subjects or one.priorities or one.labels) for one in queues]
    if not any(takes_all):
        raise ValueError(f"no queue takes what is {state.value} whatever it is: add one without conditions")
    if takes_all.index(True) != len(queues) - 1:
        behind = queues[takes_all.index(True) + 1]
        raise ValueError(f"nothing ever reaches the queue {behind.name}: one before it takes everything")
