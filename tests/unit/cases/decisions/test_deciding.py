"""What a decision does: states, rounds, second and third people, and everything identical at once."""

from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa
from tests.unit.cases.conftest import digest
from tests.unit.cases.decisions.conftest import (
    AMIRA,
    AUDITOR,
    BORIS,
    CLARA,
    CSAM,
    DAVID,
    ELENA,
    LEAD,
    NEAR_TEST,
    TEST,
    Bench,
    Party,
    rules,
)

from safehold.cases import CaseState, Form, ItemState, Origin, Priority
from safehold.cases.axes import Axes, FoundBy, HarmType, PlayedRole, Realism, Scheme, Severity
from safehold.cases.decisions import Decided, Decision, Decisions, ItemDecision, Standing
from safehold.cases.decisions.errors import (
    AlreadyDecidedError,
    NotAllowedError,
    OwnWorkError,
    UnfitDecisionError,
)
from safehold.cases.decisions.making.deriving import completed
from safehold.cases.decisions.making.review import is_sampled
from safehold.cases.decisions.stored import new_decision_id
from safehold.cases.errors import CaseOvertakenError, ClaimLostError, NotForThemError, UnknownItemError
from safehold.home.outbox.tables import jobs
from safehold.vocabulary import Finding, FindingKind, Fraction


@dataclass
class Broken(Party):
    """A party that raises what nobody expects of it, until it is mended."""

    is_mended: bool = False

    def follow(self, decided: Decided) -> None:
        if not self.is_mended:
            raise RuntimeError("made up")
        super().follow(decided)


_RULE = Finding(FindingKind.RULE, "text-rules", "paint_cube", "words@1")


def test_a_confirmed_item_is_decided_with_its_event_and_its_case_with_it(either_bench: Bench) -> None:
    bench = either_bench
    case = bench.case(bench.item())
    decision = bench.say(AMIRA, case, Decision.CONFIRM)
    assert bench.office.cases.show(case).state is CaseState.DECIDED
    shown = bench.decisions.show(decision)
    assert (shown.person, shown.items[0].standing) == ("amira", Standing.STANDS)
    assert shown.items[0].axes == replace(TEST, role=PlayedRole.UPLOAD, found_by=FoundBy.HASH_NEAR)
    (event,) = bench.office.events("case.decided")
    assert (event.actor, event.policy) == ("amira", rules().label)
    assert event.details["confirm"] == event.details["harm_test"] == event.details["standing"] == 1
    assert bench.office.queues.held_by(case) is None


def test_a_thousand_identical_uploads_are_one_decision(bench: Bench) -> None:
    case = bench.case(*(bench.item() for _ in range(1000)))
    decision = bench.say(AMIRA, case, Decision.CONFIRM)
    assert {one.state for one in bench.items(case)} == {ItemState.DECIDED}
    said = bench.decisions.show(decision).items
    assert (len(said), sum(one.is_alike for one in said)) == (1000, 999)
    (shown,), (whole,) = bench.decisions.of_case(case, AMIRA), bench.decisions.of_case(case)
    assert (len(shown.items), shown.alike, len(whole.items)) == (1, 999, 1000)
    assert len(bench.decisions.proposals()) == 1
    assert bench.party.followed == []  # nobody waits for what follows from so many
    bench.decisions.settle()
    assert len(bench.party.followed[0].standing) == 1000


@pytest.mark.parametrize(
    "other",
    [
        {"signals": (digest("5b"),)},
        {"signals": ()},
        {"role": "output_image"},
        {"form": Form.FILE},
        {"findings": (NEAR_TEST, Finding(FindingKind.RULE, "text-rules", "paint_cube", "words@1"))},
    ],
)
def test_what_differs_in_bytes_role_form_or_words_is_decided_apart(bench: Bench, other: dict[str, object]) -> None:
    case = bench.case(bench.item(), bench.item(**other))
    bench.say(AMIRA, case, Decision.NOT_A_VIOLATION)
    assert [one.state for one in bench.items(case)] == [ItemState.DECIDED, ItemState.UNDECIDED]


def test_who_asks_for_a_second_opinion_gets_another_person_and_nothing_follows_before(bench: Bench) -> None:
    case = bench.case(bench.item())
    bench.say(AMIRA, case, Decision.SECOND_OPINION, note="unsure")
    assert bench.office.cases.show(case).state is CaseState.SECOND_REVIEW
    assert (bench.decisions.proposals(), bench.party.followed) == ((), [])
    bench.say(CLARA, case, Decision.CONFIRM)
    assert bench.office.cases.show(case).state is CaseState.DECIDED
    assert len(bench.decisions.proposals()) == len(bench.party.followed) == 1


