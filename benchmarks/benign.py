"""How many harmless sentences the text rules take for something: false positives with a Wilson interval.

python -m benchmarks.benign [--json]     # needs the packages of benchmarks.benign_texts

The set: every sentence of those packages that holds a term whose concept is a finding alone (`minor`, `adult_sexual`,
...), and as many without any, drawn with a fixed seed. A false positive is a finding of a rule that a context did not
lower. The lexicons were written without a look at these texts and not changed for them.
"""

import json
import math
import random
from collections import Counter
from collections.abc import Sequence

from benchmarks.benign_texts import Sentence, is_here, sentences
from safehold.classification.text import PromptRules, default_rules, prompt_lexicons

SESSION = 10
"""Consecutive sentences of one source, read as the turns of one conversation."""
SESSIONS = 10_000


def wilson(hits: int, count: int, z: float = 1.959964) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, Journal of the American Statistical Association 22, 1927)."""
    share = hits / count
    centre = share + z * z / (2 * count)
    margin = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (centre - margin) / (1 + z * z / count), (centre + margin) / (1 + z * z / count)


def share(hits: int, count: int) -> dict[str, object]:
    low, high = wilson(hits, count)
    return {"hits": hits, "of": count, "rate": round(hits / count, 5), "wilson_95": [round(low, 5), round(high, 5)]}


class Measurement:
    """Readings of sentences, each once."""

    def __init__(self) -> None:
        self.rules = PromptRules(prompt_lexicons(), default_rules())
        self.rule_ids = {rule.id for rule in self.rules.rules.rules}

    def subjects(self, texts: Sequence[str]) -> set[str]:
        """Return what is found in texts that belong together."""
        return {finding.subject for finding in self.rules.read(texts).findings}

    def sample(self, everything: Sequence[Sentence]) -> tuple[list[Sentence], list[Sentence]]:
        """Return all sentences with a term and as many without."""
        with_term = [sentence for sentence in everything if self.subjects([sentence.text])]
        chosen = {sentence.text for sentence in with_term}
        rest = [sentence for sentence in everything if sentence.text not in chosen]
        return with_term, random.Random(4).sample(rest, len(with_term))

    def report(self, sample: Sequence[Sentence]) -> dict[str, object]:
        """Return the false positives among sentences, each read alone, by subject and by source."""
        by_subject: Counter[str] = Counter()
        by_source: Counter[str] = Counter()
        counted = Counter(sentence.source for sentence in sample)
        hits = 0
        for sentence in sample:
            found = self.subjects([sentence.text])
            by_subject.update(subject for subject in found if subject.partition(":")[0] in self.rule_ids)
            hits += bool(found & self.rule_ids)
            by_source[sentence.source] += bool(found & self.rule_ids)
        sources = {source: [by_source[source], counted[source]] for source in sorted(counted)}
        return share(hits, len(sample)) | {"by_subject": dict(by_subject.most_common()), "by_source": sources}

    def sessions(self, everything: Sequence[Sentence]) -> dict[str, object]:
        """Return how many conversations made of consecutive Brown sentences a rule finds."""
        prose = [sentence.text for sentence in everything if sentence.source.startswith("brown ")]
        starts = random.Random(4).sample(range(len(prose) - SESSION), min(SESSIONS, len(prose) - SESSION))
        return share(sum(bool(self.subjects(prose[at : at + SESSION]) & self.rule_ids) for at in starts), len(starts))


def main() -> None:
    if not is_here():
        print(json.dumps({"name": "benign", "skipped": "run python -m benchmarks.benign_texts --fetch"}))
        return
    measurement, everything = Measurement(), sentences()
    with_term, without = measurement.sample(everything)
    print(
        json.dumps(
            {
                "name": "benign",
                "version": measurement.rules.version,
                "all_sentences": len(everything),
                "with_term": share(sum(measurement.report([one])["hits"] == 1 for one in with_term), len(with_term)),
                **measurement.report([*with_term, *without]),
                "sessions_of_ten": measurement.sessions(everything),
            },
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
