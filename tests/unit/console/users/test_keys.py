"""Security keys: what they sign counts once, here, for who was asked; everything else is refused in one way."""

import json
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from safehold.console.users import FactorKind, Keys, Stage
from safehold.console.users.errors import FactorError, RefusedError, SessionEndedError
from safehold.console.users.proofs import passkeys
from safehold.console.users.proofs.passkeys import Party
from safehold.console.users.session import Session

from .conftest import GOOD_PASSWORD, Staff
from .soft_key import ORIGIN, SoftKey

HERE = Party("console.test", ORIGIN)


def signed_in(staff: Staff, name: str = "amira") -> Session:
    return staff.sessions.start(name, stage=Stage.SIGNED_IN).session


def add_key(staff: Staff, name: str = "amira") -> SoftKey:
    key, session = SoftKey(), signed_in(staff, name)
    staff.keys.confirm(session, HERE, key.make(staff.keys.begin(session, HERE).options))
    return key


def asked(keys: Keys, session: Session) -> str:
    told = keys.ask(session, HERE)
    assert told is not None
    return told.options


def test_a_key_is_set_up_signs_and_lets_in(staff_on_each: Staff) -> None:
    staff = staff_on_each
    staff.settle()
    key = add_key(staff)
    assert [one.kind for one in staff.factors.list("amira")] == [FactorKind.APP, FactorKind.KEY]
    started = staff.signing_in.enter("amira", GOOD_PASSWORD, address="192.0.2.1")
    done = staff.signing_in.show_key(started.cookie, HERE, key.sign(asked(staff.keys, started.session)))
    assert done.session.stage is Stage.SIGNED_IN
    up = staff.signing_in.confirm_key(done.cookie, HERE, key.sign(asked(staff.keys, done.session)))
    assert up.cookie != done.cookie
    assert staff.events("user.factor_added")[-1].details["kind"] == "key"


def test_a_first_key_in_place_of_an_app_brings_recovery_codes(staff: Staff) -> None:
    started = staff.signing_in.enter("amira", staff.add("amira"), address="192.0.2.1")
    started = staff.signing_in.choose_password(started.cookie, GOOD_PASSWORD)
    key = SoftKey()
    made = key.make(staff.keys.begin(started.session, HERE).options)
    done, codes = staff.signing_in.set_up_key(started.cookie, HERE, made)
    assert (done.session.stage, len(codes)) == (Stage.SIGNED_IN, 10)


def test_what_the_browser_is_told_says_nothing_of_the_user_but_their_name(staff: Staff) -> None:
    staff.settle()
    key = add_key(staff)
    told = json.loads(staff.keys.begin(signed_in(staff), HERE).options)
    assert told["user"]["name"] == "amira"
    assert len(told["user"]["id"]) == 43
    assert [one["id"] for one in told["excludeCredentials"]] == [key.name]
    assert told["attestation"] == "none"
    assert len(told["challenge"]) >= 43


