import http.client
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from accessctl.errors import FaultError
from accessctl.exposition import (
    Histogram,
    MetricsServer,
    count,
    counts,
    gauge,
    gauges,
    histogram,
    registry,
)


class Shop:
    """Figures of every kind."""

    def collect(self) -> Iterator[object]:
        seconds = Histogram((1.0, 2.0))
        for took in (0.5, 1.5, 9.0):
            seconds.note(took)
        yield count("shop_visits", "Who came.", 4)
        yield counts("shop_sold", "What was sold.", "what", {"pear": 2, "apple": 3})
        yield gauge("shop_open", "1 while it is open.", True)
        yield gauges("shop_left", "What is there.", "what", {"apple": 7})
        yield histogram("shop_seconds", "How long they stayed.", {(): seconds}, ())


def test_figures_are_told_as_prometheus_reads_them() -> None:
    lines = generate_latest(registry(Shop())).decode().splitlines()
    assert [line for line in lines if not line.startswith("#") and "created" not in line] == [
        "shop_visits_total 4.0",
        'shop_sold_total{what="apple"} 3.0',
        'shop_sold_total{what="pear"} 2.0',
        "shop_open 1.0",
        'shop_left{what="apple"} 7.0',
        'shop_seconds_bucket{le="1.0"} 1.0',
        'shop_seconds_bucket{le="2.0"} 2.0',
        'shop_seconds_bucket{le="+Inf"} 3.0',
        "shop_seconds_count 3.0",
        "shop_seconds_sum 11.0",
    ]
    assert "# HELP shop_visits_total Who came." in lines


def test_a_value_counts_up_to_its_bound_inclusively():
    histogram = Histogram((1.0, 2.0))
    for seconds in (0.5, 1.0, 1.5, 2.0, 2.5):
        histogram.note(seconds)
    assert histogram.counts == [2, 2, 1]
    assert histogram.total == 7.5


def test_a_copy_is_not_written_to():
    histogram = Histogram((1.0,))
    copied = histogram.copy()
    histogram.note(0.5)
    assert copied.counts == [0, 0]
    assert copied.total == 0.0


def read(server: MetricsServer) -> str:
    url = f"http://127.0.0.1:{server.port}/metrics"
    with urllib.request.urlopen(url, timeout=20) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        return str(answer.read().decode())


def test_it_is_served_on_this_machine_only() -> None:
    with MetricsServer(0, Shop(), "shop.metrics_port") as server:
        assert "shop_visits_total 4.0" in read(server)
        for line in Path("/proc/net/tcp").read_text().splitlines():
            if line.split()[1].endswith(f":{server.port:04X}"):
                assert line.split()[1].startswith("0100007F")
    with pytest.raises(OSError, match="refused"):
        http.client.HTTPConnection("127.0.0.1", server.port, timeout=20).connect()


def test_a_taken_port_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(FaultError, match=rf"port {port} .*set shop.metrics_port to a free"),
            MetricsServer(port, Shop(), "shop.metrics_port"),
        ):
            pass


def test_a_silent_client_does_not_keep_others_out() -> None:
    with (
        MetricsServer(0, Shop(), "shop.metrics_port", request_s=0.05) as server,
        socket.create_connection(("127.0.0.1", server.port), 20) as silent,
    ):
        silent.sendall(b"GET /metr")
        assert "shop_open" in read(server)
