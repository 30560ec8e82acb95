"""Traces: one span a request through OpenTelemetry's interface; which exporter there is, is the operator's choice.

A span holds our route's name, the status and a duration. Of what a request brings, only the ids of its trace are read.

Source: W3C Trace Context (2021-11-23), section 3: `traceparent` and `tracestate`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import Scope

_NOBODY = (trace.ProxyTracerProvider, trace.NoOpTracerProvider)
"""The providers that stand where no other is installed."""

_CARRIED = {b"traceparent": "traceparent", b"tracestate": "tracestate"}


class Traces:
    """Makes spans.

    Args:
        tracer: from where; the installed provider's where none is given, which does nothing where none is installed.
    """

    def __init__(self, tracer: Tracer | None = None) -> None:
        self._tracer = trace.get_tracer("safehold") if tracer is None else tracer
        self._is_idle = tracer is None and isinstance(trace.get_tracer_provider(), _NOBODY)
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def span(self, scope: Scope) -> Iterator[Span]:
        """Give the span of a request while the block runs; what is raised in it is not written into it."""
        if self._is_idle:
            yield trace.INVALID_SPAN
            return
        carried = {_CARRIED[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _CARRIED}
        context = self._propagator.extract(carried) if carried else None
        with self._tracer.start_as_current_span(
            "safehold.request", context, SpanKind.SERVER, record_exception=False, set_status_on_exception=False
        ) as span:
            yield span
