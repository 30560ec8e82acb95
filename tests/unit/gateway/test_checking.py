import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.gateway import made_up
from tests.unit.gateway.made_up import CANARY, SERVICE, Desk, Made, open_desk, picture
from tests.unit.matching.made_up import contents, part, rows

from safehold.gateway import Item, ItemKind, Refusal, Turn
from safehold.gateway.errors import EmptyRequestError, GatewayPolicyError, MalformedItemError, RequestTooLargeError
from safehold.gateway.marks import Marks
from safehold.gateway.media import Lists, StandingLists
from safehold.gateway.outward import to_json
from safehold.home.errors import HomeBusyError
from safehold.media.signature_picture import test_signature_png as signature_png
from safehold.vocabulary import Action, GapReason, HarmClass, PdqFlavour, SafeholdError, Tier

PROMPT, IMAGE, SOURCE = ItemKind.PROMPT, ItemKind.IMAGE, ItemKind.SOURCE_IMAGE


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        yield opened


def test_a_harmless_prompt_is_allowed_and_leaves_a_row_and_an_event(desk: Desk) -> None:
    answer = desk.say("a green tree")
    assert (answer.action, answer.refusal, answer.case_id) == (Action.ALLOW, None, None)
    (row,) = desk.rows("gateway_decisions")
    assert (row["id"], row["action"], row["caller"]) == (answer.id, "allow", "operator")
    (event,) = desk.events("check.decided")
    assert (event["check"], event["action"]) == (answer.id, "allow")


def test_two_concepts_that_a_rule_keeps_apart_are_denied(desk: Desk) -> None:
    answer = desk.say("a red cube and a blue ball")
    assert (answer.action, answer.refusal) == (Action.DENY, Refusal.POLICY)
    assert answer.case_id
    assert answer.items[0].rules[0] == "sexualised-red_cube"  # the stand-ins took the concepts' place


def test_the_test_signature_is_denied_like_a_real_match(desk: Desk) -> None:
    answer = desk.ask(Item(IMAGE, data=signature_png()))
    assert (answer.action, answer.refusal) == (Action.DENY, Refusal.POLICY)
    assert answer.items[0].rules[0] == "confirmed-test"


def test_a_request_takes_the_most_severe_action_of_its_items(desk: Desk) -> None:
    answer = desk.ask(Item(PROMPT, id="a", text="a green tree"), Item(IMAGE, id="b", data=signature_png()))
    assert [(item.id, item.action) for item in answer.items] == [("a", Action.ALLOW), ("b", Action.DENY)]
    assert answer.action is Action.DENY


@pytest.mark.parametrize("reason", [GapReason.CRASHED, GapReason.TIMED_OUT, GapReason.OVER_LIMIT])
def test_what_a_child_could_not_open_is_held_and_still_looked_up(tmp_path: Path, reason: GapReason) -> None:
    with open_desk(tmp_path, Made(ask=made_up.failing(reason))) as desk:
        unknown = desk.ask(Item(IMAGE, data=picture()))
        listed = desk.ask(Item(IMAGE, data=signature_png()))
    assert (unknown.action, unknown.refusal) == (Action.HOLD, Refusal.UNEXAMINED)
    assert reason in {gap.reason for gap in unknown.items[0].gaps}
    assert (listed.action, listed.refusal) == (Action.DENY, Refusal.POLICY)


@pytest.mark.parametrize("data", [b"", b"no picture at all", b"\xff\xd8\xff\xe0 cut short", b"%PDF-1.7 something"])
def test_bytes_that_are_no_picture_are_held(desk: Desk, data: bytes) -> None:
    answer = desk.ask(Item(IMAGE, data=data))
    assert (answer.action, answer.refusal) == (Action.HOLD, Refusal.UNEXAMINED)


def test_a_text_reader_that_fails_leaves_a_gap_and_says_nothing_of_the_text(tmp_path: Path) -> None:
    with open_desk(tmp_path, Made(text=made_up.FailingReader())) as desk:
        answer = desk.say(CANARY)
    assert (answer.action, answer.refusal) == (Action.HOLD, Refusal.UNEXAMINED)
    assert CANARY not in str(to_json(answer, made_up.OPERATOR))


class _Stale:
    behind = 3

    def current(self) -> object:
        return StandingLists(made_up.Index.over([made_up.builtin_bank()])).current()


class _Broken:
    behind = 0

    def current(self) -> object:
        raise OSError(CANARY)


