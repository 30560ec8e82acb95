r"""Chat classifiers that answer like Llama Guard: `safe`, or `unsafe` and the codes of categories on the next line.

A category counts as 1 where it is named and as 0 where it is not: these models give no score.
Source: Llama Guard 3 and 4 model cards (meta-llama/PurpleLlama): "safe", or "unsafe\nS1,S4".
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from safehold.classification.remote.answers import chat_text, unusable
from safehold.classification.remote.dialect import strongest
from safehold.classification.remote.reading import Said
from safehold.classification.remote.terms import RemoteTerms

_ANSWER = re.compile(r"\s*(?:(?P<safe>safe)|unsafe\s*\n\s*(?P<codes>[A-Za-z0-9_,\- ]{1,200}))\s*")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
_ANSWER_TOKENS = 100
"""Room for every code of Llama Guard 3's fourteen."""


class LlamaGuard:
    """The dialect of a chat completion by a Llama-Guard-style model.

    Args:
        terms: of the endpoint.
    """

    def __init__(self, terms: RemoteTerms) -> None:
        self._terms = terms

    def ask_text(self, turns: Sequence[Said]) -> dict[str, Any]:
        """Return the question; its last turn is what is judged, in the light of the others."""
        return self._question([{"role": turn.role, "content": turn.text} for turn in _alternating(turns)])

    def ask_image(self, address: str) -> dict[str, Any]:
        """Return the question about a picture as a user would send it."""
        content = [{"type": "image_url", "image_url": {"url": address}}]
        return self._question([{"role": "user", "content": content}])

    def scores(self, answer: dict[str, Any], *, is_image: bool) -> Mapping[str, float]:
        """Return 1 for each mapped concept that was named, else 0.

        Raises:
            NoAnswerError: the answer is anything else than the two forms.
        """
        said = _ANSWER.fullmatch(chat_text(answer))
        mapped = self._terms.image if is_image else self._terms.text
        if said is None:
            unusable()
        named = () if said["safe"] else tuple(code.strip() for code in said["codes"].split(","))
        if any(not _CODE.fullmatch(code) for code in named):
            unusable()
        return strongest({category: float(category in named) for category in mapped}, mapped)

    def _question(self, messages: list[dict[str, Any]]) -> dict[str, Any]:
        terms = self._terms
        tokens = min(terms.answer_tokens, _ANSWER_TOKENS)
        return {"model": terms.model, "messages": messages, "temperature": 0, "max_tokens": tokens}


def _alternating(turns: Sequence[Said]) -> list[Said]:
    """Return the turns as the models' template asks: user and assistant in turn, the user first.

    Everything but an assistant's word counts as a user's. An assistant's word that nothing came before is judged as if
    a user had said it.
    """
    joined: list[Said] = []
    for turn in turns:
        role = "assistant" if turn.role == "assistant" and joined else "user"
        if joined and joined[-1].role == role:
            joined[-1] = Said(role, f"{joined[-1].text}\n\n{turn.text}")
        else:
            joined.append(Said(role, turn.text))
    return joined
