"""How well people agree, by second decisions and golden items; what nothing follows from; what is never told."""

import pytest
from tests.unit.cases.conftest import digest
from tests.unit.cases.decisions.conftest import AMIRA, BORIS, CLARA, DAVID, LEAD, PDQ, TEST, Bench, confirmed_by

from safehold.cases import CaseState, SubjectKind
from safehold.cases.axes import HarmType
from safehold.cases.decisions import AgreementBy, Decision, GoldenAnswer
from safehold.cases.decisions.errors import NotAllowedError, UnfitDecisionError
from safehold.cases.decisions.quality import GoldenPool, Guise
from safehold.cases.decisions.quality.agreement import agreement
from safehold.cases.decisions.quality.pool import Capture

YES, NO = "confirm:csam", "not_a_violation"
CONFIRM, NOT = Decision.CONFIRM, Decision.NOT_A_VIOLATION


def test_kappa_is_the_published_one() -> None:
    """Cohen's own measure on a table of 2 x 2 that textbooks work out: 20, 5, 10, 15 of 50 give 0.4."""
    pairs = [(YES, YES)] * 20 + [(YES, NO)] * 5 + [(NO, YES)] * 10 + [(NO, NO)] * 15
    told = agreement(pairs)
    assert told.pairs == 50
    assert told.raw == pytest.approx(0.7)
    assert told.kappa == pytest.approx(0.4)
    assert told.low == pytest.approx(0.5624, abs=1e-3)
    assert told.high == pytest.approx(0.8090, abs=1e-3)


def test_where_everybody_says_the_same_kappa_says_nothing() -> None:
    assert agreement([(YES, YES)] * 40).kappa is None
    assert agreement([]) is None


def second_reviews(bench: Bench, pairs: list[tuple[Decision, Decision]], firsts: list[object]) -> Bench:
    sampling = _under(bench)
    for number, ((first, second), person) in enumerate(zip(pairs, firsts, strict=True)):
        case = bench.case(bench.item(signals=(digest(f"{number:02x}"),)), name=f"{number:02x}")
        sampling.say(person, case, first)
        sampling.say(CLARA, case, second)
    return sampling


def _under(bench: Bench) -> Bench:
    return bench.under(
        review__second__share={"confirm": 1.0, "not_a_violation": 1.0, "automatic": 0},
        review__second__third_person=False,
        review__agreement={"least_pairs": 2, "least_people": 3},
    )


def test_agreement_is_told_of_queues(bench: Bench) -> None:
    sampling = second_reviews(bench, [(CONFIRM, CONFIRM), (NOT, NOT), (CONFIRM, NOT)], [AMIRA, BORIS, AMIRA])
    (told,) = sampling.decisions.agreement()
    assert (told.queue, told.by, told.agreement.pairs) == ("gateway", AgreementBy.SECOND_REVIEW, 3)
    assert told.agreement.raw == pytest.approx(2 / 3)


def test_of_too_few_people_or_pairs_nothing_is_told(bench: Bench) -> None:
    sampling = second_reviews(bench, [(CONFIRM, CONFIRM)] * 2, [AMIRA, AMIRA])
    (told,) = sampling.decisions.agreement()
    assert told.agreement is None
    (under_shipped_rules,) = bench.under().decisions.agreement()
    assert under_shipped_rules.agreement is None


def test_unsure_decisions_and_repetitions_of_identical_items_count_for_nothing(bench: Bench) -> None:
    sampling = _under(bench)
    unsure = bench.case(bench.item(signals=(digest("01"),)), name="01")
    sampling.say(AMIRA, unsure, Decision.CANNOT_TELL)
    sampling.say(CLARA, unsure, CONFIRM)
    many = bench.case(*(bench.item(signals=(digest("02"),)) for _ in range(9)), name="02")
    sampling.say(AMIRA, many, CONFIRM)
    sampling.say(CLARA, many, CONFIRM)
    again = bench.case(bench.item(signals=(digest("03"),)), name="03")
    sampling.say(BORIS, again, CONFIRM)
    sampling.say(DAVID, again, CONFIRM)
    (told,) = sampling.decisions.agreement()
    assert told.agreement.pairs == 2


