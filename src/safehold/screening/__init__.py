"""Screening: findings, gaps and a policy enter; a verdict leaves. Pure, apart from reading the policy file."""

from safehold.screening.columns import DETECTOR as COLUMN_DETECTOR
from safehold.screening.columns import ColumnReading, read_columns
from safehold.screening.diff import Change, Direction, diff
from safehold.screening.errors import PolicyError, UnknownJurisdictionError
from safehold.screening.guidance import Guidance, guidance_for, jurisdictions, known_jurisdiction
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
from safehold.screening.screen import Subject, action_of_findings, screen
from safehold.screening.separation import Separation, claims, separate

__all__ = [
    "COLUMN_DETECTOR",
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
    "UnknownJurisdictionError",
    "action_of_findings",
    "claims",
    "default_policy",
    "diff",
    "guidance_for",
    "json_schema",
    "jurisdictions",
    "known_jurisdiction",
    "load",
    "parse",
    "read_columns",
    "screen",
    "separate",
]
