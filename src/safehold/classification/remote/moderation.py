"""Moderation endpoints compatible with OpenAI's: categories with a yes or no and a score.

Source: openai-python 3.54, `types/moderation.py` and `types/moderation_multi_modal_input_param.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from safehold.classification.remote.answers import fraction, mapping, only, unusable
from safehold.classification.remote.dialect import strongest
from safehold.classification.remote.reading import Said
from safehold.classification.remote.terms import RemoteTerms


class Moderation:
    """The dialect of `POST /moderations`.

    Args:
        terms: of the endpoint.
    """

    def __init__(self, terms: RemoteTerms) -> None:
        self._terms = terms

    def ask_text(self, turns: Sequence[Said]) -> dict[str, Any]:
        """Return the question; the turns are joined, so that what spans two is seen together."""
        return {"model": self._terms.model, "input": "\n\n".join(turn.text for turn in turns)}

    def ask_image(self, address: str) -> dict[str, Any]:
        """Return the question about a picture alone."""
        return {"model": self._terms.model, "input": [{"type": "image_url", "image_url": {"url": address}}]}

    def scores(self, answer: dict[str, Any], *, is_image: bool) -> Mapping[str, float]:
        """Return a score for each mapped concept; every mapped category must be in the answer.

        Raises:
            NoAnswerError: a category is missing, or was not applied to what was sent.
        """
        result = mapping(only(answer.get("results")))
        mapped = self._terms.image if is_image else self._terms.text
        _require_applied(result, mapped, "image" if is_image else "text")
        if self._terms.take == "flags":
            flags = mapping(result.get("categories"))
            return strongest({category: _flag(flags.get(category)) for category in mapped}, mapped)
        values = mapping(result.get("category_scores"))
        return strongest({category: fraction(values.get(category)) for category in mapped}, mapped)


def _flag(value: object) -> float:
    return float(value) if isinstance(value, bool) else unusable()


def _require_applied(result: dict[str, Any], mapped: Mapping[str, str], kind: str) -> None:
    """Refuse scores of categories that were not applied: their 0 says nothing. Older servers don't state it."""
    applied = result.get("category_applied_input_types")
    if applied is None and kind == "text":
        return
    kinds = mapping(applied)
    if any(not isinstance(kinds.get(category), list) or kind not in kinds[category] for category in mapped):
        unusable()
