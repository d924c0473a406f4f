"""OpenTelemetry traces; off unless an endpoint is configured, and never with personal data."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jichitai.kernel.errors import InvalidError


class TracesMissingError(InvalidError):
    """Traces are asked for, but the extra is not installed."""

    type = "infra.traces-missing"
    title = "トレースの部品が入っていません"


class _Tracer:
    tracer: Any = None


def configure(endpoint: str, *, service: str) -> None:
    """Send spans to an OTLP/HTTP endpoint.

    Args:
        endpoint: URL; empty leaves traces off.
        service: name shown with the spans.

    Raises:
        TracesMissingError: the extra `traces` is not installed.
    """
    if not endpoint:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracesMissingError(
            "JICHITAI_TRACES_ENDPOINT を使うには pip install 'jichitai[traces]' が必要です。"
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    use(provider)


def use(provider: Any) -> None:
    """Take spans from now on with this provider (an OpenTelemetry TracerProvider)."""
    _Tracer.tracer = None if provider is None else provider.get_tracer("jichitai")


@contextmanager
def span(name: str, **attributes: str | int) -> Iterator[None]:
    """Record a span around a block; free when traces are off.

    Args:
        name: what is done.
        **attributes: counts, kinds and tiers only.
    """
    if _Tracer.tracer is None:
        yield
        return
    with _Tracer.tracer.start_as_current_span(name, attributes=attributes):
        yield