def test_nobody_decides_twice_on_one_item(bench: Bench) -> None:
    case = bench.case(bench.item(), bench.item(signals=(digest("5b"),)))
    bench.say(CLARA, case, Decision.CANNOT_TELL)
    with pytest.raises(OwnWorkError):
        bench.say(CLARA, case, Decision.CONFIRM)


def test_identical_items_that_wait_for_a_second_person_are_one_decision_whoever_was_first(bench: Bench) -> None:
    case = bench.case(bench.item())
    bench.say(CLARA, case, Decision.CANNOT_TELL)
    bench.case(bench.item())
    bench.say(DAVID, case, Decision.CANNOT_TELL, number=2)
    bench.say(ELENA, case, Decision.CONFIRM)
    assert {one.state for one in bench.items(case)} == {ItemState.DECIDED}


def test_two_who_were_first_for_an_item_each_decide_the_other_ones(bench: Bench) -> None:
    case = bench.case(bench.item(), bench.item(signals=(digest("5b"),)))
    bench.say(CLARA, case, Decision.CANNOT_TELL)
    bench.office.queues.give_back(bench.office.queues.claim(case, CLARA), "later")
    bench.say(DAVID, case, Decision.CANNOT_TELL, number=2)
    assert bench.office.cases.show(case).state is CaseState.SECOND_REVIEW
    bench.say(CLARA, case, Decision.CONFIRM, number=2)
    with pytest.raises(NotForThemError):
        bench.office.queues.claim(case, CLARA)
    bench.say(DAVID, case, Decision.CONFIRM)
    assert bench.office.cases.show(case).state is CaseState.DECIDED


def test_who_was_kept_from_a_case_may_have_it_once_their_decision_was_reversed(bench: Bench) -> None:
    case = bench.case(bench.item())
    first = bench.say(CLARA, case, Decision.CANNOT_TELL)
    bench.decisions.reverse(LEAD, first, "mistaken")
    bench.say(DAVID, case, Decision.CANNOT_TELL)
    bench.say(CLARA, case, Decision.CONFIRM)
    assert bench.office.cases.show(case).state is CaseState.DECIDED


def test_one_person_alone_is_not_kept_from_what_waits_a_second_time(bench: Bench) -> None:
    alone = bench.under(single_operator=True)
    case = bench.case(bench.item())
    for verdict in (Decision.CANNOT_TELL, Decision.CONFIRM):
        alone.say(CLARA, case, verdict)
    assert bench.office.cases.show(case).state is CaseState.DECIDED


def test_a_specialist_decides_all_of_a_case_of_danger(bench: Bench) -> None:
    case = bench.case(bench.item(), priority=Priority.DANGER)
    bench.say(LEAD, case, Decision.CONFIRM)
    assert bench.office.cases.show(case).state is CaseState.DECIDED


def test_a_sample_of_sure_decisions_is_made_again_by_somebody_else(bench: Bench) -> None:
    sampling = bench.under(review__second__share={"confirm": 1.0, "not_a_violation": 0, "automatic": 0})
    case = bench.case(bench.item())
    sampling.say(AMIRA, case, Decision.CONFIRM)
    assert bench.office.cases.show(case).state is CaseState.SECOND_REVIEW
    assert bench.decisions.proposals() == ()
    sampling.say(CLARA, case, Decision.CONFIRM)
    assert bench.office.cases.show(case).state is CaseState.DECIDED


def test_where_two_differ_a_third_person_decides(bench: Bench) -> None:
    sampling = bench.under(review__second__share={"confirm": 1.0, "not_a_violation": 0, "automatic": 0})
    case = bench.case(bench.item())
    sampling.say(AMIRA, case, Decision.CONFIRM)
    sampling.say(CLARA, case, Decision.NOT_A_VIOLATION)
    assert bench.office.cases.show(case).state is CaseState.ESCALATED
    with pytest.raises(OwnWorkError):
        sampling.say(CLARA, case, Decision.NOT_A_VIOLATION)
    bench.pass_over(case)
    sampling.say(DAVID, case, Decision.NOT_A_VIOLATION)
    assert bench.office.cases.show(case).state is CaseState.DECIDED
    (stands,) = [one for decided in bench.decisions.of_case(case) for one in decided.standing]
    assert (stands.round, stands.verdict) == (3, Decision.NOT_A_VIOLATION)


