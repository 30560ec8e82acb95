"""Looking for a file without keeping it: its fingerprints are made in a confined child and looked up; no disk sees it.

    looked = lookup.look(data)
    looked.signals, looked.findings

Nothing of the file is shown or returned, nor is it recorded: what it is known by, and where that is listed.
"""

from dataclasses import dataclass
from threading import Lock

from safehold.gateway.in_force import Policies
from safehold.gateway.matches import matches
from safehold.gateway.media import Lists, limits_of
from safehold.gateway.media_child import CHILD_MODULE, TASK
from safehold.gateway.media_wire import MediaTerms, MisshapenAnswerError, Observed, decode
from safehold.gateway.policy import GatewayPolicy
from safehold.media.sandbox import Crew, Reply, module_argv
from safehold.signals import digest
from safehold.vocabulary import Algorithm, Finding, Gap, GapReason, MediaKind, SafeholdError, Signal

_CHILDREN = 1
_MOST_PRINTS = 64
"""Frames of a clip by which cases are looked for: the lists are asked about all of them."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a file is known by, and where that is listed.

    Attributes:
        kind: what its bytes are.
        size_bytes: its length.
        signals: its fingerprints: of the bytes, then of its frames.
        findings: entries of lists that it is, or is near to.
        gaps: what could not be examined.
    """

    kind: MediaKind
    size_bytes: int
    signals: tuple[Signal, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]


class FileLookup:
    """Looks for files; threads may share it. The first file starts the confined child.

    Args:
        lists: the index over the banks.
        policies: which policy is in force: its thresholds and limits hold here too.
    """

    def __init__(self, lists: Lists, policies: Policies) -> None:
        self._lists = lists
        self._policies = policies
        self._lock = Lock()
        self._crew: Crew | None = None

    def look(self, data: bytes) -> Looked:
        """Return what a file is known by, and where that is listed.

        Args:
            data: all of it, 1 byte or more.

        Raises:
            SafeholdError: the policy in force can't be read.
        """
        policy = self._policies.current().active
        observed = self._observed(data, policy)
        findings, gaps = self._listed(observed, policy)
        prints = tuple(dict.fromkeys(signal for form, signal in observed.prints if not form))[:_MOST_PRINTS]
        signals = (*observed.digests, *prints)
        return Looked(observed.kind, len(data), signals, findings, (*observed.gaps, *gaps))

    def close(self) -> None:
        """End the confined child."""
        with self._lock:
            if self._crew is not None:
                self._crew.close()
                self._crew = None

    def _observed(self, data: bytes, policy: GatewayPolicy) -> Observed:
        reply = self._ask(data, policy)
        if reply.failure is not None:
            return _unopened(data, reply.failure)
        try:
            return decode(reply.data)
        except MisshapenAnswerError:
            return _unopened(data, GapReason.CRASHED)

    def _ask(self, data: bytes, policy: GatewayPolicy) -> Reply:
        with self._lock:
            if self._crew is None:
                self._crew = Crew(module_argv(CHILD_MODULE), limits_of(policy.limits), size=_CHILDREN)
            crew = self._crew
        flavours = sorted(self._lists.current().flavours(), key=lambda one: one.value)
        terms = MediaTerms(
            limits=limits_of(policy.limits),
            flavours=tuple(flavours),
            variants=tuple(sorted(policy.variants, key=lambda one: one.value)),
            video=policy.video.frames.value,
            short_seconds=policy.video.short_seconds,
        )
        return crew.ask(TASK, {"terms": terms.to_json()}, data=data, waiting_seconds=policy.requests.waiting_seconds)

    def _listed(self, observed: Observed, policy: GatewayPolicy) -> tuple[tuple[Finding, ...], tuple[Gap, ...]]:
        missing = (Gap("index", GapReason.DETECTOR_MISSING),)
        try:
            index, is_whole = self._lists.current(), self._lists.behind == 0
            found = matches(observed, index, threshold=policy.thresholds.pdq, variants=policy.variants)
            return tuple(found), () if is_whole else missing
        except (SafeholdError, OSError):
            return (), (Gap("index", GapReason.DETECTOR_FAILED),)


def _unopened(data: bytes, reason: GapReason) -> Observed:
    """Return what can be said of bytes that no child could open."""
    made = digest(data)
    digests = (
        Signal(Algorithm.SHA256, made.sha256),
        Signal(Algorithm.SHA1, made.sha1),
        Signal(Algorithm.MD5, made.md5),
    )
    return Observed(MediaKind.UNKNOWN, digests, gaps=(Gap("media", reason),))
