"""Prompt rules in one process: prompts a second on one core, one at a time, with all views and 5,000 patterns.

python -m benchmarks.prompts [--json]

Ours reads each prompt through every view that its signs call for, joins concepts by rules and remembers them. The peers
see one view (lower case, signs as spaces): *ceiling* is the same automaton alone, which nothing built on it can
pass; *pyahocorasick* (if installed) and *re* are what one would write instead. Equal work is done by *batches of one*,
the views of `CaptionRules`, which are made for many texts at once. Half of the prompts show no sign of a
trick, as plain prose does; the other half hold "8k", "35mm", "f/1.8" and the like, as prompts for pictures do, and cost
several views. One in twenty holds a pattern. All words are made up.
"""

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ahocorasick_rs import AhoCorasick, Implementation

from benchmarks.captions import WORDS, terms
from benchmarks.measure import alternate, line
from safehold.classification.text import (
    CaptionRules,
    Lexicon,
    PromptRules,
    default_rules,
    prompt_lexicons,
    stand_in_lexicons,
    stand_in_rules,
)
from safehold.classification.text.normalise import words

PROMPTS = 2_000
PATTERNS = 5_000
SIGNS = ("8k", "35mm", "f/1.8", "4k", "iso-100", "(best quality:1.2)")


def patterns(generator: random.Random) -> tuple[str, ...]:
    found: dict[str, None] = {}
    while len(found) < PATTERNS:
        found |= dict.fromkeys(terms(generator))
    return tuple(found)[:PATTERNS]


def prompt(generator: random.Random, vocabulary: tuple[str, ...], *, with_signs: bool) -> str:
    """Return about 120 characters, as the prompts of the notes on text matching have."""
    chosen = generator.choices(WORDS, k=generator.randint(14, 22))
    if generator.random() < 0.05:
        chosen.insert(3, generator.choice(vocabulary))
    if with_signs:
        chosen += generator.sample(SIGNS, k=2)
    return ", ".join(" ".join(chosen[at : at + 4]) for at in range(0, len(chosen), 4)).capitalize()


def single_pass(vocabulary: tuple[str, ...]) -> Callable[[str], bool]:
    search = AhoCorasick([f" {term} " for term in vocabulary], implementation=Implementation.DFA)
    return lambda text: bool(search.find_matches_as_indexes(words(f" {text.lower()} "), overlapping=True))


def pyahocorasick(vocabulary: tuple[str, ...]) -> Callable[[str], bool] | None:
    try:
        import ahocorasick  # noqa: PLC0415  # a peer that need not be installed
    except ImportError:
        return None
    search: Any = ahocorasick.Automaton()
    for term in vocabulary:
        search.add_word(f" {term} ", term)
    search.make_automaton()
    return lambda text: next(search.iter(words(f" {text.lower()} ")), None) is not None


def alternation(vocabulary: tuple[str, ...]) -> Callable[[str], bool]:
    search = re.compile(r"\b(?:" + "|".join(map(re.escape, vocabulary)) + r")\b")
    return lambda text: search.search(text.lower()) is not None


def batches_of_one(lexicon: Lexicon) -> Callable[[str], bool]:
    rules = CaptionRules([lexicon])
    return lambda text: bool(rules.find([text])[0])


def compare(name: str, ours: Callable[[str], bool], other: Callable[[str], bool] | None, prompts: list[str]) -> None:
    """Print one line; both must find the same prompts, since none of them is disguised."""
    if other is None:
        print(json.dumps({"name": name, "skipped": "not installed"}))
        return
    if [ours(text) for text in prompts] != [other(text) for text in prompts]:
        raise SystemExit(f"{name}: the two don't find the same prompts")
    timings = alternate(lambda: [ours(text) for text in prompts], lambda: [other(text) for text in prompts], seconds=3)
    speeds = [len(prompts) / timing.seconds for timing in timings]
    mean = round(sum(map(len, prompts)) / len(prompts), 1)
    print(
        line(
            name=name, unit="prompts/s/core", ours=round(speeds[0]), other=round(speeds[1]), timings=timings,
            patterns=PATTERNS, mean_characters=mean,
        )
    )  # fmt: skip


def main() -> None:
    generator = random.Random(1)
    vocabulary = patterns(generator)
    prompts = [prompt(generator, vocabulary, with_signs=number % 2 == 1) for number in range(PROMPTS)]
    made_up = replace(stand_in_lexicons()[0], id="made-up", concept="made_up", terms=vocabulary, neutral_contexts=())
    ours = reader(PromptRules([made_up], stand_in_rules()))
    ceiling = single_pass(vocabulary)
    compare("prompts, half with signs, against one pass over one view", ours, ceiling, prompts)
    compare("prompts, plain, against one pass over one view", ours, ceiling, prompts[::2])
    compare("prompts, with signs, against one pass over one view", ours, ceiling, prompts[1::2])
    compare("prompts against batches of one, equal views", ours, batches_of_one(made_up), prompts)
    compare("prompts against pyahocorasick over one view", ours, pyahocorasick(vocabulary), prompts)
    compare("prompts against an alternation in re", ours, alternation(vocabulary), prompts[:100])
    shipped = prompt_lexicons()
    some = vocabulary[: PATTERNS - len({term for lexicon in shipped for term in lexicon.terms})]
    filled_up = reader(PromptRules([*shipped, replace(made_up, terms=some)], default_rules()))
    compare("prompts, shipped lexicons filled up to 5,000 patterns", filled_up, single_pass(some), prompts)


def reader(rules: PromptRules) -> Callable[[str], bool]:
    return lambda text: any(finding.subject == "made_up" for finding in rules.read([text]).findings)


if __name__ == "__main__":
    main()
