"""Screening: findings, gaps and a policy enter; a verdict leaves. Pure, apart from reading the policy file."""

from safehold.screening.columns import ColumnReading, read_columns
from safehold.screening.diff import Change, Direction, diff
from safehold.screening.errors import PolicyError
from safehold.screening.guidance import Guidance, guidance_for
from safehold.screening.policy import (
    ColumnMapping,
    Disposition,
    MediaLimits,
    PairAcrossMix,
    PairWithinRecord,
    Policy,
    Removal,
    Rule,
    SeparationRules,
    SourceAction,
    Thresholds,
)
from safehold.screening.policy_file import default_policy, json_schema, load, parse
from safehold.screening.screen import Subject, screen
from safehold.screening.separation import Separation, claims, separate, with_separation

__all__ = [
    "Change",
    "ColumnMapping",
    "ColumnReading",
    "Direction",
    "Disposition",
    "Guidance",
    "MediaLimits",
    "PairAcrossMix",
    "PairWithinRecord",
    "Policy",
    "PolicyError",
    "Removal",
    "Rule",
    "Separation",
    "SeparationRules",
    "SourceAction",
    "Subject",
    "Thresholds",
    "claims",
    "default_policy",
    "diff",
    "guidance_for",
    "json_schema",
    "load",
    "parse",
    "read_columns",
    "screen",
    "separate",
    "with_separation",
]
