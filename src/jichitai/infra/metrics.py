"""Prometheus metrics of a process; none carries personal data or a label per person."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()

PUBLISHED = Counter(
    "jichitai_messages_published_total", "Messages stored by the broker", registry=REGISTRY
)
APPLIED = Counter(
    "jichitai_messages_applied_total", "Messages that had their effect", registry=REGISTRY
)
REPEATED = Counter(
    "jichitai_messages_repeated_total", "Messages passed over as repeats", registry=REGISTRY
)
REFUSED = Counter(
    "jichitai_messages_refused_total", "Messages put into quarantine", registry=REGISTRY
)
GAPS = Counter("jichitai_message_gaps_total", "Gaps asked for again", registry=REGISTRY)
WAITING = Gauge(
    "jichitai_outbox_waiting", "Messages not yet stored by the broker", registry=REGISTRY
)
BATCH = Histogram(
    "jichitai_inbox_batch_seconds", "Time to apply one batch of frames", registry=REGISTRY
)
REQUESTS = Histogram(
    "jichitai_http_request_seconds",
    "Time to answer a request",
    ["method", "route", "status"],
    registry=REGISTRY,
)


def render() -> bytes:
    """The text that a Prometheus server reads."""
    return generate_latest(REGISTRY)