def test_without_a_third_person_the_second_ones_word_stands(bench: Bench) -> None:
    pair = bench.under(
        review__second__share={"confirm": 1.0, "not_a_violation": 0, "automatic": 0},
        review__second__third_person=False,
    )
    case = bench.case(bench.item())
    pair.say(AMIRA, case, Decision.CONFIRM)
    pair.say(CLARA, case, Decision.NOT_A_VIOLATION)
    assert bench.office.cases.show(case).state is CaseState.DECIDED


def test_two_who_confirm_different_kinds_of_harm_differ(bench: Bench) -> None:
    sampling = bench.under(review__second__share={"confirm": 1.0, "not_a_violation": 0, "automatic": 0})
    case = bench.case(bench.item())
    sampling.say(AMIRA, case, Decision.CONFIRM, CSAM)
    sampling.say(CLARA, case, Decision.CONFIRM, Axes(HarmType.AIG_CSAM, CSAM.realism, CSAM.depicted, CSAM.age))
    assert bench.office.cases.show(case).state is CaseState.ESCALATED


def test_a_second_person_never_sees_what_the_first_said_until_it_is_settled(bench: Bench) -> None:
    case = bench.case(bench.item())
    bench.say(AMIRA, case, Decision.CANNOT_TELL)
    assert [one.items for one in bench.decisions.of_case(case, CLARA)] == [()]
    assert len(bench.decisions.of_case(case, AMIRA)[0].items) == 1
    bench.say(CLARA, case, Decision.NOT_A_VIOLATION)
    assert [len(one.items) for one in bench.decisions.of_case(case, DAVID)] == [1, 1]


def test_it_is_shown_once_settled_also_where_another_of_the_identical_items_was_named(bench: Bench) -> None:
    case = bench.case(bench.item(), bench.item())
    bench.say(AMIRA, case, Decision.CANNOT_TELL, number=1)
    bench.say(CLARA, case, Decision.NOT_A_VIOLATION, number=2)
    assert [len(one.items) for one in bench.decisions.of_case(case, DAVID)] == [1, 1]


def test_texts_need_no_more_than_a_kind_of_harm(bench: Bench) -> None:
    """Coop's issues 661 and 736: what has no picture is decided like what has one."""
    case = bench.case(bench.item(form=Form.TEXT, role="prompt", signals=(), findings=()))
    bench.say(AMIRA, case, Decision.CONFIRM, Axes(HarmType.GROOMING))
    assert bench.office.cases.show(case).state is CaseState.DECIDED
    assert len(bench.party.followed) == 1


def test_a_decision_by_somebody_whose_roles_forbid_it_changes_nothing(bench: Bench) -> None:
    case = bench.case(bench.item())
    claim = bench.office.queues.claim(case, AMIRA)
    (item,) = bench.items(case)
    for person in (AUDITOR, LEAD, BORIS):
        with pytest.raises(NotAllowedError):
            bench.decisions.decide(person, case, [ItemDecision(item.id, Decision.CONFIRM, TEST)], seen=1, claim=claim)
    assert bench.office.cases.show(case).state is CaseState.OPEN


def test_a_reviewer_decides_nothing_that_was_escalated(bench: Bench) -> None:
    case = bench.case(bench.item())
    claim = bench.office.queues.claim(case, AMIRA)
    seen = bench.office.cases.escalate(case, "unsure", actor="boris")
    with pytest.raises(NotAllowedError):
        bench.decisions.decide(
            AMIRA, case, [ItemDecision(bench.items(case)[0].id, Decision.CONFIRM, TEST)], seen=seen, claim=claim
        )


def test_what_an_account_sends_meanwhile_keeps_nobody_from_deciding_the_rest(bench: Bench) -> None:
    case = bench.case(bench.item())
    claim = bench.office.queues.claim(case, AMIRA)
    (item,) = bench.items(case)
    bench.case(bench.item(signals=(digest("5b"),)))
    said = ItemDecision(item.id, Decision.CONFIRM, TEST)
    bench.decisions.decide(AMIRA, case, [said], seen=1, claim=claim)
    assert [one.state for one in bench.items(case)] == [ItemState.DECIDED, ItemState.UNDECIDED]


def test_what_somebody_changed_meanwhile_is_not_decided(bench: Bench) -> None:
    case = bench.case(bench.item())
    claim = bench.office.queues.claim(case, AMIRA)
    (item,) = bench.items(case)
    bench.office.cases.prioritise(case, Priority.URGENT, actor="lead")
    with pytest.raises(CaseOvertakenError):
        bench.decisions.decide(AMIRA, case, [ItemDecision(item.id, Decision.CONFIRM, TEST)], seen=1, claim=claim)
    assert bench.decisions.of_case(case) == ()
    assert bench.kinds("case.decided") == []


