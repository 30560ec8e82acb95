"""Exposure: what people were shown, recorded before they are, and counted so that it never becomes too much.

A person and an item enter; a number leaves under which content may be given out, or a kind refusal. What somebody was
shown is for their own eyes; others see whole weeks over enough people. Nobody's figures are ever compared.
"""

from safehold.cases.exposure.errors import (
    ExposureUnknownError,
    OptedOutError,
    RestDueError,
    RevealNotAllowedError,
)
from safehold.cases.exposure.exposure import Exposure, ExposureId, Extent, OptOut, Purpose, Shown
from safehold.cases.exposure.exposures import Exposures
from safehold.cases.exposure.own import Day, OwnFigures
from safehold.cases.exposure.rest import Allowance, Rest, RestKind, Seen, allowance_of
from safehold.cases.exposure.rules import Dose, ExposureRules, Support
from safehold.cases.exposure.rules_file import ExposureFile
from safehold.cases.exposure.totals import WeekTotals

__all__ = [
    "Allowance",
    "Day",
    "Dose",
    "Exposure",
    "ExposureFile",
    "ExposureId",
    "ExposureRules",
    "ExposureUnknownError",
    "Exposures",
    "Extent",
    "OptOut",
    "OptedOutError",
    "OwnFigures",
    "Purpose",
    "Rest",
    "RestDueError",
    "RestKind",
    "RevealNotAllowedError",
    "Seen",
    "Shown",
    "Support",
    "WeekTotals",
    "allowance_of",
]
