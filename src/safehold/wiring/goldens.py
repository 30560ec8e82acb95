"""Golden items: taken from decided items with content and circumstances, and placed as if they had just come.

    goldens = Goldens(casework, review_key)               # the private half: content is sealed anew for each
    golden = goldens.add(lead, item)
    case = goldens.place(lead, golden)

What is placed has a reference, an account, times, fingerprints and a policy like what comes in today; content is kept
among the gateway's held items, for as long as any of them.
"""

import datetime as dt
import json
import secrets
from dataclasses import dataclass, replace

import sqlalchemy as sa

from safehold.cases import CaseId, Content, ItemId, NewItem, Origin, Person, Place, Priority, Subject, SubjectKind
from safehold.cases.decisions.errors import UnfitDecisionError
from safehold.cases.decisions.quality import GoldenId, GoldenItem, GoldenPool, Guise
from safehold.cases.decisions.quality.pool import Capture
from safehold.gateway.circumstances import open_circumstances
from safehold.gateway.errors import HeldItemMissingError
from safehold.gateway.lifecycle import LivePolicies
from safehold.gateway.marks import digest_key
from safehold.gateway.policy import GatewayPolicy
from safehold.gateway.recording import content_of
from safehold.gateway.tables import held
from safehold.ledger.entry import timestamp
from safehold.vault import CustodianKey
from safehold.vault.review import ReviewKey, open_box
from safehold.wiring.casework import Casework
from safehold.wiring.gateway import own_policy
from safehold.wiring.guise import Guises, reference_like

LARGEST_BYTES = 64 << 20
"""Of content that is kept of one: it lies in the database for as long as the golden item does. Ours."""

_PURPOSE = "golden"
_ORIGINS = frozenset({Origin.GATEWAY, Origin.HAND, Origin.EXCHANGE})
_SEALED = frozenset({Place.HELD, Place.NOWHERE})
_MARKED = frozenset({SubjectKind.ACCOUNT, SubjectKind.SESSION, SubjectKind.LINK})
_MARK_BYTES = 16