@pytest.mark.parametrize(
    "odd",
    [
        {"client": {"origin": "https://evil.example"}}, {"client": {"origin": ORIGIN + ".evil.example"}},
        {"client": {"origin": "http://console.test"}}, {"client": {"challenge": "AAAA"}},
        {"client": {"type": "webauthn.create"}}, {"party": "evil.example"}, {"flags": 0}, {"signature": b"\x30\x00"},
        {"signature": b""}, {"credential": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
)  # fmt: skip
def test_what_was_signed_for_somewhere_else_or_by_something_else_is_refused(staff: Staff, odd: dict[str, Any]) -> None:
    staff.settle()
    key, session = add_key(staff), signed_in(staff)
    with pytest.raises(RefusedError):
        staff.keys.accept(session, HERE, key.sign(asked(staff.keys, session), **odd))
    staff.keys.accept(session, HERE, key.sign(asked(staff.keys, session)))


def test_a_new_key_of_somewhere_else_is_refused(staff: Staff) -> None:
    staff.settle()
    session = signed_in(staff)
    for odd in (
        {"client": {"origin": "https://evil.example"}}, {"client": {"challenge": "AAAA"}},
        {"client": {"type": "webauthn.get"}}, {"party": "evil.example"}, {"flags": 0},
    ):  # fmt: skip
        with pytest.raises(RefusedError):
            staff.keys.confirm(session, HERE, SoftKey().make(staff.keys.begin(session, HERE).options, **odd))
    assert len(staff.factors.list("amira")) == 1


def test_a_signature_counts_once_and_only_for_what_was_asked_last(staff: Staff) -> None:
    staff.settle()
    key, session = add_key(staff), signed_in(staff)
    first = key.sign(asked(staff.keys, session))
    second = key.sign(asked(staff.keys, session))
    with pytest.raises(RefusedError):
        staff.keys.accept(session, HERE, first)
    with pytest.raises(RefusedError):  # a challenge is gone after one answer, right or wrong
        staff.keys.accept(session, HERE, second)
    third = key.sign(asked(staff.keys, session))
    staff.keys.accept(session, HERE, third)
    with pytest.raises(RefusedError):
        staff.keys.accept(session, HERE, third)


def test_a_signature_of_one_session_is_worth_nothing_in_another(staff: Staff) -> None:
    staff.settle()
    key, session, other = add_key(staff), signed_in(staff), signed_in(staff)
    asked(staff.keys, other)
    with pytest.raises(RefusedError):
        staff.keys.accept(other, HERE, key.sign(asked(staff.keys, session)))


def test_a_copied_key_whose_count_does_not_go_up_is_refused(staff: Staff) -> None:
    staff.settle()
    key, session = add_key(staff), signed_in(staff)
    staff.keys.accept(session, HERE, key.sign(asked(staff.keys, session)))
    with pytest.raises(RefusedError):
        staff.keys.accept(session, HERE, key.sign(asked(staff.keys, session), stays=True))


def test_nobody_uses_or_takes_over_somebody_elses_key(staff: Staff) -> None:
    staff.settle("amira")
    staff.settle("bruno")
    key = add_key(staff, "amira")
    add_key(staff, "bruno")
    session = signed_in(staff, "bruno")
    with pytest.raises(RefusedError):
        staff.keys.accept(session, HERE, key.sign(asked(staff.keys, session)))
    with pytest.raises(FactorError):
        staff.keys.confirm(session, HERE, key.make(staff.keys.begin(session, HERE).options))


def test_guessing_with_keys_waits_like_any_other_guessing(staff: Staff) -> None:
    staff.settle()
    key = add_key(staff)
    started = staff.signing_in.enter("amira", GOOD_PASSWORD, address="192.0.2.1")
    for _ in range(5):
        with pytest.raises(RefusedError):
            staff.signing_in.show_key(started.cookie, HERE, SoftKey().sign(asked(staff.keys, started.session)))
    with pytest.raises(RefusedError) as caught:
        staff.signing_in.show_key(started.cookie, HERE, key.sign(asked(staff.keys, started.session)))
    assert type(caught.value).__name__ == "TooManyTriesError"


def test_who_has_no_key_is_asked_for_none_and_an_ended_session_for_nothing(staff: Staff) -> None:
    staff.settle()
    session = signed_in(staff)
    assert staff.keys.ask(session, HERE) is None
    with pytest.raises(RefusedError):
        staff.keys.accept(session, HERE, SoftKey().sign('{"rpId": "console.test", "challenge": "AAAA"}'))
    staff.users.reset("amira", actor="root")
    with pytest.raises(SessionEndedError):
        staff.keys.begin(session, HERE)


_FIELDS = ("attestationObject", "clientDataJSON", "authenticatorData", "signature")
_VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=40), st.lists(st.integers(), max_size=3))
_RESPONSES = st.dictionaries(st.sampled_from(_FIELDS), _VALUES, max_size=4)
_SENT = st.one_of(
    st.text(max_size=200),
    st.dictionaries(st.sampled_from(("id", "rawId", "type", "response")), st.one_of(_VALUES, _RESPONSES)).map(
        json.dumps
    ),
    st.fixed_dictionaries(
        {"id": st.just("AAAA"), "rawId": st.just("AAAA"), "type": st.just("public-key"), "response": _RESPONSES}
    ).map(json.dumps),
)


@hypothesis.given(_SENT)
@hypothesis.settings(max_examples=60)
def test_whatever_a_browser_sends_is_refused_in_one_way(sent: str) -> None:
    known = passkeys.ShownKey("AAAA", b"\xa0", 0)
    for read in (
        lambda: passkeys.read_new(HERE, "AAAA", sent),
        lambda: passkeys.read_known(HERE, "AAAA", sent, known),
    ):
        with pytest.raises(RefusedError):
            read()
    assert isinstance(passkeys.credential_of(sent), str)


def test_what_is_altered_in_any_byte_is_refused_in_one_way() -> None:
    key = SoftKey()
    asked_new = passkeys.ask_new(HERE, "amira", b"h" * 32, [])
    made = key.make(asked_new.options)
    shown = passkeys.read_new(HERE, asked_new.challenge, made)
    asked_known = passkeys.ask_known(HERE, [shown.credential])
    signed = key.sign(asked_known.options)
    assert passkeys.read_known(HERE, asked_known.challenge, signed, shown).counter == 1
    for sent in ("[" * 15_000, "{}", "x" * 20_000, made[:-3], signed + signed):
        with pytest.raises(RefusedError):
            passkeys.read_known(HERE, asked_known.challenge, sent, shown)
    told = json.loads(made)
    whole = told["response"]["attestationObject"]
    for place in range(0, len(whole), 7):
        told["response"]["attestationObject"] = (
            whole[:place] + ("A" if whole[place] != "A" else "B") + whole[place + 1 :]
        )
        try:
            passkeys.read_new(HERE, asked_new.challenge, json.dumps(told))
        except RefusedError:
            continue