def test_nothing_follows_from_a_golden_item_and_it_is_counted(bench: Bench) -> None:
    few = _under(bench)
    for number, (person, said) in enumerate([(AMIRA, CONFIRM), (BORIS, CONFIRM), (CLARA, NOT)]):
        item = bench.item(signals=(digest(f"{number:02x}"),))
        case = few.decisions.place_golden(LEAD, item, GoldenAnswer(CONFIRM, HarmType.TEST))
        few.say(person, case, said, TEST)
        assert bench.office.cases.show(case).state is CaseState.DECIDED
    assert (few.decisions.proposals(), bench.party.followed) == ((), [])
    (told,) = few.decisions.agreement()
    assert (told.by, told.agreement.pairs) == (AgreementBy.GOLDEN, 3)
    assert told.agreement.raw == pytest.approx(2 / 3)


def test_reversing_a_golden_decision_undoes_nothing_of_anybody_s(bench: Bench) -> None:
    case = bench.decisions.place_golden(LEAD, bench.item(), GoldenAnswer(CONFIRM, HarmType.TEST))
    decision = bench.say(AMIRA, case, CONFIRM)
    bench.decisions.reverse(LEAD, decision, "mistaken")
    assert (bench.party.followed, [one.items for one in bench.party.undone]) == ([], [()])


def test_a_golden_item_looks_like_any_other_and_nothing_that_is_sent_joins_it(bench: Bench) -> None:
    real = bench.case(bench.item(signals=(digest(), PDQ)))
    case = bench.decisions.place_golden(LEAD, bench.item(signals=(digest(), PDQ)), GoldenAnswer(NOT))
    assert case != real
    assert bench.case(bench.item(), name="bb") == real
    (golden,) = bench.items(case)
    assert golden.told.reference.endswith("#0")
    assert "golden" not in golden.told.reference
    assert [one.algorithm for one in golden.told.signals] == [digest().algorithm, PDQ.algorithm]
    assert golden.told.signals[0].value != digest().value
    assert golden.told.signals[1] == PDQ
    kind, mark = golden.subject.kind, golden.subject.mark
    assert (kind, len(mark)) == (SubjectKind.ACCOUNT, 32)


def test_the_answer_of_what_two_people_decided_is_known(bench: Bench) -> None:
    case = bench.case(bench.item())
    (item,) = bench.items(case)
    with pytest.raises(UnfitDecisionError):
        bench.decisions.known_answer(item.id)
    bench.say(AMIRA, case, Decision.SECOND_OPINION)
    with pytest.raises(UnfitDecisionError):
        bench.decisions.known_answer(item.id)
    bench.say(CLARA, case, CONFIRM)
    assert bench.decisions.known_answer(item.id).verdict is CONFIRM


def test_who_places_no_cases_places_no_golden_items(bench: Bench) -> None:
    with pytest.raises(NotAllowedError):
        bench.decisions.place_golden(AMIRA, bench.item(), GoldenAnswer(NOT))


def test_a_golden_item_is_never_decided_by_hash(bench: Bench) -> None:
    item = bench.item(findings=(confirmed_by("test", "test@1#0"),))
    case = bench.decisions.place_golden(LEAD, item, GoldenAnswer(CONFIRM, HarmType.TEST))
    assert bench.decisions.decide_automatically(case) == ()


@pytest.mark.parametrize(
    ("verdict", "harm"),
    [(CONFIRM, None), (CONFIRM, HarmType.BENIGN), (NOT, HarmType.CSAM), (Decision.CANNOT_TELL, None)],
)
def test_a_known_answer_is_one(verdict: Decision, harm: HarmType | None) -> None:
    with pytest.raises(UnfitDecisionError):
        GoldenAnswer(verdict, harm)


def test_a_golden_item_is_kept_counted_and_retired_on_either_database(either_bench: Bench) -> None:
    bench = either_bench
    pool = GoldenPool(bench.office.home.database, bench.desk, bench.office.clock)
    (item,) = bench.items(bench.case(bench.item()))
    golden = pool.add(LEAD, Capture(item, GoldenAnswer(NOT), context=b"sealed", content=b"sealed"))
    assert pool.add(LEAD, Capture(item, GoldenAnswer(NOT))) == golden
    case = bench.decisions.place_golden(LEAD, bench.item(), GoldenAnswer(NOT), guise=Guise(golden=golden))
    (kept,) = pool.list()
    assert (kept.placed, kept.waiting, kept.capture.item.told) == (1, 1, item.told)
    with pytest.raises(NotAllowedError):
        pool.retire(AMIRA, golden)
    assert pool.retire(LEAD, golden) == 1
    assert bench.office.cases.show(case).state is CaseState.CLOSED
    assert [one.retired_at is None for one in pool.list()] == [False]
    with pytest.raises(UnfitDecisionError):
        pool.retire(LEAD, golden)
