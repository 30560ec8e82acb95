"""The OpenAPI document: what FastAPI makes of the views, with what views that read their bodies themselves say of them.

Source: OpenAPI Specification 3.1.0 (2021-02-15).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from safehold.service.problem import MEDIA_TYPE

_REF = "#/components/schemas/{model}"
_PROBLEM = {"content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="ProblemTold")}}}}

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": said, **_PROBLEM}
    for status, said in {
        400: "The body can't be read.",
        401: "No valid key.",
        403: "The key does not allow it.",
        404: "There is nothing here.",
        408: "The request did not arrive in time.",
        409: "In conflict with an earlier request.",
        413: "Too large.",
        415: "A kind of body that is not understood.",
        422: "Not of the right shape.",
        429: "Too many requests; see Retry-After.",
        500: "Unexpected; let nothing pass.",
        503: "Nothing can be decided now; let nothing pass.",
    }.items()
}
"""What any view may answer instead."""

SECURED: dict[str, Any] = {"security": [{"HTTPBearer": []}, {"APIKeyHeader": []}]}
"""Of a view that asks for a key by itself."""

REPEAT: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Sending the same again with the same key gives the same answer and decides nothing twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 256},
}

_SCHEMES = {
    "HTTPBearer": {"type": "http", "scheme": "bearer", "description": "Made with: safehold key create NAME"},
    "APIKeyHeader": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "The same key."},
}


def body_of(
    model: type[BaseModel], *, form: Mapping[str, Any] | None = None, parameters: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Return what the document says of the body of a view that reads it by itself.

    Args:
        model: of JSON.
        form: the schema of a form that is taken too.
        parameters: headers beside the body.
    """
    content: dict[str, Any] = {"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}}
    if form is not None:
        content["multipart/form-data"] = {"schema": dict(form)}
    said: dict[str, Any] = {"requestBody": {"required": True, "content": content}}
    return said | ({"parameters": [dict(one) for one in parameters]} if parameters else {})


def document(app: FastAPI, models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    """Return the document of an app.

    Args:
        app: with all its views.
        models: of bodies that views read by themselves.
    """
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    components = made.setdefault("components", {})
    components.setdefault("schemas", {}).update(schemas.get("$defs", {}))
    components.setdefault("securitySchemes", {}).update(_SCHEMES)
    return made
