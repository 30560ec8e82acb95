"""The words of a file of contacts for a danger to life, as pydantic models. Operators' own have the same form.

A wrong number costs time that somebody may not have: so none stands without the page that was read for it, and none
from a page of anybody but the service itself or a public authority.
"""

import json
from enum import Enum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from safehold.reviewed import Strict

FORMAT = "safehold.danger-contacts/1"

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
_Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
_Line = Annotated[str, Field(min_length=2, max_length=160)]
_Body = Annotated[str, Field(min_length=8, max_length=600)]
_Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
_Page = Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]+\.[a-z]{2,}(/\S*)?$", max_length=300)]
_Number = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 -]{1,23}$")]


class ContactKind(Enum):
    """What a contact is for."""

    EMERGENCY = "emergency"
    """Answers at once, day and night: for when somebody may be hurt now."""
    REPORT = "report"
    """Takes an urgent report; call an emergency service first where somebody may be hurt now."""


class Basis(Enum):
    """Whose pages the sources are."""

    OWN = "own"
    OFFICIAL = "official"
    SECONDARY = "secondary"


class ContactEntry(Strict):
    """One of `contacts`."""

    id: _Id
    name: _Line
    kind: ContactKind
    countries: Annotated[tuple[Country, ...], Field(min_length=1)]
    phone: _Number | None = None
    web: _Page | None = None
    note: Annotated[str, Field(max_length=300)] = ""
    sources: Annotated[tuple[_Page, ...], Field(min_length=1)]
    basis: Basis
    read: _Day

    @model_validator(mode="after")
    def _can_be_reached_and_was_read(self) -> Self:
        if not (self.phone or self.web):
            raise ValueError("say a phone or web: there is no way to reach it")
        if self.phone and self.basis is Basis.SECONDARY:
            raise ValueError("a number needs a page of the service itself or of an authority; a wrong one costs lives")
        if self.kind is ContactKind.EMERGENCY and not self.phone:
            raise ValueError("an emergency service needs a phone")
        return self


class LawEntry(Strict):
    """One of `laws`: what a law asks or lets a service do."""

    id: _Id
    countries: Annotated[tuple[Country, ...], Field(min_length=1)]
    text: _Body
    law: _Line
    sources: Annotated[tuple[_Page, ...], Field(min_length=1)]
    read: _Day


class StepEntry(Strict):
    """One of `steps`: what to do, in order."""

    id: _Id
    title: _Line
    body: _Body


class ContactsFile(Strict):
    """The whole file."""

    format: Literal["safehold.danger-contacts/1"]
    id: _Id
    version: Annotated[str, Field(min_length=1, max_length=32)]
    status: Literal["draft", "reviewed"] = "draft"
    reviewer: Annotated[str, Field(max_length=100)] = ""
    steps: tuple[StepEntry, ...] = ()
    contacts: tuple[ContactEntry, ...] = ()
    laws: tuple[LawEntry, ...] = ()
    remove: tuple[_Id, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for entries in (self.steps, self.contacts, self.laws):
            ids = [entry.id for entry in entries]
            if len(set(ids)) < len(ids):
                raise ValueError("an id stands twice")
        return self

    @model_validator(mode="after")
    def _a_review_has_a_reviewer(self) -> Self:
        if self.status == "reviewed" and not self.reviewer.strip():
            raise ValueError("name the reviewer, or leave the status at draft")
        return self


def contacts_json_schema() -> str:
    """Return the JSON Schema of files of contacts as text; `danger-contacts.schema.json` holds exactly this."""
    told = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": FORMAT}
    return json.dumps({**told, **ContactsFile.model_json_schema()}, indent=2, sort_keys=True) + "\n"
