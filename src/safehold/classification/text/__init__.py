"""Text rules: texts enter, concept claims and findings of rules leave.

Texts are read through several normalised views, so that case, look-alike letters, invisible characters, digits for
letters, spacing and repetition don't hide a plain word. `CaptionRules` claims concepts for whole datasets, where which
of them must not stand together is screening's business; `PromptRules` reads prompts and conversations one by one, and
joins concepts itself.
"""

from safehold.classification.text.combination import (
    APART,
    NEGATED,
    PROTECTED,
    TextRule,
    TextRules,
    default_rules,
    load_rules,
    stand_in_rules,
)
from safehold.classification.text.language import load_word_list, prompt_lexicons, stand_in_prompt_lexicons
from safehold.classification.text.lexicon import AgeRule, Lexicon, builtin_lexicons, load_lexicon, stand_in_lexicons
from safehold.classification.text.normalise import normalise
from safehold.classification.text.prompt_rules import PROMPT_DETECTOR, PromptRules, Reading
from safehold.classification.text.rules import DETECTOR, CaptionRules, RuleHit, to_findings

__all__ = [
    "APART",
    "DETECTOR",
    "NEGATED",
    "PROMPT_DETECTOR",
    "PROTECTED",
    "AgeRule",
    "CaptionRules",
    "Lexicon",
    "PromptRules",
    "Reading",
    "RuleHit",
    "TextRule",
    "TextRules",
    "builtin_lexicons",
    "default_rules",
    "load_lexicon",
    "load_rules",
    "load_word_list",
    "normalise",
    "prompt_lexicons",
    "stand_in_lexicons",
    "stand_in_prompt_lexicons",
    "stand_in_rules",
    "to_findings",
]
