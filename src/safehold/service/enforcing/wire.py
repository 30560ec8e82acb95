"""The words of ``/v1/enforcement`` and ``/v1/appeals`` as they go over the wire. Other fields are refused."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from safehold.cases import SubjectKind
from safehold.cases.enforcement import EnforcementState, Measure
from safehold.cases.enforcement.appeals import LONGEST_CONTACT, LONGEST_STATEMENT, AppealState
from safehold.service.checking.wire import Sent
from safehold.service.reporting.wire import Locale

MOST_MARKS = 1000

Name = Annotated[str, Field(min_length=1, max_length=1024)]

_WHOM: JsonDict = {"account": "a-17"}
_APPEAL: JsonDict = {"enforcement": "enf_00000000000000000000", "account": "a-17", "statement": "This was not me."}


class WhomSent(Sent):
    """Whom or what it is about, in the operator's own words; exactly one of them."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WHOM]})

    account: Name | None = None
    session: Name | None = None
    link: Name | None = None
    model: Annotated[str, Field(min_length=1, max_length=256)] | None = Field(
        None, description="As the checks name it; with its version: NAME@VERSION."
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        named = [one for one in (self.account, self.session, self.link, self.model) if one is not None]
        if len(named) != 1:
            raise ValueError("name exactly one")
        return self


class MarksSent(Sent):
    """Accounts whose marks are asked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"accounts": ["a-17", "a-18"]}]})

    accounts: Annotated[list[Name], Field(min_length=1, max_length=MOST_MARKS)]


class CarriedOutSent(Sent):
    """What was carried out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"step": 17}]})

    step: Annotated[int, Field(ge=1, le=2**53 - 1)] = Field(description="The step that was told.")


class AppealSent(WhomSent):
    """What somebody writes against a measure on them."""

    model_config = ConfigDict(json_schema_extra={"examples": [_APPEAL]})

    enforcement: Annotated[str, Field(pattern="^enf_[0-9a-f]{20}$")]
    statement: Annotated[str, Field(min_length=1, max_length=LONGEST_STATEMENT)]
    contact: Annotated[str, Field(max_length=LONGEST_CONTACT)] = Field(
        "", description="How to answer them; leave it out where your own system does."
    )
    locale: Locale = ""


class MarksTold(BaseModel):
    """Marks, in the order of the accounts that were sent."""

    marks: list[str]


class EnforcementTold(BaseModel):
    """A measure."""

    id: str
    measure: Measure
    state: EnforcementState
    subject: SubjectKind
    mark: str = Field(description="What stands for the account, session or link; a model by its name.")
    case: str
    ground: str = Field(description="The kind of harm that was confirmed.")
    references: list[str] = Field(description="CHECK#PLACE: items of your checks that it is about; the first 100.")
    references_total: int = Field(description="How many there are; GET /v1/enforcement/ID tells all of them.")
    applied_at: str
    ends_at: str | None
    ended_at: str | None
    carried_out_at: str | None
    appeal_until: str = Field(description="Until when one may appeal against it.")


class ChangeTold(BaseModel):
    """A step, and how the measure is now."""

    step: int
    at: str
    what: str = Field(description="applied, lifted, expired or appeal_decided.")
    reason: str
    enforcement: EnforcementTold


class ChangesTold(BaseModel):
    """Steps in their order. Ask again with `after` = `next`."""

    changes: list[ChangeTold]
    next: int
    more: bool


class StandingTold(BaseModel):
    """How an account, session, model or link stands now."""

    subject: SubjectKind
    mark: str
    gravest: Measure | None
    strikes: int
    in_force: list[EnforcementTold]


class AppealTold(BaseModel):
    """How far an appeal is."""

    id: str
    enforcement: str
    state: AppealState
    received_at: str
    due_at: str
    decided_at: str | None


class ShownTold(EnforcementTold):
    """A measure, with its steps' last number and the appeals against it."""

    step: int
    appeals: list[AppealTold]
