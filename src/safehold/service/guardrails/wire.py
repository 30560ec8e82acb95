"""The words of LiteLLM's Generic Guardrail endpoint as they go over the wire.

LiteLLM sends what its own version knows: fields that are not named here are taken, and every text in them is checked.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class CallerSent(BaseModel):
    """Whom LiteLLM asks for."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    user_api_key_hash: str | None = None
    user_api_key_user_id: str | None = None
    user_api_key_end_user_id: str | None = None
    user_api_key_user_email: str | None = None
    user_api_key_team_id: str | None = None


class GuardrailSent(BaseModel):
    """What goes into a model, or what came out of it."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "input_type": "request",
                    "texts": ["a red cube on a table"],
                    "request_data": {"user_api_key_user_id": "u-1"},
                    "litellm_call_id": "c-1",
                }
            ]
        },
    )

    input_type: Literal["request", "response"]
    texts: Annotated[list[str], Field(max_length=4096)] | None = None
    images: Annotated[list[str], Field(max_length=64)] | None = None
    structured_messages: list[dict[str, Any]] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_calls: list[dict[str, Any]] | None = None
    request_data: CallerSent = CallerSent()
    request_headers: dict[str, str | None] | None = None
    litellm_call_id: str | None = None
    litellm_trace_id: str | None = None
    litellm_version: str | None = None
    additional_provider_specific_params: dict[str, Any] | None = None
    model: str | None = None


class GuardrailTold(BaseModel):
    """What LiteLLM is to do: let it pass, or block it."""

    model_config = ConfigDict(extra="allow")

    action: Literal["NONE", "BLOCKED", "GUARDRAIL_INTERVENED"]
    blocked_reason: str | None = None
