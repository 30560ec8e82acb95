"""What differs between protocols: how a question is put, and what an answer means. No network here."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from safehold.classification.remote.reading import Said


class Dialect(Protocol):
    """One protocol's words."""

    def ask_text(self, turns: Sequence[Said]) -> dict[str, Any]:
        """Return the question about a text or a conversation, as JSON."""
        ...

    def ask_image(self, address: str) -> dict[str, Any]:
        """Return the question about a picture, as JSON.

        Args:
            address: the picture as a `data:` address.
        """
        ...

    def scores(self, answer: dict[str, Any], *, is_image: bool) -> Mapping[str, float]:
        """Return a score, 0..1, for each concept that was asked about.

        Raises:
            NoAnswerError: the answer is not exactly of this protocol.
        """
        ...


def strongest(found: Mapping[str, float], mapped: Mapping[str, str]) -> dict[str, float]:
    """Return each concept's highest score over its categories.

    Args:
        found: category to score; one for each mapped category.
        mapped: category to concept.
    """
    scores: dict[str, float] = {}
    for category, concept in mapped.items():
        scores[concept] = max(found[category], scores.get(concept, 0.0))
    return scores