@pytest.mark.parametrize("lists", [_Stale(), _Broken()])
def test_an_index_that_is_stale_or_missing_is_a_gap(tmp_path: Path, lists: Lists) -> None:
    with open_desk(tmp_path, Made(lists=lists)) as desk:
        answer = desk.ask(Item(IMAGE, data=picture()))
    assert answer.action is Action.HOLD
    assert "index" in {gap.detector for gap in answer.items[0].gaps}


def test_failing_open_lets_pass_what_was_not_examined_says_so_and_never_what_was_found(tmp_path: Path) -> None:
    policy = made_up.policy(surfaces__input__fail_open=True)
    with open_desk(tmp_path, Made(policy, ask=made_up.failing(GapReason.TIMED_OUT))) as desk:
        unknown = desk.ask(Item(IMAGE, data=picture()))
        listed = desk.ask(Item(IMAGE, data=signature_png()))
        outputs = desk.ask(Item(ItemKind.OUTPUT_IMAGE, data=picture()))
        failed_open = desk.events("check.failed_open")
    assert (unknown.action, unknown.refusal, len(unknown.items[0].gaps)) == (Action.ALLOW_UNEXAMINED, None, 1)
    assert listed.action is Action.DENY
    assert outputs.action is Action.HOLD  # per surface
    assert [event["check"] for event in failed_open] == [unknown.id]


def test_shadow_mode_lets_pass_and_says_what_would_have_been(tmp_path: Path) -> None:
    with open_desk(tmp_path, Made(made_up.policy(surfaces__input__mode="shadow"))) as desk:
        said = desk.say("a red cube and a blue ball")
        fine = desk.say("a green tree")
        broken = desk.ask(Item(IMAGE, data=b"no picture"))
        rows = desk.rows("gateway_decisions")
    assert (said.action, said.would, said.refusal, said.case_id) == (Action.ALLOW, Action.DENY, None, None)
    assert (fine.action, fine.would) == (Action.ALLOW, Action.ALLOW)
    assert (broken.action, broken.would) == (Action.ALLOW_UNEXAMINED, Action.HOLD)
    assert sorted(row["would"] for row in rows) == ["allow", "deny", "hold"]


def test_shadow_mode_lets_no_match_pass_that_no_policy_may_allow(tmp_path: Path) -> None:
    with open_desk(tmp_path, Made(made_up.policy(surfaces__input__mode="shadow"))) as desk:
        assert desk.ask(Item(IMAGE, data=signature_png())).action is Action.DENY


def test_a_policy_that_is_tried_in_shadow_is_recorded_beside_the_active_one(tmp_path: Path) -> None:
    milder = made_up.policy(name="tried", rules=[])
    with open_desk(tmp_path, Made(shadow=milder)) as desk:
        answer = desk.say("a red cube and a blue ball")
        (row,) = desk.rows("gateway_decisions")
    assert answer.action is Action.DENY
    assert (row["shadow_policy"], row["shadow_action"]) == (milder.label, "hold")


def test_a_file_of_text_is_read_as_text_and_a_picture_of_text_is_not(desk: Desk) -> None:
    text = b"a red cube and a blue ball"
    assert desk.ask(Item(ItemKind.FILE, data=text)).refusal is Refusal.POLICY
    assert desk.ask(Item(ItemKind.FILE, data=b"a green tree")).action is Action.ALLOW
    assert desk.ask(Item(ItemKind.FILE, data=b"caf\xe9 au lait" * 9)).action is Action.HOLD
    assert desk.ask(Item(IMAGE, data=b"a green tree")).action is Action.HOLD


def test_a_file_of_text_that_carries_a_picture_or_nests_others_is_held(desk: Desk) -> None:
    letters = base64.b64encode(picture()).decode()
    wrapped = "\r\n".join(letters[at : at + 76] for at in range(0, len(letters), 76))
    for text in (
        f"<img src='data:image/png;base64,{letters}'>",
        f'{{"b64_json": "{letters}"}}',
        f"Content-Transfer-Encoding: base64\r\n\r\n{wrapped}",
        "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj",
        "{\\rtf1 a green tree}",
    ):
        answer = desk.ask(Item(ItemKind.FILE, data=text.encode()))
        assert (answer.action, answer.refusal) == (Action.HOLD, Refusal.UNEXAMINED), text[:20]
        assert GapReason.UNSUPPORTED_FORMAT in {gap.reason for gap in answer.items[0].gaps}


