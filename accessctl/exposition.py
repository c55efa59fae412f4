"""How Prometheus reads figures of this program: its text format, on this machine only.

https://prometheus.io/docs/instrumenting/exposition_formats/ and, for the names,
https://prometheus.io/docs/practices/naming/. The library is imported when metrics are on.
"""

import logging
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Protocol, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from accessctl.background import BackgroundThread
from accessctl.errors import FaultError

if TYPE_CHECKING:
    from prometheus_client.core import Metric
    from prometheus_client.registry import CollectorRegistry

ADDRESS = "127.0.0.1"
REQUEST_TIMEOUT_S = 5.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Histogram:
    """Observations in seconds; `counts[i]` are those up to `bounds[i]` and above the one before,
    the last those above all bounds."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = self.counts or [0] * (len(self.bounds) + 1)

    def note(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds

    def copy(self) -> "Histogram":
        return Histogram(self.bounds, list(self.counts), self.total)


class Collector(Protocol):
    """Asked anew with each scrape, on the server's thread."""

    def collect(self) -> "Iterable[Metric]": ...


def registry(collector: Collector) -> "CollectorRegistry":
    """A registry of one's own: nothing of the process or the library is in it."""
    from prometheus_client.registry import CollectorRegistry

    made = CollectorRegistry(auto_describe=False)
    made.register(collector)
    return made


class MetricsServer:
    """http://127.0.0.1:PORT/metrics from `with` to its end; one request at a time."""

    def __init__(
        self,
        port: int,
        collector: Collector,
        setting: str,
        request_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        """`port` 0 takes a free one, `setting` is what names it in the configuration; a client has
        `request_s` for its request."""
        self._port = port
        self._request_s = request_s
        self._collector = collector
        self._setting = setting
        self._server: WSGIServer | None = None
        self._open = ExitStack()

    @property
    def port(self) -> int:
        return self._port if self._server is None else self._server.server_port

    def __enter__(self) -> Self:
        """Raises FaultError when the port is taken."""
        from prometheus_client import make_wsgi_app

        class Handler(_Handler):
            # One thread serves all: a silent client must not keep it.
            timeout = self._request_s

        app: Any = make_wsgi_app(registry(self._collector))
        try:
            server = make_server(ADDRESS, self._port, app, handler_class=Handler)
        except OSError as error:
            raise FaultError(
                f"Metrics cannot be served on port {self._port} ({error.strerror}); "
                f"set {self._setting} to a free one."
            ) from error
        self._server = self._open.enter_context(server)
        thread = BackgroundThread(
            server.serve_forever,
            name="metrics",
            stop=server.shutdown,
            patience_s=self._request_s,
        )
        self._open.enter_context(thread)
        log.info("Metrics: http://%s:%d/metrics", ADDRESS, self.port)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        log.debug(format, *args)


def count(name: str, meaning: str, value: float) -> "Metric":
    from prometheus_client.core import CounterMetricFamily

    return CounterMetricFamily(name, meaning, value=value)


def counts(name: str, meaning: str, label: str, values: Mapping[str, float]) -> "Metric":
    """One for each value of the label."""
    from prometheus_client.core import CounterMetricFamily

    return _filled(CounterMetricFamily(name, meaning, labels=(label,)), values)


def gauge(name: str, meaning: str, value: float) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, meaning, value=value)


def gauges(name: str, meaning: str, label: str, values: Mapping[str, float]) -> "Metric":
    """One for each value of the label."""
    from prometheus_client.core import GaugeMetricFamily

    return _filled(GaugeMetricFamily(name, meaning, labels=(label,)), values)


def _filled(family: Any, values: Mapping[str, float]) -> "Metric":
    for of, value in sorted(values.items()):
        family.add_metric((of,), value)
    made: Metric = family
    return made


def histogram(
    name: str,
    meaning: str,
    by_label: Mapping[tuple[str, ...], Histogram],
    labels: tuple[str, ...],
) -> "Metric":
    """One for each values of the labels, of which there may be none."""
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(name, meaning, labels=labels)
    for values, one in sorted(by_label.items()):
        bounds = [*map(str, one.bounds), "+Inf"]
        buckets = list(zip(bounds, accumulate(one.counts), strict=True))
        family.add_metric(values, buckets=buckets, sum_value=one.total)
    return family
