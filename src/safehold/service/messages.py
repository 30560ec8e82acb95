"""The view of ``/v1/messages``: what to show somebody who was refused, and where they find help."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from safehold.gateway.messages import Audience, HelpLine, Message, Messages, UnknownMessageError
from safehold.service.checking.body import JSON
from safehold.service.context import service_of
from safehold.service.openapi import PROBLEMS
from safehold.service.problem import Problem
from safehold.service.reporting.wire import Country, Locale

router = APIRouter(tags=["messages"])

MAX_AGE_SECONDS = 300
"""How long others may keep a message: what changes is a help-line that was found wrong, which can't wait for long."""


class HelpLineTold(BaseModel):
    """A service that helps, or takes reports."""

    id: str
    name: str
    phone: str
    text: str
    web: str
    languages: list[str]
    free: bool
    anonymous: bool
    always_open: bool
    under_18: bool
    adults: bool
    confirmed: bool
    sources: list[str]
    read: str


class SectionTold(BaseModel):
    """Help for one audience."""

    audience: Audience
    heading: str
    body: str
    services: list[HelpLineTold]


class MessageTold(BaseModel):
    """What to show."""

    key: str
    country: str
    language: str
    title: str
    body: str
    sections: list[SectionTold]
    labels: dict[str, str]
    reviewed: bool
    version: str


@router.get(
    "/v1/messages",
    responses={200: {"model": MessageTold}, 304: {"description": "Unchanged."}, **PROBLEMS},
)
async def message(
    request: Request,
    key: Annotated[str, Query(max_length=96, pattern=r"^[a-z][a-z0-9_.]*$", examples=["refused_by_policy"])],
    country: Country = "",
    locale: Locale = "",
    audience: Audience | None = None,
) -> Response:
    """Return the message of a key, in a language, with services of a country, for an audience.

    `key` is an answer's `message_key`. Without `audience`, the sections of all audiences come, adults' and young
    people's first and together: show both. Nobody needs a key.
    """
    messages = service_of(request).messages
    if not isinstance(messages, Messages):
        raise Problem(404, "missing", "There is nothing here")
    try:
        found = await service_of(request).work(
            lambda: messages.show(key, country=country, locale=locale, audience=audience)
        )
    except UnknownMessageError as error:
        raise Problem(404, "message_missing", "There is no such message", error.advice) from error
    body = to_told(found).model_dump_json().encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": f"public, max-age={MAX_AGE_SECONDS}",
        "Access-Control-Allow-Origin": "*",
        "Content-Language": found.language,
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, JSON)


def to_told(found: Message) -> MessageTold:
    """Return a message as it goes over the wire."""
    return MessageTold(
        key=found.key,
        country=found.country,
        language=found.language,
        title=found.title,
        body=found.body,
        sections=[
            SectionTold(
                audience=section.audience,
                heading=section.heading,
                body=section.body,
                services=[_line(line) for line in section.help_lines],
            )
            for section in found.sections
        ],
        labels=dict(found.labels),
        reviewed=found.is_reviewed,
        version=found.version,
    )


def _line(line: HelpLine) -> HelpLineTold:
    return HelpLineTold(
        id=line.id,
        name=line.name,
        phone=line.phone,
        text=line.text,
        web=line.web,
        languages=list(line.languages),
        free=line.is_free,
        anonymous=line.is_anonymous,
        always_open=line.is_always_open,
        under_18=line.for_under_18,
        adults=line.for_adults,
        confirmed=line.is_confirmed,
        sources=list(line.sources),
        read=line.read,
    )