def test_a_file_of_more_text_than_is_read_is_held_unread(desk: Desk) -> None:
    most = made_up.policy().requests.text_characters
    longest, longer = (
        desk.ask(Item(ItemKind.FILE, data=b"a green tree ".ljust(size, b"."))) for size in (most, most + 1)
    )
    assert longest.action is Action.ALLOW
    assert (longer.action, longer.refusal) == (Action.HOLD, Refusal.UNEXAMINED)


def test_file_names_turns_and_links_are_read(desk: Desk) -> None:
    both = "red cube, blue ball"
    assert desk.ask(Item(IMAGE, data=picture(), file_name=f"{both}.png")).action is Action.DENY
    assert desk.ask(Item(ItemKind.LINK, text=f"https://example.org/{both}")).action is Action.DENY
    turns = (Turn("user", "hello"), Turn("assistant", both))
    assert desk.ask(Item(ItemKind.MESSAGES, turns=turns)).action is Action.DENY


def test_a_negative_prompt_may_name_what_must_not_appear(desk: Desk) -> None:
    negative = Item(ItemKind.NEGATIVE_PROMPT, text="a red cube and a blue ball")
    assert desk.ask(negative).action is Action.ALLOW
    assert desk.ask(Item(PROMPT, text="a red cube"), Item(ItemKind.NEGATIVE_PROMPT, text="blue ball")).action is (
        Action.ALLOW
    )


def test_concepts_that_meet_across_items_are_held(desk: Desk) -> None:
    answer = desk.ask(Item(PROMPT, id="a", text="a red cube"), Item(ItemKind.CAPTION, id="b", text="a blue ball"))
    assert [item.action for item in answer.items] == [Action.HOLD, Action.HOLD]


def test_an_instruction_that_may_not_be_asked_of_a_picture_is_denied_on_both(desk: Desk) -> None:
    answer = desk.ask(Item(SOURCE, data=picture()), Item(PROMPT, text="paint it"))
    assert [item.action for item in answer.items] == [Action.DENY, Action.DENY]
    assert all("edit-instruction" in item.rules for item in answer.items)
    assert desk.ask(Item(SOURCE, data=picture()), Item(PROMPT, text="make it brighter")).action is Action.ALLOW
    assert desk.ask(Item(IMAGE, data=picture()), Item(PROMPT, text="paint it")).action is Action.ALLOW


def test_an_instruction_of_an_earlier_turn_counts_for_a_picture_that_comes_later(desk: Desk) -> None:
    desk.say("paint it", session="s")
    answer = desk.ask(Item(SOURCE, data=picture()), Item(PROMPT, text="make it brighter"), session="s")
    assert [item.action for item in answer.items] == [Action.HOLD, Action.ALLOW]
    assert desk.ask(Item(SOURCE, data=picture()), session="t").action is Action.ALLOW


def listed(harm_class: HarmClass, data: bytes, tier: Tier = Tier.REVIEW) -> object:
    import numpy as np

    from safehold.signals import digest
    from safehold.vocabulary import Algorithm

    value = np.frombuffer(digest(data).sha256, np.uint8)[np.newaxis]
    listing = part(rows(Algorithm.SHA256, value))
    return contents("made-up", listing, flavour=PdqFlavour.FULL, harm_class=harm_class, tier=tier)


@pytest.mark.parametrize(
    ("harm_class", "tier", "asked", "edited"),
    [
        (HarmClass.NCII, Tier.TRUSTED, Action.DENY, Action.DENY),
        (HarmClass.NCII, Tier.REVIEW, Action.HOLD, Action.HOLD),  # somebody says so; a person decides
        (HarmClass.CSAM, Tier.REVIEW, Action.HOLD, Action.DENY),
        (HarmClass.HONOUR_MARK, Tier.REVIEW, Action.ALLOW, Action.DENY),
    ],
)
def test_what_is_listed_is_never_edited(
    tmp_path: Path, harm_class: HarmClass, tier: Tier, asked: Action, edited: Action
) -> None:
    with open_desk(tmp_path, Made(banks=(listed(harm_class, picture(5), tier),))) as desk:  # type: ignore[arg-type]
        assert desk.ask(Item(IMAGE, data=picture(5))).action is asked
        assert desk.ask(Item(SOURCE, data=picture(5))).action is edited


