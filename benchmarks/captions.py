"""Caption rules against one `re` alternation of the same terms: captions a second on one core.

python -m benchmarks.captions [--json]

Both search generated harmless captions for the same stand-in vocabulary of 500 two-word terms; the alternation sees one
view (lower case, whole words), ours all of its views. Both find the same captions in these, which have no disguises.
"""

import json
import random
import re
from dataclasses import replace

from benchmarks.measure import alternate
from safehold.classification.text import CaptionRules, stand_in_lexicons

CAPTIONS = 20_000
TERMS = 500
PHRASE = (
    "photo of a red house with large windows near the river in summer light view beautiful vintage mountain car street "
    "market free vector background stock image design for printing on canvas wooden table modern kitchen blue sky"
)
WORDS = PHRASE.split()


def terms(generator: random.Random) -> tuple[str, ...]:
    """Return made-up two-word terms."""
    syllables = ["ba", "co", "di", "fu", "ga", "ho", "ki", "lu", "mo", "ne", "pa", "ru", "si", "to", "ve", "zu"]

    def word() -> str:
        return "".join(generator.choices(syllables, k=3))

    return tuple(dict.fromkeys(f"{word()} {word()}" for _ in range(TERMS)))


def caption(generator: random.Random, vocabulary: tuple[str, ...]) -> str:
    words = generator.choices(WORDS, k=generator.randint(6, 16))
    if generator.random() < 0.05:
        words.insert(2, generator.choice(vocabulary))
    if generator.random() < 0.1:
        words.append("4k")
    return " ".join(words).capitalize() + "."


def main() -> None:
    generator = random.Random(1)
    vocabulary = terms(generator)
    captions = [caption(generator, vocabulary) for _ in range(CAPTIONS)]
    rules = CaptionRules([replace(stand_in_lexicons()[0], terms=vocabulary, neutral_contexts=())])
    alternation = re.compile(r"\b(?:" + "|".join(map(re.escape, vocabulary)) + r")\b")

    def ours() -> list[bool]:
        return [bool(hits) for hits in rules.find(captions)]

    def other() -> list[bool]:
        return [alternation.search(text.lower()) is not None for text in captions]

    if ours() != other():
        raise SystemExit("the two don't find the same captions")
    timings = alternate(ours, other, seconds=4)
    speeds = [CAPTIONS / timing.seconds for timing in timings]
    print(
        json.dumps(
            {
                "name": "captions",
                "unit": "captions/s",
                "ours": round(speeds[0]),
                "other": round(speeds[1]),
                "ratio": round(speeds[0] / speeds[1], 2),
                "cores_obtained": round(min(timing.cores_obtained for timing in timings), 2),
                "recall": 1.0,
                "terms": len(vocabulary),
                "mean_characters": round(sum(map(len, captions)) / CAPTIONS, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
