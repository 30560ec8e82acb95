"""The card of the text rules, and the page that repeats it, say what was measured of the version that ships."""

import math
import re
from collections import Counter
from pathlib import Path

import pytest

from safehold.classification.text import PromptRules, default_rules, prompt_lexicons
from safehold.classification.text.card import FalsePositives, text_card
from safehold.reviewed import ReviewedDataError, read_text

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "text-rules.md").read_text(encoding="utf-8")
CARD = text_card()
SHARES = [CARD.measured.all_sentences, CARD.measured.with_term, CARD.measured.sessions_of_ten]


def test_the_card_is_of_the_rules_and_words_that_ship() -> None:
    rules = default_rules()
    assert CARD.version == PromptRules(prompt_lexicons(), rules).version, "run: python -m benchmarks.benign"
    assert CARD.status == rules.status
    assert list(CARD.rules) == [rule.id for rule in rules.rules]
    terms: Counter[str] = Counter()
    for lexicon in prompt_lexicons():
        terms[lexicon.language] += len(lexicon.terms)
    assert CARD.terms == dict(terms)


def test_the_set_is_as_large_and_as_hard_as_promised() -> None:
    assert CARD.measured.all_sentences.of >= 10_000
    assert CARD.measured.with_term.of * 2 >= CARD.measured.all_sentences.of


@pytest.mark.parametrize("share", SHARES)
def test_the_intervals_are_wilsons(share: FalsePositives) -> None:
    z = 1.959964
    rate = share.hits / share.of
    middle = rate + z * z / (2 * share.of)
    margin = z * math.sqrt(rate * (1 - rate) / share.of + z * z / (4 * share.of**2))
    ends = [(middle + sign * margin) / (1 + z * z / share.of) for sign in (-1, 1)]
    assert ends == pytest.approx([share.low, share.high], abs=0.00001)


def test_the_page_says_what_the_card_says() -> None:
    assert f"version `{CARD.version}`" in PAGE
    for share in SHARES:
        low, high = share.low * 100, share.high * 100
        assert f"| {share.hits:,} of {share.of:,} | {share.rate:.2%} |".replace("%", " %") in PAGE
        assert f"| {low:.2f} to {high:.2f} % |" in PAGE
    for language, terms in CARD.terms.items():
        name = {"de": "German", "en": "English", "es": "Spanish", "fr": "French", "pt": "Portuguese"}[language]
        assert f"| {name} | {terms} | {CARD.status} |" in PAGE


def test_the_program_on_the_page_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(program, "docs/text-rules.md", "exec"), {"__name__": "shown"})  # noqa: S102  # our own page
    assert capsys.readouterr().out.strip() == program.strip().rpartition("# ")[2]


def test_a_rate_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ReviewedDataError, match="the rate is not hits over texts"):
        read_text("{hits: 1, of: 100, rate: 0.02, low: 0.0, high: 0.1}", FalsePositives, called="a share")
