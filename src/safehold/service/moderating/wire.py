"""The words of ``/v1/moderations`` as they go over the wire.

Source: the types of OpenAI's Python client, `openai` 3.54.0 (`openai/types/moderation*.py`).
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from safehold.service.checking.particulars import ParticularsSent
from safehold.service.checking.wire import MOST_ITEMS, Sent

CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
MINORS = "sexual/minors"
SEXUAL = "sexual"

_NAME = Annotated[str, Field(max_length=256)]


class ImageUrlSent(Sent):
    """Where a picture is: a `data:` address, or one to fetch where the installation allows it."""

    url: str
    detail: str | None = None


class ImageSent(Sent):
    """A picture to check."""

    type: Literal["image_url"]
    image_url: ImageUrlSent


class TextSent(Sent):
    """A text to check."""

    type: Literal["text"]
    text: str


PartSent = Annotated[TextSent | ImageSent, Field(discriminator="type")]


class OursSent(Sent):
    """What OpenAI's words have no place for; send it as `extra_body={"safehold": {...}}`."""

    account: _NAME = ""
    session: _NAME = ""
    locale: Annotated[str, Field(max_length=64, pattern="^[A-Za-z0-9-]*$")] = ""
    country: Annotated[str, Field(pattern="^([A-Za-z]{2})?$")] = ""
    model_version: _NAME = ""
    particulars: ParticularsSent | None = None
    output: bool = Field(default=False, description="Whether the model made it, and not the person who uses it.")


class ModerationSent(Sent):
    """A text, several texts, or one thing of several parts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"model": "omni-moderation-latest", "input": "a red cube on a table"},
                {"input": [{"type": "text", "text": "a blue ball"}], "safehold": {"account": "a-17", "output": True}},
            ]
        }
    )

    input: (
        str
        | Annotated[list[str], Field(min_length=1, max_length=MOST_ITEMS)]
        | Annotated[list[PartSent], Field(min_length=1, max_length=MOST_ITEMS)]
    )
    model: _NAME = ""
    safehold: OursSent = OursSent()


class ResultTold(BaseModel):
    """What was decided on one input."""

    model_config = ConfigDict(extra="allow")

    flagged: bool
    categories: dict[str, bool]
    category_scores: dict[str, float]
    category_applied_input_types: dict[str, list[str]]


class ModerationTold(BaseModel):
    """What was decided; `safehold` is the answer in our own words."""

    id: str
    model: str
    results: list[ResultTold]
    safehold: dict[str, Any]
