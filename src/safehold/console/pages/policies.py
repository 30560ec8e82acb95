"""Policies: what changed, what it would have done beside the one in force, and the way there, in which two people act.

Nobody approves what they proposed; the store sees to it, whatever this page offers.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response

from safehold.cases import Ability
from safehold.console.errors import in_sentences
from safehold.console.page import Entry, Page
from safehold.console.visit import PageVisit
from safehold.gateway.errors import GatewayError
from safehold.gateway.lifecycle import (
    PolicyMissingError,
    PolicyStore,
    StoredPolicy,
    back_test,
    compare_policies,
    counted_directions,
    recorded_decisions,
    shadow_tally,
)
from safehold.gateway.policy import GatewayPolicy
from safehold.gateway.policy_file import parse_gateway_policy

MOST_TRIED = 2000
"""Recorded decisions that a page tries a policy on: about a second. The command line tries more."""

_LONGEST_BYTES = 1 << 20
"""Of a policy's text: the shipped one has some ten thousand."""


def list_policies(visit: PageVisit) -> Response:
    """Show every stored policy, and which one is in force."""
    return _listed(visit)


def show_policy(visit: PageVisit) -> Response:
    """Show how far a policy has come, what it changes, and what it did in shadow."""
    return _shown(visit, _found(visit))


def submit_policy(visit: PageVisit) -> Response:
    """Store a text as a draft."""
    text = visit.upload("file") or visit.form.get("text", "").encode()
    if not text.strip() or len(text) > _LONGEST_BYTES:
        return _listed(visit, {"text": "Choose a file, or put the policy's text here."}, status=422)
    try:
        policy = parse_gateway_policy(text.decode(), called="the policy")
        stored = _store(visit).submit(policy, visit.person.name)
    except UnicodeDecodeError:
        return _listed(visit, {"text": "The text is not UTF-8."}, status=422)
    except GatewayError as error:
        return _listed(visit, {"text": in_sentences(error)}, status=422)
    return visit.go(f"/policies/{stored.reference}", notice="Stored as a draft; it has no effect yet.")


def shadow_policy(visit: PageVisit) -> Response:
    """Ask a draft beside the policy in force from now on."""
    return _taken(visit, _store(visit).shadow, "In shadow: what it would do is recorded from now on.")


def retire_policy(visit: PageVisit) -> Response:
    """Withdraw a draft or a policy in shadow."""
    return _taken(visit, _store(visit).retire, "Withdrawn, for good.")


def approve_policy(visit: PageVisit) -> Response:
    """Say, as somebody else than who proposed it, that it may be activated."""
    return _taken(visit, _store(visit).approve, "Approved: it can be activated.")


def activate_policy(visit: PageVisit) -> Response:
    """Put an approved policy in force."""
    return _taken(visit, _store(visit).activate, "In force: gateways follow within seconds.")


def roll_back(visit: PageVisit) -> Response:
    """Put in force again what was before, at once."""
    try:
        back = _store(visit).roll_back(visit.person.name)
    except GatewayError as error:
        return _listed(visit, {"rollback": in_sentences(error)}, status=409)
    what = "The installation's own policy" if back is None else back.reference
    return visit.go("/policies", notice=f"{what} is in force again.")


def try_policy(visit: PageVisit) -> Response:
    """Try a policy on what is recorded; nothing is changed by it."""
    found = _found(visit)
    with visit.console.casework.workshop.home.database.reading() as connection:
        recorded = recorded_decisions(connection, newest=MOST_TRIED)
        result = back_test(recorded, found.policy(), _in_force(visit))
    return _shown(visit, found, result=result)


def _taken(visit: PageVisit, step: Callable[[str, str], StoredPolicy], notice: str) -> Response:
    found = _found(visit)
    try:
        step(found.reference, visit.person.name)
    except GatewayError as error:
        return _shown(visit, found, problem=in_sentences(error), status=409)
    return visit.go(f"/policies/{found.reference}", notice=notice)


def _listed(visit: PageVisit, errors: Mapping[str, str] | None = None, *, status: int = 200) -> Response:
    store = _store(visit)
    return visit.page(
        "policies/list.html",
        status=status,
        policies=store.list()[::-1],
        active=store.active(),
        label=_label_in_force(visit),
        text_in_force=_indented(_canonical_in_force(visit)),
        history=store.history()[::-1],
        is_single_operator=store.is_single_operator,
        errors=errors or {},
        text=visit.form.get("text", ""),
    )


def _shown(visit: PageVisit, found: StoredPolicy, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 - a page's values
    with visit.console.casework.workshop.home.database.reading() as connection:
        tally = shadow_tally(connection, found.label)
    try:
        changes = compare_policies(_in_force(visit), found.policy())
    except GatewayError as error:
        changes, values = (), {"problem": in_sentences(error), **values}
    return visit.page(
        "policies/show.html",
        status=status,
        stored=found,
        in_force=_label_in_force(visit),
        changes=changes,
        counts=dict(counted_directions(changes)),
        tally=tally,
        is_own=found.submitted_by.casefold() == visit.person.name.casefold(),
        is_single_operator=_store(visit).is_single_operator,
        most_tried=MOST_TRIED,
        is_confirmed=visit.is_stepped_up,
        text=_indented(found.canonical),
        **{"problem": "", "result": None, **values},
    )


def _found(visit: PageVisit) -> StoredPolicy:
    try:
        return _store(visit).show(visit.path["reference"])
    except PolicyMissingError as error:
        raise visit.missing() from error


def _store(visit: PageVisit) -> PolicyStore:
    store: PolicyStore = visit.console.instruments.store
    return store


def _in_force(visit: PageVisit) -> GatewayPolicy:
    active = _store(visit).active()
    own: GatewayPolicy = visit.console.instruments.own_policy
    return own if active is None else active.policy()


def _label_in_force(visit: PageVisit) -> str:
    active = _store(visit).active()
    own: GatewayPolicy = visit.console.instruments.own_policy
    return own.label if active is None else active.label


def _canonical_in_force(visit: PageVisit) -> str:
    active = _store(visit).active()
    own: GatewayPolicy = visit.console.instruments.own_policy
    return own.canonical if active is None else active.canonical


def _indented(canonical: str) -> str:
    """Return a policy as people read it: JSON, and so YAML as well. What somebody altered stays as it is."""
    try:
        return json.dumps(json.loads(canonical), indent=2, ensure_ascii=False)
    except ValueError:
        return canonical


PAGES = (
    Page("GET", "/policies", list_policies, needs=Ability.READ_POLICIES),
    Page("POST", "/policies", submit_policy, needs=Ability.PROPOSE_POLICY),
    Page("POST", "/policies/rollback", roll_back, needs=Ability.APPROVE_POLICY, entry=Entry.STEPPED_UP),
    Page("GET", "/policies/{reference}", show_policy, needs=Ability.READ_POLICIES),
    Page("POST", "/policies/{reference}/try", try_policy, needs=Ability.READ_POLICIES),
    Page("POST", "/policies/{reference}/shadow", shadow_policy, needs=Ability.PROPOSE_POLICY),
    Page("POST", "/policies/{reference}/retire", retire_policy, needs=Ability.PROPOSE_POLICY),
    Page("POST", "/policies/{reference}/approve", approve_policy, needs=Ability.APPROVE_POLICY, entry=Entry.STEPPED_UP),
    Page(
        "POST", "/policies/{reference}/activate", activate_policy, needs=Ability.APPROVE_POLICY, entry=Entry.STEPPED_UP
    ),
)
