"""Caption rules: texts enter, concept claims leave.

Texts are read through several normalised views, so that case, look-alike letters, invisible characters, digits for
letters, spacing and repetition don't hide a plain word. Which concepts must not stand together is screening's business.
"""

from safehold.classification.text.lexicon import AgeRule, Lexicon, builtin_lexicons, load_lexicon, stand_in_lexicons
from safehold.classification.text.normalise import normalise
from safehold.classification.text.rules import DETECTOR, CaptionRules, RuleHit, to_findings

__all__ = [
    "DETECTOR",
    "AgeRule",
    "CaptionRules",
    "Lexicon",
    "RuleHit",
    "builtin_lexicons",
    "load_lexicon",
    "normalise",
    "stand_in_lexicons",
    "to_findings",
]
