"""What the console's pages weigh, and what live pictures take of the hub: measured in Chromium.

    python -m benchmarks.console [--viewers N] [--seconds T] [--minutes M] [--busy] [--write]

The hub is a process of its own with a sample site; its door shows three pictures a second. Each
viewer is a page in the browser that looks at it: first all of them for T seconds, then one for M
minutes, whose memory is measured at the beginning and at the end. Chromium says over its DevTools
protocol when something is first painted and what came over the line. --write puts the table into
docs/results/.
"""

import argparse
import base64
import datetime
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from accessctl.cli.common import table
from accessctl.config import Config, ConsoleConfig, HubConfig
from accessctl.console.app import open_console
from accessctl.console.capabilities import ALL, Operator
from accessctl.console.operators import COMMAND_LINE
from accessctl.console.server import console_beside, console_tls
from accessctl.console.sessions import SignInWay, Visitor
from accessctl.console.wall import COOKIE
from accessctl.hub.assembly import Hub, open_hub
from accessctl.hub.cluster import LOOPBACK, free_port
from accessctl.hub.server import serve
from accessctl.sync.feed_wire import LiveFace, LivePicture
from benchmarks.bars.machine import processor_name
from benchmarks.bars.processes import usage_of
from tests.console.sample_site import FRONT, put_people, put_site

RESULTS = Path(__file__).parents[1] / "docs" / "results" / "console.md"
CHROMIUM = Path("/usr/bin/chromium")
PAGES = ("/doors", "/events", "/people", "/operators", "/site", "/sign-in")
SEEN = ".live:not([hidden]) p[hidden]"
PICTURE_S = 1 / 3
START_S = 240.0
LIVE = "Live picture front-door"
SETTLE_S = 2.0
LOOKS = 6
"""So often the memory is looked at in the long look, after the first time."""
MB = 1 << 20
HEAD = ("what", "figure")
Row = tuple[str, str]
BUSY = "**The machine did other things meanwhile: times and load are of no worth, sizes are.**"


LOADS = 7
FIRST_BYTE = """() => {
  const [told] = performance.getEntriesByType("navigation");
  return told.responseStart - told.requestStart;
}"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """One page as the browser had it: bytes over the line, its first contentful paint, and the time
    from its request to the answer's first byte, the median of LOADS."""

    first_byte_ms: float
    paint_ms: float
    requests: int
    transferred: int


def main() -> None:
    options = _arguments()
    with tempfile.TemporaryDirectory(prefix="accessctl-console-") as place:
        hub = HubConfig(folder=Path(place) / "hub", host=LOOPBACK, port=free_port())
        config = Config(hub=hub, console=ConsoleConfig(host=LOOPBACK, port=free_port()))
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_hub, args=(config, theirs))
        process.start()
        try:
            if not ours.poll(START_S):
                sys.exit("The hub does not start; its own words above may say why.")
            rows = _measured(config, ours.recv(), process.pid or 0, options)
        finally:
            process.terminate()
            process.join(START_S)
    print(table(HEAD, rows))
    if options.write:
        RESULTS.write_text(_report(rows, is_busy=options.busy), encoding="utf-8")


def _hub(config: Config, told: Connection) -> None:
    """The process of hub and console; it tells the token of a session once it listens."""
    with open_hub(config.hub, {}) as hub:
        put_site(hub.database, time.time())
        put_people(hub, time.time())
        console = open_console(hub, config, {})
        console.operators.invite(None, COMMAND_LINE, ALL)
        known = console.operators.listed()[0].operator
        with hub.database.writing() as db:
            operator = Operator(known.id, known.name, ALL)
            visitor = Visitor(LOOPBACK, "benchmark")
            token = console.sessions.begin(db, operator, SignInWay.PASSKEY, visitor)
        threading.Thread(target=_show, args=(hub,), daemon=True).start()
        with console_beside(console, console_tls(hub, config)) as served:
            serve(hub, lambda: told.send(token), (served,))


def _show(hub: Hub) -> None:
    """What a door sends: pictures of its usual size, as long as somebody looks."""
    noise = np.random.default_rng(0).normal(128, 12, (360, 640, 3)).clip(0, 255)
    jpeg = cv2.imencode(".jpg", noise.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 70])[1]
    text = base64.b64encode(jpeg.tobytes()).decode("ascii")
    face = LiveFace(x=0.4, y=0.3, w=0.2, h=0.3, state="looking")
    while True:
        time.sleep(PICTURE_S)
        if hub.live.is_watched(FRONT):
            hub.live.show(FRONT, LivePicture(time=time.time(), jpeg=text, faces=(face,)))


