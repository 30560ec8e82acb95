"""The shared values: what each holds, what can't be changed, what is counted as confirmed."""

import dataclasses
import datetime as dt
import itertools
import operator

import pytest

from safehold.vocabulary import (
    CRYPTOGRAPHIC,
    Action,
    Algorithm,
    Bits,
    Content,
    Event,
    Finding,
    FindingKind,
    FixedClock,
    Gap,
    GapReason,
    HarmClass,
    InternalError,
    MediaKind,
    OutsidePartyError,
    PdqFlavour,
    SafeholdError,
    Signal,
    SystemClock,
    Tier,
    UnexaminedAllowError,
    UsageError,
    Verdict,
    signal_width_bytes,
)
from safehold.vocabulary.signal import MalformedSignalError

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
GAP = Gap("pdq", GapReason.TRUNCATED)
FINDING = Finding(FindingKind.MATCH, "sha256", "test", "bank@1#0", tier=Tier.TRUSTED, distance=Bits(0))
VALUES = [
    Content(b"", MediaKind.TEXT, "r1"),
    Event("test.happened", "system"),
    FINDING,
    GAP,
    Signal(Algorithm.MD5, bytes(16)),
    Verdict(Action.HOLD, (FINDING,), (GAP,), "p@1"),
]
ACTIONS_MILDEST_FIRST = [Action.ALLOW, Action.ALLOW_UNEXAMINED, Action.HOLD, Action.DENY]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_can_neither_be_changed_nor_grow(value: object) -> None:
    for field in dataclasses.fields(value):  # type: ignore[arg-type]
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field.name, None)
    assert not hasattr(value, "__dict__")


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_with_the_same_fields_are_the_same(value: object) -> None:
    assert dataclasses.replace(value) == value  # type: ignore[type-var]


@pytest.mark.parametrize(("one", "other"), list(itertools.product(enumerate(ACTIONS_MILDEST_FIRST), repeat=2)))
def test_any_two_actions_compare_by_severity(one: tuple[int, Action], other: tuple[int, Action]) -> None:
    (rank, action), (other_rank, other_action) = one, other

    assert action.rank == rank
    assert (action < other_action) is (rank < other_rank)
    assert (action <= other_action) is (rank <= other_rank)
    assert (action > other_action) is (rank > other_rank)
    assert (action >= other_action) is (rank >= other_rank)
    assert (action == other_action) is (rank == other_rank)
    assert max(action, other_action).rank == max(rank, other_rank)


def test_no_action_is_left_out_of_the_order() -> None:
    assert sorted(Action) == ACTIONS_MILDEST_FIRST
    assert max(Action) is Action.DENY


@pytest.mark.parametrize("other", ["deny", 3, None])
def test_an_action_compares_with_nothing_else(other: object) -> None:
    assert other != Action.DENY
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        with pytest.raises(TypeError):
            compare(Action.DENY, other)


@pytest.mark.parametrize("reason", list(GapReason))
def test_no_gap_of_any_kind_can_be_allowed(reason: GapReason) -> None:
    gaps = (Gap("sha256", reason),)
    with pytest.raises(UnexaminedAllowError) as caught:
        Verdict(Action.ALLOW, (), gaps, "p@1")

    assert isinstance(caught.value, InternalError)
    for action in ACTIONS_MILDEST_FIRST[1:]:
        assert Verdict(action, (), gaps, "p@1").gaps == gaps


def test_a_verdict_stays_true_when_it_is_copied_with_a_gap() -> None:
    clear = Verdict(Action.ALLOW, (), (), "p@1")
    with pytest.raises(UnexaminedAllowError):
        dataclasses.replace(clear, gaps=(GAP,))


