"""Rules of cases: reviewed data that says what is decided without people, what twice, and how long all lasts.

A YAML file enters, with its JSON Schema beside it; frozen values leave, or an error that names key and line.
"""

from safehold.cases.rules.errors import CaseRulesError
from safehold.cases.rules.file import (
    CaseRules,
    default_rules,
    default_source,
    load_rules,
    parse_rules,
    rules_json_schema,
)
from safehold.cases.rules.rules import (
    Axis,
    DecisionRules,
    Occasion,
    OwnBankRules,
    RequiredAxes,
    RetentionRules,
    ReviewRules,
)

__all__ = [
    "Axis",
    "CaseRules",
    "CaseRulesError",
    "DecisionRules",
    "Occasion",
    "OwnBankRules",
    "RequiredAxes",
    "RetentionRules",
    "ReviewRules",
    "default_rules",
    "default_source",
    "load_rules",
    "parse_rules",
    "rules_json_schema",
]
