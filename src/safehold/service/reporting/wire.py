"""The words of ``/v1/reports`` and ``/v1/feedback`` as they go over the wire. Fields that are not named are refused."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from safehold.gateway.feedback import FeedbackReason
from safehold.gateway.reports import Category, Kind, Role, Target
from safehold.service.checking.wire import Sent
from safehold.vocabulary import Algorithm

_NOTICE: JsonDict = {"category": "image_of_child", "target": "generation", "reference": "gen-17"}
_REQUEST: JsonDict = {
    "kind": "take_down",
    "category": "image_of_me",
    "target": "address",
    "reference": "https://images.example/17",
    "role": "depicted",
    "signature": "A Person",
    "good_faith": True,
    "contact": "person@example.org",
    "fingerprints": [{"algorithm": "sha256", "value": "00" * 32}],
}
Locale = Annotated[str, Field(max_length=64, pattern="^[A-Za-z0-9-]*$")]
Country = Annotated[str, Field(pattern="^([A-Za-z]{2})?$")]


class FingerprintSent(Sent):
    """A fingerprint that the reporter's own device computed."""

    algorithm: Algorithm
    value: Annotated[str, Field(pattern="^[0-9A-Fa-f]{32,64}$")]


class ReportSent(Sent):
    """What somebody reports. The material itself is never sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NOTICE, _REQUEST]})

    category: Category
    target: Target
    reference: Annotated[str, Field(max_length=4096)] = Field(
        "", description="Which one: an id that the service shows, or an address."
    )
    kind: Kind = Kind.NOTICE
    role: Role = Role.ANYBODY
    note: Annotated[str, Field(max_length=8192)] = ""
    contact: Annotated[str, Field(max_length=1024)] = ""
    signature: Annotated[str, Field(max_length=1024)] = Field("", description="With kind take_down: the typed name.")
    good_faith: bool = Field(
        default=False, description="With kind take_down: the picture is shown without consent, as far as they know."
    )
    fingerprints: Annotated[list[FingerprintSent], Field(max_length=64)] = Field(
        [], description="Of the picture; perceptual ones from trusted flaggers only."
    )
    locale: Locale = ""
    country: Country = ""


class ReceiptTold(Sent):
    """What the reporter gets; the token is shown this once."""

    ticket: str
    token: str
    status: Literal["received"] = "received"
    received_at: str
    due_at: str | None


class StatusTold(Sent):
    """How far a report is."""

    ticket: str
    status: Literal["received", "in_review", "acted", "no_action"]
    received_at: str
    status_at: str
    due_at: str | None


class FeedbackSent(Sent):
    """Somebody thinks that they were refused wrongly."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reference": "3d5e0a7c9b1f4a62", "reason": "health"}]})

    reference: Annotated[str, Field(min_length=1, max_length=64)] = Field(description="The id of the check or case.")
    reason: FeedbackReason
    note: Annotated[str, Field(max_length=4096)] = Field("", description="At most 500 characters; sealed.")


class FeedbackTold(Sent):
    """The feedback was received."""

    id: str