def test_a_hold_that_is_over_decides_nothing(bench: Bench) -> None:
    case = bench.case(bench.item(), bench.item(signals=(digest("5b"),)))  # with more to decide, so that it goes on
    claim = bench.office.queues.claim(case, AMIRA)
    bench.office.clock.at = claim.expires_at
    said = [ItemDecision(bench.items(case)[0].id, Decision.CONFIRM, TEST)]
    with pytest.raises(ClaimLostError):
        bench.decisions.decide(AMIRA, case, said, seen=1, claim=claim)


def test_an_item_of_another_case_is_not_decided_here(bench: Bench) -> None:
    case, other = bench.case(bench.item()), bench.case(bench.item(signals=(digest("5b"),)), name="bb")
    claim = bench.office.queues.claim(case, AMIRA)
    said = [ItemDecision(bench.items(other)[0].id, Decision.CONFIRM, TEST)]
    with pytest.raises(UnknownItemError):
        bench.decisions.decide(AMIRA, case, said, seen=1, claim=claim)
    with pytest.raises(NotAllowedError):
        bench.decisions.decide(AMIRA, other, said, seen=1, claim=claim)


def test_what_is_decided_is_not_decided_again_by_a_second_click(bench: Bench) -> None:
    case = bench.case(bench.item(), bench.item(signals=(digest("5b"),)))
    bench.say(AMIRA, case, Decision.CONFIRM)
    with pytest.raises(AlreadyDecidedError):
        bench.say(AMIRA, case, Decision.NOT_A_VIOLATION)
    assert len(bench.decisions.of_case(case)) == 1


def test_somebody_keeps_the_case_while_more_of_it_waits_for_them(bench: Bench) -> None:
    case = bench.case(bench.item(), bench.item(signals=(digest("5b"),)))
    bench.say(AMIRA, case, Decision.CONFIRM)
    held = bench.office.queues.held_by(case)
    assert held is not None
    assert held.person == "amira"


def test_a_specialist_keeps_an_escalated_case_until_all_of_it_is_decided(bench: Bench) -> None:
    case = bench.case(bench.item(), bench.item(signals=(digest("5b"),)))
    bench.office.cases.escalate(case, "unsure", actor="amira")
    bench.say(CLARA, case, Decision.CONFIRM)
    assert bench.office.queues.held_by(case) is not None
    bench.say(CLARA, case, Decision.CONFIRM, number=2)
    assert bench.office.queues.held_by(case) is None


def test_a_decision_stands_where_what_follows_can_t_be_done_at_once(bench: Bench) -> None:
    case = bench.case(bench.item())
    bench.party.fails = 1
    bench.say(AMIRA, case, Decision.CONFIRM)
    assert bench.party.followed == []
    bench.office.clock.at = bench.office.clock.at.replace(hour=23)
    bench.decisions.settle()
    assert len(bench.party.followed) == 1


def test_a_party_that_breaks_in_an_unheard_of_way_buries_neither_the_decision_nor_other_jobs(bench: Bench) -> None:
    broken = Broken("aaa")
    desk = replace(bench.desk, consequences=(broken, bench.party))
    decisions = Decisions(bench.office.home.database, bench.office.clock, desk)
    case = bench.case(bench.item())
    decided = replace(bench, desk=desk, decisions=decisions).say(AMIRA, case, Decision.CONFIRM)
    assert [one.id for one in bench.party.followed] == [decided]
    with bench.office.home.database.reading() as connection:
        tried = {row.kind: (row.state, row.attempts) for row in connection.execute(sa.select(jobs))}
    assert tried["decision.follow.aaa"] == ("waiting", 1)
    assert "decision.follow.enforcement" not in tried, "what is done is no job any more"
    broken.is_mended = True
    bench.office.clock.at = bench.office.clock.at.replace(hour=23)
    decisions.settle()
    assert [one.id for one in broken.followed] == [decided]
    assert len(bench.party.followed) == 1, "its own job is done, and not once more"


@pytest.mark.parametrize(
    ("verdict", "axes", "more"),
    [
        (Decision.CONFIRM, Axes(), {}),
        (Decision.CONFIRM, Axes(HarmType.BENIGN), {}),
        (Decision.CONFIRM, Axes(HarmType.CSAM), {}),
        (Decision.CONFIRM, TEST, {"note": "two words"}),
        (Decision.CONFIRM, TEST, {"allow": True}),
    ],
)
def test_what_can_t_be_meant_is_refused(bench: Bench, verdict: Decision, axes: Axes, more: dict[str, object]) -> None:
    case = bench.case(bench.item())
    with pytest.raises(UnfitDecisionError):
        bench.say(AMIRA, case, verdict, axes, **more)