def test_a_request_that_cannot_be_decided_on_is_refused_and_recorded_nowhere(desk: Desk) -> None:
    with pytest.raises(EmptyRequestError):
        desk.ask()
    with pytest.raises(RequestTooLargeError):
        desk.ask(*[Item(PROMPT, text="x")] * 33)
    for item, error in [
        (Item(PROMPT, text="x" * 200_001), RequestTooLargeError),
        (Item(IMAGE, data=picture(), text="x"), MalformedItemError),
        (Item(PROMPT, data=b"x"), MalformedItemError),
        (Item(PROMPT, turns=(Turn("user", "x"),)), MalformedItemError),
        (Item(ItemKind.MESSAGES), MalformedItemError),
        (Item(PROMPT, text="x", file_name="x" * 600), RequestTooLargeError),
    ]:
        with pytest.raises(error):
            desk.ask(item)
    with pytest.raises(RequestTooLargeError):
        desk.say("x", account="a" * 600)
    assert desk.rows("gateway_decisions") == []


def test_a_decision_that_cannot_be_recorded_is_no_answer(desk: Desk) -> None:
    with desk.home.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE gateway_decisions")
    with pytest.raises(Exception, match="gateway_decisions"):
        desk.say("a green tree")
    assert desk.events("check.decided") == []


def test_a_caller_whose_name_fits_no_event_is_called_the_gateway(desk: Desk) -> None:
    desk.ask(Item(PROMPT, text="x"), caller=made_up.Caller("somebody at example.org"))
    assert desk.rows("gateway_decisions")[0]["caller"] == "gateway"


def test_an_answer_names_every_detector_that_took_part_whatever_it_found(desk: Desk) -> None:
    one = desk.ask(Item(PROMPT, text="a red cube and a blue ball"), Item(IMAGE, data=picture()))
    other = desk.ask(Item(PROMPT, text="a green tree"), Item(IMAGE, data=signature_png()))
    assert one.detectors.keys() == other.detectors.keys() == {"text-rules", "sha256", "sha1", "md5", "pdq", "index"}
    assert to_json(one, SERVICE)["detectors"] == to_json(other, SERVICE)["detectors"]


def test_errors_of_the_policies_are_the_callers_to_hear(desk: Desk) -> None:
    class _Unreadable:
        def current(self) -> object:
            raise SafeholdError("no policy", advice="none")

    desk.checks._policies = _Unreadable()  # type: ignore[assignment]
    with pytest.raises(SafeholdError):
        desk.say("a green tree")


def test_turns_of_trusted_roles_alone_are_not_read(tmp_path: Path, desk: Desk) -> None:
    turns = (Turn("system", "refuse a red cube and a blue ball"), Turn("user", "a green tree"))
    assert desk.ask(Item(ItemKind.MESSAGES, turns=turns)).action is Action.DENY
    trusting = made_up.policy(session__trusted_roles=["system"])
    with open_desk(tmp_path / "other", Made(trusting)) as other:
        assert other.ask(Item(ItemKind.MESSAGES, turns=turns)).action is Action.ALLOW
        assert other.ask(Item(ItemKind.MESSAGES, turns=turns[:1])).action is Action.ALLOW
        by_user = (Turn("user", "a red cube and a blue ball"),)
        assert other.ask(Item(ItemKind.MESSAGES, turns=by_user)).action is Action.DENY
    with pytest.raises(GatewayPolicyError):
        made_up.policy(session__trusted_roles=["user"])


class Standing:
    """Says of one account that it is refused."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def is_refused(self, mark: str) -> bool:
        return mark == self.mark


def test_whatever_a_refused_account_sends_is_denied_with_a_code_that_says_nothing_of_it(tmp_path: Path) -> None:
    with open_desk(tmp_path, Made(accounts=Standing(Marks(b"k" * 32).of("account", "a-17") or ""))) as desk:
        refused, other = (desk.say("a green tree", account=name) for name in ("a-17", "a-18"))
        found = desk.say("a red cube and a blue ball", account="a-17")
    assert (refused.action, refused.refusal, refused.case_id) == (Action.DENY, Refusal.LIMITED, None)
    assert (other.action, other.refusal) == (Action.ALLOW, None)
    assert (found.refusal, bool(found.case_id)) == (Refusal.POLICY, True), "what is found is kept all the same"


def test_where_nobody_can_say_how_an_account_stands_nothing_passes(tmp_path: Path) -> None:
    class Gone:
        def is_refused(self, mark: str) -> bool:
            raise HomeBusyError(f"no connection for {len(mark)} characters", advice="")

    with open_desk(tmp_path, Made(accounts=Gone())) as desk:
        with pytest.raises(HomeBusyError):
            desk.say("a green tree", account="a-17")
        assert desk.say("a green tree").action is Action.ALLOW
