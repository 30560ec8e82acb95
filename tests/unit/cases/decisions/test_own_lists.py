"""What of decided items enters the own bank and the allow list, who lets it, and what never does."""

import pytest
from tests.unit.cases.conftest import digest
from tests.unit.cases.decisions.conftest import (
    AMIRA,
    CLARA,
    CSAM,
    DAVID,
    LEAD,
    NEAR_TEST,
    PDQ,
    Bench,
    confirmed_by,
)

from safehold.cases.axes import Axes, HarmType
from safehold.cases.decisions import Decision, ListingState, OwnList
from safehold.cases.decisions.errors import (
    ContradictionError,
    NotAllowedError,
    OwnWorkError,
    UnfitDecisionError,
    UnknownListingError,
)
from safehold.cases.decisions.signals.choosing import benign_signals, confirmed_signals
from safehold.vocabulary import Algorithm, HarmClass, PdqFlavour, Signal, Tier

DIGESTS = (
    digest("5a"),
    Signal(Algorithm.SHA1, b"\1" * 20),
    Signal(Algorithm.MD5, b"\2" * 16),
)


def test_what_two_people_confirm_is_listed_at_once_with_its_class(either_bench: Bench) -> None:
    bench = either_bench
    case = bench.case(bench.item(signals=(*DIGESTS, PDQ)))
    bench.say(AMIRA, case, Decision.CONFIRM, CSAM)
    assert bench.listed("own-confirmed") == []
    (proposed,) = bench.decisions.proposals()
    bench.decisions.approve_signals(CLARA, [proposed.id])
    listed = {(algorithm, harm) for algorithm, _, harm in bench.listed("own-confirmed")}
    assert listed == {(one, HarmClass.CSAM) for one in ("sha256", "sha1", "md5", "pdq")}
    assert bench.banks.show("own-confirmed").tier is Tier.TRUSTED
    assert bench.decisions.proposals(states=frozenset({ListingState.LISTED}))[0].settled_by == "clara"
    assert bench.kinds("signals.") == ["signals.approved", "signals.listed"]


@pytest.mark.parametrize(
    ("person", "error"), [(AMIRA, NotAllowedError), (LEAD, NotAllowedError), (CLARA, OwnWorkError)]
)
def test_nobody_is_both_pairs_of_eyes(bench: Bench, person: object, error: type[Exception]) -> None:
    case = bench.case(bench.item())
    bench.say(CLARA, case, Decision.CONFIRM)
    (proposed,) = bench.decisions.proposals()
    with pytest.raises(error):
        bench.decisions.approve_signals(person, [proposed.id])
    with pytest.raises(error):
        bench.decisions.refuse_signals(person, [proposed.id], "unsure")
    assert bench.listed("own-confirmed") == []


def test_who_passed_an_item_on_does_not_approve_what_another_one_decided(bench: Bench) -> None:
    case = bench.case(bench.item())
    bench.say(CLARA, case, Decision.CANNOT_TELL)
    bench.say(DAVID, case, Decision.CONFIRM)
    (proposed,) = bench.decisions.proposals()
    with pytest.raises(OwnWorkError):
        bench.decisions.approve_signals(CLARA, [proposed.id])


def test_one_person_alone_approves_their_own_and_the_event_says_so(bench: Bench) -> None:
    alone = bench.under(single_operator=True)
    case = bench.case(bench.item())
    alone.say(CLARA, case, Decision.CONFIRM)
    alone.decisions.approve_signals(CLARA, [alone.decisions.proposals()[0].id])
    assert bench.office.events("signals.approved")[0].details["single_operator"] is True
    assert len(bench.listed("own-confirmed")) == 1


def test_what_was_refused_is_not_listed_and_a_second_click_finds_nothing(bench: Bench) -> None:
    case = bench.case(bench.item())
    bench.say(AMIRA, case, Decision.CONFIRM)
    (proposed,) = bench.decisions.proposals()
    bench.decisions.refuse_signals(CLARA, [proposed.id], "featureless")
    with pytest.raises(UnknownListingError):
        bench.decisions.approve_signals(DAVID, [proposed.id])
    assert bench.listed("own-confirmed") == []


def test_several_are_approved_together_or_not_at_all(bench: Bench) -> None:
    first, second = bench.case(bench.item()), bench.case(bench.item(signals=(digest("5b"),)), name="bb")
    bench.say(AMIRA, first, Decision.CONFIRM)
    bench.say(CLARA, second, Decision.CONFIRM)
    with pytest.raises(OwnWorkError):
        bench.decisions.approve_signals(CLARA, [one.id for one in bench.decisions.proposals()])
    assert len(bench.decisions.proposals()) == 2
    bench.decisions.approve_signals(DAVID, [one.id for one in bench.decisions.proposals()])
    assert len(bench.listed("own-confirmed")) == 2


def test_words_and_approaches_enter_no_bank(bench: Bench) -> None:
    case = bench.case(bench.item())
    bench.say(AMIRA, case, Decision.CONFIRM, Axes(HarmType.GROOMING))
    assert bench.decisions.proposals() == ()


def test_the_allow_list_takes_one_sha_256_after_four_eyes(bench: Bench) -> None:
    case = bench.case(bench.item(signals=(*DIGESTS, PDQ)))
    bench.say(AMIRA, case, Decision.NOT_A_VIOLATION, allow=True)
    (proposed,) = bench.decisions.proposals(own=OwnList.BENIGN)
    assert bench.listed("own-benign") == []
    bench.decisions.approve_signals(CLARA, [proposed.id])
    assert bench.listed("own-benign") == [("sha256", "5a" * 32, HarmClass.BENIGN)]