@dataclass(frozen=True, slots=True)
class Goldens:
    """The golden items of an installation.

    Attributes:
        casework: what people do with cases.
        pool: those that are kept.
        key: the review key's private half.
    """

    casework: Casework
    pool: GoldenPool
    key: CustodianKey

    def add(self, person: Person, item_id: ItemId, *, queue: str = "") -> GoldenId:
        """Keep a decided item with its known answer; return what it is called. Who opened its content is recorded.

        Raises:
            NotAllowedError: their roles don't let them.
            UnknownItemError: there is no such item.
            UnfitDecisionError: its answer is not known, or nobody could take it for one that has just come.
        """
        cases = self.casework.cases
        item = cases.item(item_id)
        answer, case, context = (
            self.casework.decisions.known_answer(item_id),
            cases.show(item.case),
            cases.context(item_id),
        )
        _require_usual(item.told, has_context=bool(context))
        capture = Capture(
            item=item,
            answer=answer,
            queue=queue,
            label=case.label,
            priority=Priority.URGENT if case.priority is Priority.DANGER else case.priority,
            due=None if case.due_at is None else case.due_at - case.opened_at,
            context=context,
            content=self._content(person, item.told.content),
        )
        return self.pool.add(person, capture)

    def place(self, person: Person, golden_id: GoldenId) -> CaseId:
        """Put one among the others, as if it had just come; return its case.

        Raises:
            NotAllowedError: their roles don't let them.
            UnfitDecisionError: there is none of this name, or it is retired.
            ReviewKeyError: it was sealed to another review key.
        """
        database, now = self.casework.workshop.home.database, self.casework.workshop.home.clock.now()
        with database.reading() as connection:
            golden = self.pool.show(golden_id, connection)
        policy = self._policy()
        shown = self._shown(golden, policy, now)
        capture = golden.capture
        guise = Guise(
            subject=shown.subject,
            queue=capture.queue,
            label=capture.label,
            priority=capture.priority,
            due_at=None if capture.due is None else now + capture.due,
            golden=golden_id,
        )
        with database.writing() as connection:
            self.pool.show(golden_id, connection)  # it may have been retired meanwhile
            if shown.kept:
                connection.execute(sa.insert(held), shown.kept)
            case = self.casework.decisions.place_golden(
                person, shown.item, capture.answer, guise=guise, connection=connection
            )
            if shown.named:
                self.casework.cases.refer(shown.named, case, connection)
        return case

    def _shown(self, golden: GoldenItem, policy: GatewayPolicy, now: dt.datetime) -> "_Shown":
        """Return an item as it is placed, and what goes with it."""
        capture, source = golden.capture, golden.capture.item
        guises = Guises(now - source.told.at)
        reference = reference_like(source.told, now)
        check = reference.partition("#")[0]
        context, name = self._context(capture, guises, check=check)
        content, kept = self._kept(capture, policy, now, check=check)
        item = replace(
            source.told,
            reference=reference,
            policy=policy.label if source.told.origin is Origin.GATEWAY else source.told.policy,
            context=context,
            content=content,
        )
        nobody = check if source.told.origin is Origin.GATEWAY else ""
        return _Shown(item, _nobodys(source.subject.kind, nobody), kept, self._named(source.subject.kind, name))

    def _context(self, capture: Capture, guises: Guises, *, check: str) -> tuple[bytes, str]:
        """Return circumstances as another check's, sealed, and the account or session that they name."""
        public = ReviewKey.load(self.casework.workshop.home.keys)
        if not capture.context or public is None:
            return b"", ""
        is_check = capture.item.told.origin is Origin.GATEWAY
        told = guises.circumstances(open_circumstances(capture.context, self.key), check=check if is_check else "")
        kind = capture.item.subject.kind
        named = told.get(kind.value, "") if kind in {SubjectKind.ACCOUNT, SubjectKind.SESSION} else ""
        return public.box(json.dumps(told).encode()), str(named)

    def _named(self, kind: SubjectKind, name: str) -> str:
        """Return the mark of the account or session that its circumstances name; "" for none.

        A case is found by it, like any other, and is not of it: somebody may really be called so, and their case is
        their own.
        """
        return self.casework.marks.of(kind.value, name) or ""

    def _content(self, person: Person, content: Content) -> bytes:
        """Return what an item holds, sealed as one box; b"" for nothing."""
        public = ReviewKey.load(self.casework.workshop.home.keys)
        if content.place is not Place.HELD or public is None:
            return b""
        now = self.casework.workshop.home.clock.now()
        try:
            opened = self.casework.held.open(content.reference, self.key, actor=person.name, purpose=_PURPOSE, now=now)
        except HeldItemMissingError as error:
            raise _unusual("what it held is kept no more") from error
        data = content_of(opened)
        if len(data) > LARGEST_BYTES:
            raise _unusual(f"it is larger than {LARGEST_BYTES >> 20} MiB")
        return public.box(data)

    def _kept(
        self, capture: Capture, policy: GatewayPolicy, now: dt.datetime, *, check: str
    ) -> tuple[Content, dict[str, object]]:
        """Return where its content lies this time, and the row of it among the held items."""
        home = self.casework.workshop.home
        public = ReviewKey.load(home.keys)
        if not capture.content or public is None:
            return capture.item.told.content, {}
        sealed = public.seal(open_box(capture.content, self.key), check_key=digest_key(home.keys))
        row = {
            "id": sealed.id,
            "decision": check,
            "item": 0,
            "kind": capture.item.told.role,
            "size": sealed.size,
            "sealed": sealed.object,
            "share": sealed.share,
            "review_key": sealed.review_key,
            "expires_at": timestamp(now + dt.timedelta(hours=policy.retention.held_hours)),
        }
        return Content(Place.HELD, sealed.id), row

    def _policy(self) -> GatewayPolicy:
        workshop = self.casework.workshop
        return LivePolicies(workshop.home.database, own_policy(workshop.settings)).current().active


@dataclass(frozen=True, slots=True)
class _Shown:
    """An item as it is placed.

    Attributes:
        item: what is shown.
        subject: whose it says that it is; nobody's.
        kept: the row of its content among the held items; empty where it has none.
        named: by what else its case is found; "" for nothing.
    """

    item: NewItem
    subject: Subject
    kept: dict[str, object]
    named: str


def _nobodys(kind: SubjectKind, nobody: str) -> Subject:
    """Return a subject that nobody is: no case of anybody's, and nothing that anybody sends, is ever joined with it."""
    if kind is SubjectKind.NOBODY:
        return Subject(kind, nobody)
    return Subject(kind if kind in _MARKED else SubjectKind.ACCOUNT, secrets.token_hex(_MARK_BYTES))


def _require_usual(item: NewItem, *, has_context: bool) -> None:
    """Refuse what anybody could tell from what comes in.

    Raises:
        UnfitDecisionError: why.
    """
    if item.origin not in _ORIGINS:
        raise _unusual("a report or a dataset's record is known by its ticket or run")
    if item.content.place not in _SEALED:
        raise _unusual("what it held lies where it can't be copied")
    if item.findings and all(one.is_confirmed for one in item.findings):
        raise _unusual("a trusted list settles what it is, and such items wait for nobody")
    if item.origin is Origin.GATEWAY and not has_context:
        raise _unusual("its circumstances are kept no more")


def _unusual(why: str) -> UnfitDecisionError:
    return UnfitDecisionError(f"no golden item can be made of it: {why}", advice="Take another one.")