def _measured(config: Config, token: str, hub: int, options: argparse.Namespace) -> list[Row]:
    url = f"https://localhost:{config.console.port}"
    rows: list[Row] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        for path in PAGES:
            one = _loaded(browser, url, token, path)
            # Chromium does not tell of a paint that it did not time.
            paint = f"{one.paint_ms:.0f} ms" if one.paint_ms else "not told"
            figures = (
                f"{one.first_byte_ms:.0f} ms; {paint}, {one.requests} requests, "
                f"{one.transferred / 1e3:.1f} kB"
            )
            what = f"{path}: first byte; nothing of it known: first paint, requests, transfer"
            rows.append((what, figures))
            print(f"{path}: {figures}", flush=True)
        quiet = _load(hub, options.seconds)
        rows.append((f"the hub, nobody looks, {options.seconds:.0f} s: one core", f"{quiet:.1f} %"))
        pages = [_watching(browser, url, token) for _ in range(options.viewers)]
        load = _load(hub, options.seconds, pages[-1])
        seen = sum(page.locator(SEEN).count() for page in pages)
        rows.append((f"viewers of a live picture who saw it, of {options.viewers}", str(seen)))
        what = f"the hub meanwhile, {options.seconds:.0f} s: share of one core"
        rows.append((what, f"{load:.1f} %"))
        for page in pages[1:]:
            page.context.close()
        rows += _long_look(hub, pages[0], options.minutes)
        is_seen = bool(pages[0].locator(SEEN).count())
        rows.append(("the picture is there at its end", "yes" if is_seen else "no"))
        browser.close()
    return rows


def _watching(browser: Browser, url: str, token: str) -> Page:
    """A page with the doors, of which one is looked through."""
    page = _page(browser, url, token)
    page.goto("/doors")
    page.get_by_role("button", name=LIVE).click()
    return page


def _load(hub: int, seconds: float, page: Page | None = None) -> float:
    """Percent of a core that the hub takes; `page` lets the browser work meanwhile."""
    pause = time.sleep if page is None else lambda took: page.wait_for_timeout(1000 * took)
    pause(SETTLE_S)
    before, began = usage_of(hub), time.monotonic()
    pause(seconds)
    return 100 * (usage_of(hub).cpu_s - before.cpu_s) / (time.monotonic() - began)


def _long_look(hub: int, page: Page, minutes: float) -> list[Row]:
    """The memory of page and hub, at the beginning and at the end of a long look."""
    devtools = page.context.new_cdp_session(page)
    found: list[tuple[float, float]] = []
    for part in range(1 + LOOKS):
        if part:
            page.wait_for_timeout(60_000 * minutes / LOOKS)
        devtools.send("HeapProfiler.collectGarbage")
        heap = devtools.send("Runtime.getHeapUsage")["usedSize"]
        found.append((heap / MB, usage_of(hub).resident / MB))
        page_now, hub_now = found[-1]
        after = f"after {part * minutes / LOOKS:g} min"
        print(f"{after}: page {page_now:.1f} MB, hub {hub_now:.1f} MB", flush=True)
    pages = ", ".join(f"{heap:.1f}" for heap, _ in found)
    hubs = ", ".join(f"{resident:.0f}" for _, resident in found)
    return [
        (f"the page's memory in {minutes:g} min of a live picture", f"{pages} MB"),
        ("the hub's memory in that time", f"{hubs} MB"),
    ]


def _page(browser: Browser, url: str, token: str) -> Page:
    context = browser.new_context(base_url=url, ignore_https_errors=True, locale="en-GB")
    context.add_cookies(
        [{"name": COOKIE, "value": token, "url": url, "secure": True, "sameSite": "Strict"}]
    )
    return context.new_page()


def _loaded(browser: Browser, url: str, token: str, path: str) -> Loaded:
    page = _page(browser, url, token if path != "/sign-in" else "0" * 64)
    devtools = page.context.new_cdp_session(page)
    sizes: list[float] = []
    devtools.send("Network.enable")
    devtools.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    page.goto(path, wait_until="load")
    paint = page.evaluate(
        "new Promise(done => new PerformanceObserver(list => done(list.getEntriesByName("
        "'first-contentful-paint')[0]?.startTime ?? 0)).observe({type: 'paint', buffered: true}))"
    )
    found = Loaded(0.0, float(paint), len(sizes), int(sum(sizes)))
    waited = []
    for _ in range(LOADS):
        page.reload(wait_until="load")
        waited.append(float(page.evaluate(FIRST_BYTE)))
    page.context.close()
    return replace(found, first_byte_ms=statistics.median(waited))


def _report(rows: Sequence[Row], *, is_busy: bool) -> str:
    command = " ".join(["python -m benchmarks.console", *sys.argv[1:]])
    date = datetime.datetime.now(tz=datetime.UTC).date()
    lines = [
        "# What the console takes",
        "",
        f"`{command}`, {date}, {processor_name()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}; all on one machine, embedded database, no cache.",
        "",
        *([BUSY, ""] if is_busy else []),
        f"| {HEAD[0]} | {HEAD[1]} |",
        "|---|---|",
        *(f"| {what} | {figure} |" for what, figure in rows),
        "",
        "The pictures are noise of 640 x 360 at a quality of 70: larger than most of a door.",
        "",
    ]
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    add = parser.add_argument
    add("--viewers", type=int, default=10)
    add("--seconds", type=float, default=30, help="in which all of them look")
    add("--minutes", type=float, default=60, help="in which one of them looks on")
    add("--busy", action="store_true", help="the machine does other things, too")
    add("--write", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
