"""Measures: counts and durations in Prometheus' form. Labels are words of our own code, never a caller's.

Source: Prometheus, "Exposition formats" and "Metric and label naming", https://prometheus.io/docs/practices/naming/.
"""

import os
from dataclasses import asdict

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

from safehold.cases.awaiting import Awaited
from safehold.gateway import Answer
from safehold.vocabulary import Action

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where several processes of one service keep their counts, so that whichever is asked answers for all."""

_SECONDS = (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
"""Around what is aimed at: 3 and 10 ms for text, 10 and 30 ms for pictures."""

STANDINGS = ("waiting", "failed", "dead", "noted")
"""Of jobs that preserve evidence: fields of :class:`~safehold.cases.awaiting.Awaited`."""

_UNKNOWN = float("nan")


class Measures:
    """What is counted, on a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._children: dict[tuple[Counter | str, ...], Counter] = {}
        self._of_route: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self.requests = Counter("safehold_requests", "Requests answered.", ("route", "status"), registry=self._registry)
        self.seconds = Histogram(
            "safehold_request_seconds",
            "How long requests took.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.checks = Counter("safehold_checks", "Checks decided.", ("action",), registry=self._registry)
        self.items = Counter("safehold_items", "Items decided.", ("kind", "action"), registry=self._registry)
        self.gaps = Counter(
            "safehold_gaps", "Items that were not examined, by reason.", ("reason",), registry=self._registry
        )
        self.unexamined = Counter(
            "safehold_allowed_unexamined", "Checks let through unexamined: alarm on any.", registry=self._registry
        )
        self.failures = Counter(
            "safehold_failures", "Requests that ended in an unexpected error.", registry=self._registry
        )
        self.under_way = Gauge(
            "safehold_requests_under_way",
            "Requests at this moment.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self.deferred = Gauge(
            "safehold_deferred_checks",
            "Checks to be answered later.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self.ready = Gauge(
            "safehold_ready",
            "Whether this process answers checks.",
            registry=self._registry,
            multiprocess_mode="livemin",
        )
        self.evidence_items = self._newest("safehold_evidence_items_waiting", "Confirmed items the vault doesn't have.")
        self.evidence_jobs = self._newest("safehold_evidence_jobs", "Jobs of preserving, by standing.", "standing")
        self.evidence_oldest = self._newest(
            "safehold_evidence_oldest_seconds", "How long the longest has waited for the vault."
        )

    def _newest(self, name: str, said: str, *labels: str) -> Gauge:
        """Return a gauge of what all processes see alike: whichever looked last is believed."""
        return Gauge(name, said, labels, registry=self._registry, multiprocess_mode="livemostrecent")

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        known = self._of_route.get((route, status))
        if known is None:
            known = self._of_route[route, status] = (
                self.requests.labels(route, str(status)),
                self.seconds.labels(route),
            )
        known[0].inc()
        known[1].observe(seconds)

    def count(self, answer: Answer) -> None:
        """Count a decision."""
        self._child(self.checks, answer.action.value).inc()
        if answer.action is Action.ALLOW_UNEXAMINED:
            self.unexamined.inc()
        for item in answer.items:
            self._child(self.items, item.kind, item.action.value).inc()
            for reason in {gap.reason for gap in item.gaps}:
                self._child(self.gaps, reason.value).inc()

    def tell_evidence(self, found: Awaited | None) -> None:
        """Tell how much evidence waits for the vault; None where nobody can say: each is then not a number."""
        told = {} if found is None else asdict(found)
        self.evidence_items.set(told.get("items", _UNKNOWN))
        self.evidence_oldest.set(told.get("oldest_seconds", _UNKNOWN))
        for standing in STANDINGS:
            self.evidence_jobs.labels(standing).set(told.get(standing, _UNKNOWN))

    def _child(self, counter: Counter, *labels: str) -> Counter:
        """Return the counter of these labels; asking the library for it takes longer than counting."""
        found = self._children.get((counter, *labels))
        if found is None:
            found = self._children[counter, *labels] = counter.labels(*labels)
        return found

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format; over all processes where they share a folder."""
        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        shared = CollectorRegistry()
        multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        return generate_latest(shared)