def test_what_is_not_a_violation_is_on_no_list_unless_somebody_asks_for_it(bench: Bench) -> None:
    case = bench.case(bench.item())
    bench.say(AMIRA, case, Decision.NOT_A_VIOLATION)
    assert bench.decisions.proposals() == ()


@pytest.mark.parametrize(
    "item",
    [
        {"findings": (confirmed_by("csam"), NEAR_TEST)},
        {"findings": (confirmed_by("csam", detector="md5"), NEAR_TEST)},
        {"findings": ()},
        {"signals": (PDQ,)},
    ],
)
def test_what_a_trusted_list_holds_or_is_near_to_nothing_can_t_be_allowed(
    bench: Bench, item: dict[str, object]
) -> None:
    case = bench.case(bench.item(**item))
    with pytest.raises(UnfitDecisionError):
        bench.say(AMIRA, case, Decision.NOT_A_VIOLATION, allow=True)


def test_the_same_bytes_are_never_on_both_lists(bench: Bench) -> None:
    allowed, confirmed = bench.case(bench.item()), bench.case(bench.item(), name="bb")
    assert allowed == confirmed  # identical bytes wait in one case
    bench.say(AMIRA, allowed, Decision.NOT_A_VIOLATION, allow=True)
    later = bench.case(bench.item(role="output_image"), name="bb")
    bench.say(AMIRA, later, Decision.CONFIRM, number=len(bench.items(later)))
    (benign,) = bench.decisions.proposals(own=OwnList.BENIGN)
    (confirmed_listing,) = bench.decisions.proposals(own=OwnList.CONFIRMED)
    with pytest.raises(ContradictionError):
        bench.decisions.approve_signals(CLARA, [benign.id])
    bench.decisions.approve_signals(CLARA, [confirmed_listing.id])
    assert bench.decisions.proposals() == ()
    assert (bench.listed("own-benign"), len(bench.listed("own-confirmed"))) == ([], 1)


def test_confirming_takes_the_same_bytes_off_the_allow_list(bench: Bench) -> None:
    case = bench.case(bench.item())
    bench.say(AMIRA, case, Decision.NOT_A_VIOLATION, allow=True)
    bench.decisions.approve_signals(CLARA, [bench.decisions.proposals()[0].id])
    assert len(bench.listed("own-benign")) == 1
    bench.case(bench.item(role="output_image"))
    bench.say(AMIRA, case, Decision.CONFIRM, number=2)
    bench.decisions.approve_signals(CLARA, [bench.decisions.proposals()[0].id])
    bench.decisions.settle()
    assert bench.listed("own-benign") == []
    assert len(bench.listed("own-confirmed")) == 1


def test_a_killed_process_lists_what_was_approved_when_it_is_back(bench: Bench) -> None:
    case = bench.case(bench.item())
    bench.say(AMIRA, case, Decision.CONFIRM)
    bench.killed.approve_signals(CLARA, [bench.decisions.proposals()[0].id])
    assert bench.listed("own-confirmed") == []
    assert bench.under().decisions.settle() == 1
    assert len(bench.listed("own-confirmed")) == 1
    assert bench.under().decisions.settle() == 0


def test_only_clear_whole_pictures_and_frames_and_real_digests_are_chosen() -> None:
    signals = (
        Signal(Algorithm.PDQ, b"\1" * 32, PdqFlavour.FULL, 49),
        Signal(Algorithm.PDQ, b"\2" * 32, PdqFlavour.FULL, 50),
        Signal(Algorithm.PDQ, b"\2" * 32, PdqFlavour.NEAREST_512, 50),
        Signal(Algorithm.PDQ, b"\3" * 32, PdqFlavour.FULL, 80, "frame 7 @ 1.500 s"),
        Signal(Algorithm.PDQ, b"\4" * 32, PdqFlavour.FULL, 80, "mirrored"),
        Signal(Algorithm.SHA256, b"\5" * 32, place="inner.jpg"),
        Signal(Algorithm.MD5, bytes.fromhex("d41d8cd98f00b204e9800998ecf8427e")),
        digest("5a"),
        digest("5a"),
    )
    chosen = confirmed_signals(signals, quality_at_least=50)
    assert [(one.algorithm.value, one.value[:2], one.flavour, one.note) for one in chosen] == [
        ("sha256", "5a", None, ""),
        ("pdq", "02", PdqFlavour.FULL, ""),
        ("pdq", "02", PdqFlavour.NEAREST_512, ""),
        ("pdq", "03", PdqFlavour.FULL, "vPDQ frame 7 at 1.500 s"),
    ]
    assert [one.value for one in benign_signals(signals)] == ["5a" * 32]


def test_values_of_the_other_pdq_pipeline_lie_in_a_bank_of_their_own(bench: Bench) -> None:
    other = Signal(Algorithm.PDQ, bytes(32), PdqFlavour.NEAREST_512, 90)
    case = bench.case(bench.item(signals=(digest(), PDQ, other)))
    bench.say(AMIRA, case, Decision.CONFIRM)
    bench.decisions.approve_signals(CLARA, [bench.decisions.proposals()[0].id])
    assert [algorithm for algorithm, _, _ in bench.listed("own-confirmed")] == ["pdq", "sha256"]
    assert bench.listed("own-confirmed-nearest512") == [("pdq", "00" * 32, HarmClass.TEST)]
