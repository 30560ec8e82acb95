"""Read gateway policies from YAML: the edge at which their words are checked.

policy = load_gateway_policy(Path("gateway.yaml"))
policy.label                         # "default-gateway@1 sha256:…"
"""

import hashlib
import json
from importlib import resources
from pathlib import Path

from safehold.gateway import policy_wire as wire
from safehold.gateway.conduct import ConductRule
from safehold.gateway.errors import GatewayPolicyError
from safehold.gateway.item import ItemKind
from safehold.gateway.policy import (
    EditRules,
    GatewayPolicy,
    ItemTerms,
    RequestLimits,
    RequestPair,
    Retention,
    SessionRules,
    SurfaceRules,
    label_of,
)
from safehold.reviewed import ReviewedDataError, read_file, read_text
from safehold.screening import PairWithinRecord, SeparationRules, Thresholds, translation
from safehold.vocabulary import Action, Bits, Fraction, Seconds

_ADVICE = "docs/gateway.md explains every part; the shipped default-gateway.yaml is one that is right."


def load_gateway_policy(path: Path) -> GatewayPolicy:
    """Read a policy file.

    Raises:
        GatewayPolicyError: unreadable; an unknown or missing key, or a value that can't be meant, with its line.
    """
    try:
        return _translate(read_file(path, wire.GatewayPolicyFile, kind="gateway policy"))
    except ReviewedDataError as error:
        raise GatewayPolicyError(str(error), advice=_ADVICE) from error


def parse_gateway_policy(text: str, *, called: str) -> GatewayPolicy:
    """Read a policy from text.

    Args:
        text: YAML, or the canonical JSON of a policy.
        called: what error messages call it.

    Raises:
        GatewayPolicyError: as for `load_gateway_policy`.
    """
    try:
        return _translate(read_text(text, wire.GatewayPolicyFile, called=called))
    except ReviewedDataError as error:
        raise GatewayPolicyError(str(error), advice=_ADVICE) from error


def default_gateway_policy() -> GatewayPolicy:
    """Return the policy that ships with Safehold."""
    return parse_gateway_policy(default_source(), called="default-gateway.yaml")


def default_source() -> str:
    """Return the text of the policy that ships with Safehold, with its comments."""
    file = resources.files("safehold.gateway").joinpath("policies", "default-gateway.yaml")
    return file.read_text(encoding="utf-8")


def gateway_json_schema() -> str:
    """Return the JSON Schema of policy files as text; `policies/gateway-policy.schema.json` holds exactly this."""
    return json.dumps(wire.schema(), indent=2, sort_keys=True) + "\n"


def _translate(file: wire.GatewayPolicyFile) -> GatewayPolicy:
    text = translation.canonical(file)
    digest = hashlib.sha256(text.encode("ascii")).hexdigest()
    return GatewayPolicy(
        name=file.name,
        version=file.version,
        digest=digest,
        canonical=text,
        reviewed_by=tuple(file.reviewed_by),
        thresholds=_thresholds(file.thresholds),
        surfaces={surface: _surface(rules) for surface, rules in file.surfaces.items()},
        terms={kind: _terms(kind, file, label_of(file.name, file.version, digest)) for kind in ItemKind},
        pairs=tuple(map(_pair, file.pairs)),
        edit=EditRules(frozenset(file.edit.concepts), Action(file.edit.action), file.edit.reason),
        session=_session(file.session),
        conduct=tuple(map(_conduct, file.conduct)),
        retention=_retention(file.retention),
        requests=_requests(file.requests),
        limits=translation.limits(file.limits),
        video=translation.video(file.video),
        variants=frozenset(file.signals.pdq.variants),
    )


def _thresholds(file: wire.ThresholdsFile) -> Thresholds:
    return Thresholds(Bits(file.pdq), 0, translation.scores(file.scores), Fraction(file.video_share))


def _surface(file: wire.SurfaceFile) -> SurfaceRules:
    required = {kind: frozenset(names) for kind, names in file.required.items()}
    return SurfaceRules(file.mode, file.fail_open, required, dict(file.messages))


def _terms(kind: ItemKind, file: wire.GatewayPolicyFile, label: str) -> ItemTerms:
    """Return what one kind of item is screened by; a text's own words are left to the text rules, which see windows."""
    pairs = () if kind.is_text else tuple(pair for pair in file.pairs if kind in pair.items)
    within = tuple(PairWithinRecord(pair.between, Action(pair.action), pair.reason) for pair in pairs)
    rules = (rule for rule in file.rules if not rule.surfaces or kind.surface in rule.surfaces)
    return ItemTerms(
        label=label,
        thresholds=_thresholds(file.thresholds),
        rules=tuple(translation.rule(rule) for rule in rules if not rule.items or kind in rule.items),
        separation=SeparationRules(within, ()),
        required={media: frozenset(names) for media, names in file.surfaces[kind.surface].required.items()},
    )


def _pair(file: wire.PairFile) -> RequestPair:
    return RequestPair(file.between, frozenset(file.items), Action(file.action), file.reason)


def _session(file: wire.SessionFile) -> SessionRules:
    items, roles = frozenset(file.items), frozenset(file.trusted_roles)
    return SessionRules(Seconds(file.carry_seconds), items, Action(file.action), roles)


def _conduct(file: wire.ConductFile) -> ConductRule:
    return ConductRule(
        id=file.id,
        owner=file.of,
        counts=file.counts,
        at_least=file.at_least,
        within_seconds=Seconds(file.within_seconds),
        limit_seconds=Seconds(file.limit_seconds),
        checks_per_minute=file.checks_per_minute,
        proposes=file.proposes,
        reason=file.reason,
    )


def _retention(file: wire.RetentionFile) -> Retention:
    return Retention(file.decisions_days, file.accounts_days, file.held_hours, file.held_bytes)


def _requests(file: wire.RequestsFile) -> RequestLimits:
    return RequestLimits(
        items=file.items,
        text_characters=file.text_characters,
        turns=file.turns,
        data_bytes=file.data_bytes,
        waiting_seconds=Seconds(file.waiting_seconds),
        detector_seconds=Seconds(file.detector_seconds),
    )
