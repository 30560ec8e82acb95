"""Screening: findings, gaps and a policy enter; a verdict leaves. Pure, apart from reading the policy file."""

from safehold.screening.clearing import uncleared
from safehold.screening.columns import DETECTOR as COLUMN_DETECTOR
from safehold.screening.columns import ColumnReading, claim_of, has_words, read_columns
from safehold.screening.diff import Change, Direction, diff
from safehold.screening.errors import PolicyError, UnknownJurisdictionError
from safehold.screening.guidance import Guidance, guidance_for, jurisdictions, known_jurisdiction
from safehold.screening.policy import (
    NEVER_ALLOWED,
    VIDEO_DETECTOR,
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
    VideoFrames,
    VideoRules,
)
from safehold.screening.policy_file import default_policy, json_schema, load, parse
from safehold.screening.screen import Subject, action_of_findings, screen
from safehold.screening.separation import Separation, claims, separate, unclaimed_concepts
from safehold.screening.terms import Terms
from safehold.screening.videos import CLEAR_QUALITY, ClipFrame, FrameHit, VideoMatch, video_match

__all__ = [
    "CLEAR_QUALITY",
    "COLUMN_DETECTOR",
    "NEVER_ALLOWED",
    "VIDEO_DETECTOR",
    "Change",
    "ClipFrame",
    "ColumnMapping",
    "ColumnReading",
    "Direction",
    "Disposition",
    "FrameHit",
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
    "Terms",
    "Thresholds",
    "UnknownJurisdictionError",
    "VideoFrames",
    "VideoMatch",
    "VideoRules",
    "action_of_findings",
    "claim_of",
    "claims",
    "default_policy",
    "diff",
    "guidance_for",
    "has_words",
    "json_schema",
    "jurisdictions",
    "known_jurisdiction",
    "load",
    "parse",
    "read_columns",
    "screen",
    "separate",
    "unclaimed_concepts",
    "uncleared",
    "video_match",
]
