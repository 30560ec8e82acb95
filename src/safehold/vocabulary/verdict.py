"""Verdicts: an action with the findings, gaps and policy version that led to it."""

from dataclasses import dataclass

from safehold.vocabulary.action import Action
from safehold.vocabulary.errors import InternalError
from safehold.vocabulary.finding import Finding
from safehold.vocabulary.gap import Gap


class UnexaminedAllowError(InternalError):
    """Somebody tried to allow content that was not fully examined."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with content, and why.

    Attributes:
        action: what to do.
        findings: everything the detectors found, whether or not it changed the action.
        gaps: everything that required detectors did not examine.
        policy: name, version and digest of the policy that decided: "NAME@VERSION sha256:HEX".
        rules: the policy's rules that applied, most severe first.

    Raises:
        UnexaminedAllowError: ALLOW with a gap can't be constructed.
    """

    action: Action
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    policy: str
    rules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.gaps and self.action is Action.ALLOW:
            raise UnexaminedAllowError(
                "a verdict with a gap can't be ALLOW", advice="This is a defect of Safehold: please report it."
            )
