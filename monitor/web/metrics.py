"""Prometheus metrics of the service. The only importer of prometheus_client."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from monitor.pipeline import DeliverySummary, PollSummary
from monitor.web.health import Health


class Metrics:
    """Counts what the pipeline reports; one registry per service, so that tests and services do not mix."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._feeds_polled = self._counter("monitor_feeds_polled", "Feeds polled, by outcome", ["outcome"])
        self._pushes = self._counter("monitor_pushes", "Bodies that hubs brought")
        self._items = self._counter("monitor_items", "New items stored")
        self._hits = self._counter("monitor_hits", "Hits found")
        self._articles = self._counter("monitor_articles", "Pages of articles asked for, by outcome", ["outcome"])
        self._stories = self._counter("monitor_stories", "New stories")
        self._deliveries = self._counter("monitor_deliveries", "Delivery attempts, by outcome", ["outcome"])
        self._cycle = Histogram(
            "monitor_poll_cycle_seconds",
            "Length of a poll cycle",
            buckets=(0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600),
            registry=self._registry,
        )
        self._feeds = self._gauge("monitor_feeds", "Feeds, by state", ["state"])
        self._pending = self._gauge("monitor_alerts_pending", "Alerts waiting to be delivered")
        self._dead = self._gauge("monitor_alerts_dead", "Alerts given up")
        self._troubles = self._gauge("monitor_troubles", "What is wrong with the monitor itself", ["condition"])
        self._last_poll = self._gauge("monitor_last_poll_timestamp_seconds", "When the last poll cycle ended")
        self._found = self._gauge("monitor_sentinels_found_ratio", "Share of known reports found", ["signal"])
        self._raised = self._gauge("monitor_sentinels_raised_ratio", "Share of known other texts raised", ["signal"])
        self._up = self._gauge("monitor_healthy", "1 = ok, 0.5 = degraded, 0 = failing")

    def polled(self, summary: PollSummary, seconds: float) -> None:
        """Count one poll cycle."""
        self._cycle.observe(seconds)
        for outcome, count in (
            ("ok", summary.feeds_ok),
            ("unchanged", summary.feeds_unchanged),
            ("failed", summary.feeds_failed),
        ):
            self._feeds_polled.labels(outcome).inc(count)
        self._brought(summary)

    def pushed(self, summary: PollSummary) -> None:
        """Count what a hub brought."""
        self._pushes.inc()
        self._brought(summary)

    def _brought(self, summary: PollSummary) -> None:
        self._items.inc(summary.new_items)
        self._hits.inc(summary.hits)
        self._stories.inc(summary.stories)
        self._articles.labels("read").inc(summary.articles - summary.articles_failed)
        self._articles.labels("failed").inc(summary.articles_failed)

    def delivered(self, summary: DeliverySummary) -> None:
        """Count one round of deliveries."""
        self._deliveries.labels("sent").inc(summary.sent)
        self._deliveries.labels("retry").inc(summary.retried)
        self._deliveries.labels("dead").inc(summary.dead)

    def render(self, health: Health) -> bytes:
        """All metrics in Prometheus' text format, gauges as of `health`."""
        facts = health.facts
        self._feeds.clear()  # a state that no feed is in any more must not keep its last number
        for state, count in facts.feeds.items():
            self._feeds.labels(state).set(count)
        for share in (self._found, self._raised):
            share.clear()
        for signal, known in facts.sentinels.items():
            self._found.labels(signal).set(known.found / known.reports)
            self._raised.labels(signal).set(known.raised / max(known.others, 1))
        self._troubles.clear()
        for condition, count in facts.troubles.items():
            self._troubles.labels(condition).set(count)
        self._pending.set(facts.pending_alerts)
        self._dead.set(facts.dead_alerts)
        if facts.last_poll_at:
            self._last_poll.set(facts.last_poll_at.timestamp())
        self._up.set({"ok": 1.0, "degraded": 0.5, "failing": 0.0}[health.status])
        return generate_latest(self._registry)

    def _counter(self, name: str, text: str, labels: list[str] | None = None) -> Counter:
        return Counter(name, text, labels or [], registry=self._registry)

    def _gauge(self, name: str, text: str, labels: list[str] | None = None) -> Gauge:
        return Gauge(name, text, labels or [], registry=self._registry)
