"""The own bank and the allow list, through the gateway's real checks: what people decided is in effect within seconds.

The pictures are look-alikes of the test signature: harmless, drawn here, and near to what the built-in bank lists.
"""

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

import pytest
from PIL import Image, ImageEnhance

from safehold.cases import CaseId, Person, Role
from safehold.cases.axes import Axes, HarmType
from safehold.cases.decisions import BankLists, Decision, DecisionId, ItemDecision, ListingState, OwnList
from safehold.cases.decisions.signals import ListedSignal, ListingId
from safehold.cases.rules import default_source
from safehold.gateway import Answer, Caller, CheckRequest, Context, Item, ItemKind, Scope
from safehold.media import write_test_signature
from safehold.vocabulary import Action, Algorithm, HarmClass
from safehold.wiring.casework import Casework, open_casework
from safehold.wiring.gateway import Gateway, open_gateway

OPERATOR = Caller("operator", frozenset(Scope))
AMIRA = Person("amira", frozenset({Role.REVIEWER}))
CLARA = Person("clara", frozenset({Role.SPECIALIST}))
LEAD = Person("lead", frozenset({Role.QUALITY_LEAD}))
SECONDS = 2.0
"""Within which what was approved must be in effect; it is milliseconds on a quiet machine."""


@dataclass
class Site:
    """A gateway and the people behind it; other accounts send the same things."""

    gateway: Gateway
    casework: Casework
    signature: bytes
    accounts: int = 0

    def send(self, data: bytes, kind: ItemKind = ItemKind.IMAGE) -> Answer:
        self.accounts += 1
        request = CheckRequest((Item(kind, data=data),), Context(account=f"a-{self.accounts}"))
        return self.gateway.checks.check(request, OPERATOR)

    def soon(self, data: bytes, wanted: Action) -> Answer:
        """Send something until it is answered as wanted, for some seconds at most; return the last answer."""
        answer, until = self.send(data), time.monotonic() + SECONDS
        while answer.action is not wanted and time.monotonic() < until:
            answer = self.send(data)
        return answer

    def case_of(self, answer: Answer) -> CaseId:
        (found,) = self.casework.cases.find(answer.case_id or "")
        return found.case

    def decide(self, answer: Answer, verdict: Decision, *, allow: bool = False) -> DecisionId:
        case = self.case_of(answer)
        claim = self.casework.queues.claim(case, AMIRA)
        item = next(one for one in self.casework.cases.items(case) if one.told.reference.startswith(f"{answer.id}#"))
        said = ItemDecision(item.id, verdict, Axes(HarmType.TEST if verdict is Decision.CONFIRM else None), allow=allow)
        seen = self.casework.cases.show(case).version
        return self.casework.decisions.decide(AMIRA, case, [said], seen=seen, claim=claim)

    def approve(self) -> None:
        waiting = self.casework.decisions.proposals()
        assert waiting
        self.casework.decisions.approve_signals(CLARA, [one.id for one in waiting])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    path = tmp_path_factory.mktemp("own")
    write_test_signature(path / "signature.png")
    # Nothing is sampled for a second review here: that would make who decides first wait for chance.
    rules = path / "rules.yaml"
    rules.write_text(_unsampled())
    environment = {"SAFEHOLD_CASE_RULES": str(rules), "SAFEHOLD_MEDIA_CHILDREN": "1"}
    with open_gateway(path / "home", environment=environment) as gateway:
        yield Site(gateway, open_casework(gateway.workshop), (path / "signature.png").read_bytes())


def _unsampled() -> str:
    return default_source().replace("confirm: 0.1, not_a_violation: 0.05", "confirm: 0.0, not_a_violation: 0.0")


def look_alike(signature: bytes, brightness: float) -> bytes:
    """Return a picture that is near to the test signature, and no copy of it."""
    picture = ImageEnhance.Brightness(Image.open(io.BytesIO(signature)).convert("RGB")).enhance(brightness)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def test_what_two_people_confirm_stops_the_next_upload_and_is_let_go_by_a_reversal(site: Site) -> None:
    picture, cousin = look_alike(site.signature, 0.9), look_alike(site.signature, 0.8)
    first = site.send(picture)
    assert first.action is Action.HOLD  # near to what a list holds: for people to decide
    decision = site.decide(first, Decision.CONFIRM)
    assert site.send(picture).action is Action.HOLD  # one person alone puts nothing into a bank
    site.approve()
    assert site.soon(picture, Action.DENY).action is Action.DENY  # the same bytes
    near = site.send(cousin)
    assert near.action is Action.HOLD  # what is merely near is held, and never more
    assert any(one.reference.startswith("own-confirmed@") for one in near.items[0].findings)

    site.casework.decisions.reverse(LEAD, decision, "mistaken")
    assert site.soon(picture, Action.HOLD).action is Action.HOLD
    assert not any(one.reference.startswith("own-confirmed@") for one in site.send(cousin).items[0].findings)


def test_what_two_people_allow_passes_and_is_held_again_after_a_reversal(site: Site) -> None:
    picture, cousin = look_alike(site.signature, 1.1), look_alike(site.signature, 1.2)
    first = site.send(picture)
    assert first.action is Action.HOLD
    decision = site.decide(first, Decision.NOT_A_VIOLATION, allow=True)
    assert site.send(picture).action is Action.HOLD
    site.approve()
    passed = site.soon(picture, Action.ALLOW)
    assert passed.action is Action.ALLOW
    assert passed.items[0].rules == ("allow-list",)
    assert site.send(picture, ItemKind.SOURCE_IMAGE).action is Action.ALLOW
    assert site.send(cousin).action is Action.HOLD  # these bytes alone were found harmless

    site.casework.decisions.reverse(LEAD, decision, "mistaken")
    assert site.soon(picture, Action.HOLD).action is Action.HOLD


def test_an_allow_list_never_overrides_a_trusted_cryptographic_match(site: Site) -> None:
    """Not even where somebody has put the very bytes of the test signature onto it, past all of our refusals."""
    listing = site.casework.decisions.proposals(states=frozenset(ListingState))[0]
    smuggled = replace(
        listing,
        id=ListingId("list_smuggled"),
        list=OwnList.BENIGN,
        harm_class=HarmClass.BENIGN,
        signals=(ListedSignal(Algorithm.SHA256, sha256(site.signature).hexdigest()),),
    )
    BankLists(site.gateway.workshop.banks).list(smuggled)
    time.sleep(0.1)
    answer = site.send(site.signature)
    assert answer.action is Action.DENY
    found = {(one.subject, one.is_confirmed) for one in answer.items[0].findings if one.detector == "sha256"}
    assert found == {("test", True), ("benign", False)}