def test_a_severity_is_taken_from_people_trained_in_it_alone(bench: Bench) -> None:
    labelled = Axes(CSAM.harm, CSAM.realism, CSAM.depicted, CSAM.age, severities=(Severity(Scheme.UK, "C"),))
    case = bench.case(bench.item())
    with pytest.raises(NotAllowedError):
        bench.say(AMIRA, case, Decision.CONFIRM, labelled)
    bench.pass_over(case)
    decision = bench.say(CLARA, case, Decision.CONFIRM, labelled)
    assert bench.decisions.show(decision).items[0].axes.severities == labelled.severities


@pytest.mark.parametrize("labels", [("Z",), ("A", "B")])
def test_a_severity_that_its_scheme_has_not_is_refused(bench: Bench, labels: tuple[str, ...]) -> None:
    severities = tuple(Severity(Scheme.UK, label) for label in labels)
    case = bench.case(bench.item())
    with pytest.raises(UnfitDecisionError):
        bench.say(
            CLARA,
            case,
            Decision.CONFIRM,
            Axes(CSAM.harm, CSAM.realism, CSAM.depicted, CSAM.age, severities=severities),
        )


def test_the_test_signature_is_confirmed_as_nothing_but_a_test(bench: Bench) -> None:
    from tests.unit.cases.decisions.conftest import confirmed_by

    case = bench.case(bench.item(findings=(confirmed_by("test", "test@1#0"),)))
    with pytest.raises(UnfitDecisionError):
        bench.say(AMIRA, case, Decision.CONFIRM, CSAM)


def test_one_person_alone_decides_second_reviews_too_and_every_event_says_so(bench: Bench) -> None:
    alone = bench.under(single_operator=True)
    case = bench.case(bench.item())
    alone.say(CLARA, case, Decision.CANNOT_TELL)
    (first,) = bench.office.events("case.decided")
    assert first.details["single_operator"] is True


def test_shares_are_kept_and_drawn_again_from_the_decision_alone() -> None:
    drawn = [is_sampled(new_decision_id(), "item", Fraction(0.25)) for _ in range(4000)]
    assert 0.2 < sum(drawn) / len(drawn) < 0.3
    one = new_decision_id()
    assert is_sampled(one, "item", Fraction(1.0))
    assert not is_sampled(one, "item", Fraction(0.0))
    assert is_sampled(one, "item", Fraction(0.5)) is is_sampled(one, "item", Fraction(0.5))


def test_a_second_person_agrees_even_if_the_third_is_far(bench: Bench) -> None:
    case = bench.case(bench.item())
    bench.say(AMIRA, case, Decision.SECOND_OPINION)
    bench.say(CLARA, case, Decision.SECOND_OPINION)
    assert bench.office.cases.show(case).state is CaseState.ESCALATED
    bench.say(DAVID, case, Decision.SECOND_OPINION)
    assert bench.office.cases.show(case).state is CaseState.ESCALATED
    bench.say(ELENA, case, Decision.CANNOT_TELL)
    assert bench.office.cases.show(case).state is CaseState.DECIDED


@pytest.mark.parametrize(
    ("told", "role", "found_by"),
    [
        ({"role": "output_image"}, PlayedRole.OUTPUT, FoundBy.HASH_NEAR),
        ({"role": "prompt", "findings": (_RULE,)}, PlayedRole.INPUT, FoundBy.RULE),
        ({"role": "account_text", "findings": ()}, PlayedRole.PROFILE, None),
        ({"role": "report", "origin": Origin.REPORT}, None, FoundBy.USER_REPORT),
        ({"role": "record", "origin": Origin.DATASET}, PlayedRole.TRAINING_ITEM, FoundBy.HASH_NEAR),
        ({"role": "model", "origin": Origin.HAND, "findings": ()}, PlayedRole.MODEL, FoundBy.HAND),
    ],
)
def test_what_an_item_tells_of_itself_is_told_of_it_unless_a_person_says_otherwise(
    bench: Bench, told: dict[str, object], role: PlayedRole | None, found_by: FoundBy | None
) -> None:
    item = bench.item(**told)
    assert completed(CSAM, item) == replace(CSAM, role=role, found_by=found_by)
    corrected = replace(CSAM, realism=Realism.DRAWN, role=PlayedRole.LINK, found_by=FoundBy.OSINT)
    assert completed(corrected, item) == corrected
