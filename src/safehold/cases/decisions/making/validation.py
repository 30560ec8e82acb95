"""Validation: whether what somebody says of an item can be meant, and whether they may say it. Pure.

What must be said depends on the kind of harm and the form of the item (`decisions.required` in the rules), so that no
field that an item can't have ever stands in the way. A severity is only taken from somebody trained in it.
"""

from collections.abc import Iterator

from safehold.cases.axes import LABELS, AgeBand, Axes, HarmType
from safehold.cases.decisions.decision import Decision, ItemDecision
from safehold.cases.decisions.errors import NotAllowedError, UnfitDecisionError
from safehold.cases.item import CaseItem, NewItem
from safehold.cases.rules import Axis, DecisionRules
from safehold.cases.staff import Ability, Person
from safehold.ledger import is_fit
from safehold.vocabulary import CRYPTOGRAPHIC, Algorithm, FindingKind, HarmClass

_OF_CHILDREN = frozenset({HarmType.CSAM, HarmType.AIG_CSAM, HarmType.CSEM})


def require_fit(said: ItemDecision, item: CaseItem, person: Person, rules: DecisionRules) -> None:
    """Refuse what can't be meant.

    Raises:
        UnfitDecisionError: something is missing, or does not go together; the message names it.
        NotAllowedError: it holds a severity, and the person is not trained in labelling it.
    """
    if said.note and not is_fit(said.note):
        raise _unfit("a note is one word", "The ledger keeps no sentences; write for instance: duplicate")
    _require_severity(said, person)
    match said.verdict:
        case Decision.CONFIRM:
            _require_confirmable(said.axes, item, rules)
        case Decision.NOT_A_VIOLATION:
            _require_harmless(said.axes)
        case Decision.SECOND_OPINION | Decision.CANNOT_TELL:
            pass
    if said.allow:
        _require_allowable(said, item.told)


def is_near_something(item: NewItem) -> bool:
    """Return whether an item is near to something that a list holds, so that an allow list could change anything."""
    exact = {algorithm.value for algorithm in CRYPTOGRAPHIC}
    return any(one.kind is FindingKind.MATCH and one.detector not in exact for one in item.findings)


def _require_severity(said: ItemDecision, person: Person) -> None:
    labels = said.axes.severities
    if not labels:
        return
    if not person.can(Ability.LABEL_SEVERITY):
        raise NotAllowedError(
            "a severity is labelled by people who are trained in it", advice="Leave it out, or ask a specialist."
        )
    if said.verdict is not Decision.CONFIRM or said.axes.harm not in _OF_CHILDREN:
        raise _unfit("a severity is of confirmed material that shows children", "Leave the severity out.")
    if any(one.label not in LABELS[one.scheme] for one in labels):
        raise _unfit("a severity is none of its scheme's labels", "Use A1, A2, B1, B2 (industry) or A, B, C (UK).")
    if len({one.scheme for one in labels}) < len(labels):
        raise _unfit("a scheme has two severities", "Give one label of each scheme at most.")


def _require_confirmable(axes: Axes, item: CaseItem, rules: DecisionRules) -> None:
    if axes.harm is None or axes.harm is HarmType.BENIGN:
        raise _unfit("what is confirmed is of a kind of harm", "Say which; or decide that it is not a violation.")
    missing = sorted(_missing(axes, rules.required_of(axes.harm, item.told.form)))
    if missing:
        raise _unfit(f"{', '.join(missing)} must be said of it", "Say that it is unclear where it is.")
    if axes.harm in _OF_CHILDREN and axes.age is not None and axes.age.band is AgeBand.ADULT:
        raise _unfit("a child is no adult", "Say another age band, or unclear; or another kind of harm.")
    _require_test_where_it_is_one(axes.harm, item)


def _require_test_where_it_is_one(harm: HarmType, item: CaseItem) -> None:
    matched = [one for one in item.told.findings if one.kind is FindingKind.MATCH]
    is_test = any(one.subject == HarmClass.TEST.value for one in matched)
    if harm is HarmType.TEST and not is_test:
        raise _unfit("only what is on the test list, or near to it, is a test", "Say what kind of harm it is.")
    if harm is not HarmType.TEST and any(one.is_confirmed and one.subject == HarmClass.TEST.value for one in matched):
        raise _unfit("this is Safehold's own test signature", "Confirm it as a test: it is never reported.")


def _require_harmless(axes: Axes) -> None:
    if axes.harm not in {None, HarmType.BENIGN}:
        raise _unfit("what is not a violation is no kind of harm", "Leave the kind of harm out, or confirm the item.")


def _missing(axes: Axes, required: frozenset[Axis]) -> Iterator[str]:
    said = {
        Axis.REALISM: axes.realism,
        Axis.DEPICTED: axes.depicted,
        Axis.AGE: axes.age,
        Axis.ROLE: axes.role,
        Axis.FOUND_BY: axes.found_by,
    }
    for axis in required:
        if said[axis] is None:
            yield axis.value


def _require_allowable(said: ItemDecision, item: NewItem) -> None:
    if said.verdict is not Decision.NOT_A_VIOLATION:
        raise _unfit("only what is not a violation can be allowed", "Leave the allow list out.")
    if any(one.is_confirmed for one in item.findings):
        raise _unfit(
            "a trusted list holds exactly these bytes, which no allow list overrides",
            "If the list is wrong, tell its source, and withdraw the entry: safehold bank withdraw",
        )
    if not is_near_something(item):
        raise _unfit("it is near to nothing on a list", "An allow list would change nothing; leave it out.")
    if not any(one.algorithm is Algorithm.SHA256 and not one.place for one in item.signals):
        raise _unfit("its SHA-256 is not known", "Without it nobody can tell these bytes again; leave it out.")


def _unfit(message: str, advice: str) -> UnfitDecisionError:
    return UnfitDecisionError(message, advice=advice)
