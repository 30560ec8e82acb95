"""Read files of messages: texts of one language, and help-lines. Operators' own have the same form.

file = parse(read_own(Path("own-en.yaml")), called="own-en.yaml")
"""

import re
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from safehold.gateway.messages.message import Audience, Basis
from safehold.reviewed import ReviewedDataError, Strict, read_text
from safehold.reviewed.document import LARGEST_BYTES

LINES_FORMAT = "safehold.help-lines/1"

_Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
_Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}(\.[a-z][a-z0-9_]{0,47})?$")]
_Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
_Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
_Line = Annotated[str, Field(min_length=2, max_length=160)]
_Body = Annotated[str, Field(min_length=8, max_length=600)]
_Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
_Address = Annotated[str, Field(pattern=r"^https://[a-z0-9.-]+\.[a-z]{2,}(/\S*)?$", max_length=300)]
_Page = Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]+\.[a-z]{2,}(/\S*)?$", max_length=300)]
_Number = Annotated[str, Field(pattern=r"^\+?[0-9][0-9A-Z -]{1,23}$")]


class Review(Enum):
    """Whether somebody signed a file off."""

    DRAFT = "draft"
    REVIEWED = "reviewed"


class Help(Enum):
    """When a message names help: with every showing, or only to an audience that was asked for."""

    ALWAYS = "always"
    ASKED = "asked"


class MessageText(Strict):
    """One of `messages`."""

    title: _Line
    body: _Body
    help: Help = Help.ALWAYS


class AudienceText(Strict):
    """One of `audiences`."""

    heading: _Line
    body: _Body


class _Signed(Strict):
    version: Annotated[str, Field(min_length=1, max_length=32)]
    status: Review = Review.DRAFT
    reviewer: Annotated[str, Field(max_length=100)] = ""

    @model_validator(mode="after")
    def _a_review_has_a_reviewer(self) -> Self:
        if self.status is Review.REVIEWED and not self.reviewer.strip():
            raise ValueError("name the reviewer, or leave the status at draft")
        return self


class TextsFile(_Signed):
    """Texts of one language."""

    format: Literal["safehold.messages/1"]
    language: _Language
    translated_from: Annotated[str, Field(max_length=8)] = ""
    messages: dict[_Key, MessageText] = Field(default_factory=dict)
    audiences: dict[Audience, AudienceText] = Field(default_factory=dict)
    labels: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]{2,32}$")], _Line] = Field(default_factory=dict)


class ServiceEntry(Strict):
    """One of `services`."""

    id: _Id
    name: Annotated[str, Field(min_length=2, max_length=100)]
    countries: tuple[_Country, ...] = ()
    audiences: Annotated[tuple[Audience, ...], Field(min_length=1)]
    phone: _Number | None = None
    text: Annotated[str, Field(min_length=2, max_length=60)] | None = None
    web: _Address | None = None
    languages: tuple[_Language, ...] = ()
    free: bool = False
    anonymous: bool = False
    always_open: bool = False
    everywhere: bool = False
    under_18: bool = False
    adults: bool = False
    sources: Annotated[tuple[_Page, ...], Field(min_length=1)]
    basis: Basis
    read: _Day

    @model_validator(mode="after")
    def _can_be_reached_and_was_read(self) -> Self:
        if not (self.phone or self.text or self.web):
            raise ValueError("say a phone, text or web: there is no way to reach it")
        if self.basis is Basis.SECONDARY and (self.phone or self.text):
            raise ValueError("a number needs a page of the service itself or of an authority; a wrong one harms")
        if self.under_18 and self.adults:
            raise ValueError("it can't be for those under 18 alone and for adults alone")
        return self


class LinesFile(_Signed):
    """Help-lines."""

    format: Literal["safehold.help-lines/1"]
    id: _Id
    services: tuple[ServiceEntry, ...] = ()
    remove: tuple[_Id, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        ids = [service.id for service in self.services]
        if len(set(ids)) < len(ids):
            raise ValueError("an id stands twice among services")
        return self


def read_own(path: Path) -> str:
    """Return the text of an operator's file.

    Raises:
        ReviewedDataError: it can't be read, or is longer than reviewed data may be.
    """
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1).decode("utf-8")  # one more, which the reader of the text refuses
    except (OSError, UnicodeDecodeError) as error:
        raise ReviewedDataError(f"the messages {path} can't be read", advice="Give a readable UTF-8 file.") from error


def parse(text: str, *, called: str) -> TextsFile | LinesFile:
    """Check a text of either form; one that says no form of ours is taken for texts, and refused as such.

    Args:
        text: YAML.
        called: what error messages call it.

    Raises:
        ReviewedDataError: as for `safehold.reviewed.read_text`.
    """
    if re.search(rf"^format: *\"?{re.escape(LINES_FORMAT)}", text, re.MULTILINE):
        return read_text(text, LinesFile, called=called)
    return read_text(text, TextsFile, called=called)
