"""LiteLLM's proxy: check the pictures and clips that its own guardrails are not shown.

LiteLLM shows guardrails neither the pictures that a model made nor the uploaded picture of an edit. This class sees
both, through the hooks that LiteLLM calls itself. Text goes through LiteLLM's generic guardrail to Safehold.

    guardrails:
      - guardrail_name: safehold-media
        litellm_params:
          guardrail: safehold.guard.litellm.MediaGuardrail
          mode: [pre_call, post_call]
          default_on: true
          api_base: os.environ/SAFEHOLD_URL
          api_key: os.environ/SAFEHOLD_KEY

This module alone imports litellm, and only LiteLLM's proxy imports this module.
"""
# ruff: noqa: ANN401  # LiteLLM's own types, which it does not publish

import copy
import json
from collections.abc import AsyncGenerator
from typing import Any

from fastapi import HTTPException
from litellm.integrations.custom_guardrail import CustomGuardrail
from litellm.types.utils import ImageResponse

from safehold.gateway.answer import Refusal
from safehold.gateway.item import CheckRequest, Context, ItemKind
from safehold.guard.async_guard import AsyncGuard
from safehold.guard.drafts import Draft, text
from safehold.guard.errors import GuardSetupError
from safehold.guard.held_chunks import HeldChunks, TooManyTextsError
from safehold.guard.hold_back import Window
from safehold.guard.litellm_calls import (
    asks_for_media,
    context_of,
    draft_of_answer,
    draft_of_call,
    draft_of_chunk,
    makes_media,
    texts_of_chunk,
)
from safehold.guard.options import GuardOptions
from safehold.guard.outcome import GuardResult, unexamined

_HOOKS = frozenset({"pre_call", "post_call"})
_WAIT_SECONDS = 30.0
"""Pictures of a batch are decoded and looked up; a caller of a model waits longer than that for the picture itself."""


class MediaGuardrail(CustomGuardrail):  # type: ignore[misc]  # LiteLLM is not installed where types are checked
    """Checks what pictures are asked for, from which pictures, and what was made.

    Args:
        api_base: the address of Safehold's service.
        api_key: one of its keys, with the scope `check`.
        timeout: how long a check may take, in seconds.
        event_hook: LiteLLM's `mode`: both `pre_call` and `post_call`.
        settings: what else LiteLLM gives its guardrails.

    Raises:
        GuardSetupError: an address or a key is missing, or a hook, so that one of the holes would stay open.
    """

    def __init__(
        self,
        api_base: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float | None = None,
        event_hook: Any = None,
        **settings: Any,
    ) -> None:
        if not api_base or not api_key:
            raise GuardSetupError(
                "the guardrail has no service to ask", advice="Set api_base and api_key in its litellm_params."
            )
        if event_hook is not None and not _names(event_hook) >= _HOOKS:
            raise GuardSetupError(
                "the guardrail would see only half of what it is for", advice="Set mode: [pre_call, post_call]"
            )
        self._safehold = AsyncGuard.over_http(
            api_base, api_key, options=GuardOptions(timeout_seconds=timeout or _WAIT_SECONDS)
        )
        super().__init__(event_hook=event_hook, **settings)

    async def async_pre_call_hook(self, user_api_key_dict: Any, cache: Any, data: Any, call_type: str) -> Any:  # noqa: ARG002
        """Check prompts and source pictures before a model is asked.

        Raises:
            HTTPException: they are not allowed; LiteLLM answers it.
        """
        if makes_media(call_type):
            await self._require(draft_of_call(data), context_of(data, user_api_key_dict))
        return data

    async def async_post_call_success_hook(self, data: Any, user_api_key_dict: Any, response: Any) -> Any:
        """Check what a model made before LiteLLM sends it.

        Raises:
            HTTPException: it is not allowed, or can't be examined; LiteLLM answers it.
        """
        is_media = isinstance(response, ImageResponse) or asks_for_media(data)
        draft = draft_of_answer(response, is_media=is_media)
        await self._require(draft, context_of(data, user_api_key_dict))
        return response

    async def async_post_call_streaming_iterator_hook(
        self, user_api_key_dict: Any, response: Any, request_data: Any
    ) -> AsyncGenerator[Any, None]:
        """Hold a stream back until its words and pictures are checked: LiteLLM itself would send words first.

        Raises:
            HTTPException: it is not allowed, and nothing of it was sent yet; later an error event ends the stream.
        """
        has_started = False
        try:
            async for leaving in self._held_back(response, context_of(request_data, user_api_key_dict)):
                has_started = True
                yield leaving
        except HTTPException as error:
            if not has_started:
                raise
            told = {"error": {"message": error.detail, "code": error.status_code}}
            yield f"data: {json.dumps(told, default=str)}\n\n"

    async def _held_back(self, response: Any, context: Context) -> AsyncGenerator[Any, None]:
        held: HeldChunks[Any] = HeldChunks(Window())
        async for chunk in response:
            await self._require(draft_of_chunk(chunk), context)
            try:
                held.add(copy.deepcopy(chunk), texts_of_chunk(chunk))  # others write into chunks that they let pass
            except TooManyTextsError as error:
                raise _refusal(unexamined(CheckRequest((), context))) from error
            await self._pass_on(held, context, ended=False)
            for leaving in held.leaving():
                yield leaving
        await self._pass_on(held, context, ended=True)
        for leaving in held.leaving():
            yield leaving

    async def _pass_on(self, held: HeldChunks[Any], context: Context, *, ended: bool) -> None:
        while (words := held.due(ended=ended)) is not None:
            await self._require(text(ItemKind.OUTPUT_TEXT, words), context)
            held.pass_on()

    async def _require(self, draft: Draft, context: Context) -> None:
        if draft.items or not draft.is_complete:
            result = await self._safehold.check_draft(draft, context=context)
            if not result.allowed:
                raise _refusal(result)


def _names(event_hook: Any) -> frozenset[str]:
    hooks = event_hook if isinstance(event_hook, list | tuple) else [event_hook]
    return frozenset(str(getattr(hook, "value", hook)) for hook in hooks)


def _refusal(result: GuardResult) -> HTTPException:
    refusal = result.refusal or Refusal.UNEXAMINED
    status = 429 if refusal is Refusal.LIMITED else 400
    if refusal is Refusal.UNEXAMINED and not result.id:
        status = 503
    told = {"error": "content_refused", "code": refusal.value, "message_key": result.message_key}
    return HTTPException(status, {**told, "case_id": result.case_id})