@pytest.mark.parametrize("kind", list(FindingKind))
@pytest.mark.parametrize("detector", [*(algorithm.value for algorithm in Algorithm), "opennsfw", ""])
@pytest.mark.parametrize("tier", [*Tier, None])
@pytest.mark.parametrize("distance", [Bits(0), Bits(1), None])
def test_only_equality_with_a_trusted_list_confirms(
    kind: FindingKind, detector: str, tier: Tier | None, distance: Bits | None
) -> None:
    finding = Finding(kind, detector, "csam", "bank@1#0", tier=tier, distance=distance)
    wanted = (kind, tier, distance) == (FindingKind.MATCH, Tier.TRUSTED, 0) and detector in {"sha256", "sha1", "md5"}

    assert finding.is_confirmed is wanted


def test_a_finding_confirms_the_same_whatever_its_place_and_class_unless_that_is_an_allow_list() -> None:
    for harm_class, place in itertools.product(HarmClass, ("", "frame 3")):
        found = dataclasses.replace(FINDING, subject=harm_class.value, place=place)
        assert found.is_confirmed is (harm_class is not HarmClass.BENIGN)
        assert found.is_cleared is (harm_class is HarmClass.BENIGN and found.detector == "sha256")


def test_the_cryptographic_algorithms_are_all_but_the_perceptual_one() -> None:
    assert set(Algorithm) - CRYPTOGRAPHIC == {Algorithm.PDQ}
    assert {algorithm: signal_width_bytes(algorithm) for algorithm in Algorithm} == {
        Algorithm.SHA256: 32,
        Algorithm.SHA1: 20,
        Algorithm.MD5: 16,
        Algorithm.PDQ: 32,
    }


def test_a_signal_of_another_algorithms_width_is_refused_without_showing_its_value() -> None:
    with pytest.raises(MalformedSignalError, match="md5 value has 16 bytes, not 20") as caught:
        Signal(Algorithm.MD5, b"\xab" * 20)

    assert "ab" * 4 not in str(caught.value)
    assert caught.value.advice


def test_a_pdq_signal_keeps_flavour_quality_and_place() -> None:
    signal = Signal(Algorithm.PDQ, bytes(32), PdqFlavour.NEAREST_512, 100, "frame 12")

    assert (signal.flavour, signal.quality, signal.place) == (PdqFlavour.NEAREST_512, 100, "frame 12")
    assert signal != dataclasses.replace(signal, flavour=PdqFlavour.FULL)


def test_an_event_without_details_has_none_and_shares_none() -> None:
    one, other = Event("test.happened", "system"), Event("test.happened", "system")

    assert (one.policy, dict(one.details)) == ("", {})
    assert one == other
    assert one.details is not other.details


def test_the_systems_clock_is_aware_and_in_utc() -> None:
    before, now, after = dt.datetime.now(dt.UTC), SystemClock().now(), dt.datetime.now(dt.UTC)

    assert before <= now <= after
    assert now.utcoffset() == dt.timedelta(0)


def test_a_fixed_clock_shows_what_it_is_set_to() -> None:
    clock = FixedClock(NOON)
    assert clock.now() == NOON

    clock.at = NOON + dt.timedelta(hours=1)
    assert clock.now() == NOON + dt.timedelta(hours=1)


@pytest.mark.parametrize("kind", [SafeholdError, UsageError, OutsidePartyError, InternalError])
def test_an_error_says_what_happened_and_what_to_do(kind: type[SafeholdError]) -> None:
    error = kind("what happened", advice="what to do")

    assert (str(error), error.advice) == ("what happened", "what to do")
    assert isinstance(error, SafeholdError)


def test_the_kinds_of_error_exclude_each_other() -> None:
    kinds = (UsageError, OutsidePartyError, InternalError)

    assert not any(issubclass(one, other) for one, other in itertools.permutations(kinds, 2))


@pytest.mark.parametrize("names", [Action, FindingKind, GapReason, HarmClass, MediaKind, Tier, Algorithm, PdqFlavour])
def test_words_in_files_are_lower_case_and_each_stands_for_one_member(names: type) -> None:
    values = [member.value for member in names]  # type: ignore[attr-defined]

    assert len(set(values)) == len(values) == len(names.__members__)  # type: ignore[attr-defined]
    assert all(value == value.lower() and " " not in value for value in values)
