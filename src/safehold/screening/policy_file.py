"""Read policies from YAML: the edge at which their words are checked.

policy = load(Path("policy.yaml"))
policy.label                         # "default-dataset@1 sha256:…"
"""

import hashlib
import json
from importlib import resources
from pathlib import Path

from safehold.reviewed import ReviewedDataError, read_file, read_text
from safehold.screening import translation, wire
from safehold.screening.errors import PolicyError
from safehold.screening.policy import (
    ColumnMapping,
    PairAcrossMix,
    PairWithinRecord,
    Policy,
    Removal,
    SeparationRules,
    Thresholds,
)
from safehold.vocabulary import Action, Bits, Fraction

_ADVICE = "`safehold policy show --source` prints a policy that is right; docs/policy.md explains every part."


def load(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        PolicyError: unreadable; an unknown or missing key, or a value that can't be meant, with its line.
    """
    try:
        return _translate(read_file(path, wire.PolicyFile, kind="policy"))
    except ReviewedDataError as error:
        raise PolicyError(str(error), advice=_ADVICE) from error


def default_policy() -> Policy:
    """Return the policy that ships with Safehold."""
    file = resources.files("safehold.screening").joinpath("policies", "default-dataset.yaml")
    return parse(file.read_text(encoding="utf-8"), called="default-dataset.yaml")


def json_schema() -> str:
    """Return the JSON Schema of policy files as text; `policies/policy.schema.json` holds exactly this."""
    return json.dumps(wire.schema(), indent=2, sort_keys=True) + "\n"


def parse(text: str, *, called: str) -> Policy:
    """Read a policy from text.

    Args:
        text: YAML.
        called: what error messages call it.

    Raises:
        PolicyError: as for `load`.
    """
    try:
        return _translate(read_text(text, wire.PolicyFile, called=called))
    except ReviewedDataError as error:
        raise PolicyError(str(error), advice=_ADVICE) from error


def _translate(file: wire.PolicyFile) -> Policy:
    text = translation.canonical(file)
    return Policy(
        name=file.name,
        version=file.version,
        digest=hashlib.sha256(text.encode("ascii")).hexdigest(),
        canonical=text,
        reviewed_by=tuple(file.reviewed_by),
        single_operator=file.single_operator,
        thresholds=_thresholds(file.thresholds),
        required={kind: frozenset(names) for kind, names in file.detectors.required.items()},
        required_of_pointers=frozenset(file.detectors.required_of_pointers),
        rules=tuple(map(translation.rule, file.rules)),
        separation=_separation(file.separation),
        text_separation=_separation(file.text_only.separation),
        columns=tuple(map(_column, file.columns)),
        inert_extensions=frozenset(file.inert_extensions),
        limits=translation.limits(file.limits),
        video=translation.video(file.video),
        variants=frozenset(file.signals.pdq.variants),
        source_action=file.sources.known_risk,
        jurisdiction=file.disposition.jurisdiction,
        dispositions=dict(file.disposition.choices),
        sealed_subjects=frozenset(harm.value for harm in file.disposition.sealed),
    )


def _thresholds(file: wire.ThresholdsFile) -> Thresholds:
    return Thresholds(
        Bits(file.pdq), file.pdq_quality_reported_below, translation.scores(file.scores), Fraction(file.video_share)
    )


def _separation(file: wire.SeparationFile) -> SeparationRules:
    return SeparationRules(
        tuple(PairWithinRecord(pair.between, Action(pair.action), pair.reason) for pair in file.within_record),
        tuple(PairAcrossMix(pair.between, _removal(pair), pair.reason) for pair in file.across_mix),
    )


def _removal(pair: wire.AcrossMixFile) -> Removal:
    if pair.remove in pair.between:
        return Removal.FIRST if pair.remove == pair.between[0] else Removal.SECOND
    return Removal(pair.remove)


def _column(file: wire.ColumnFile) -> ColumnMapping:
    return ColumnMapping(file.column, file.concept, file.at_least, file.at_most, file.required, file.contains_any)
