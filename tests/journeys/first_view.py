"""What a first view of a page costs and shows: bytes, hosts, layout shift, largest paint, breaches of the policy.

`python -m tests.journeys.first_view` looks at every page on a machine that does nothing else, and prints the worst.
"""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

MOST_BYTES = 200_000
MOST_SHIFT = 0.05
SLOWEST_PAINT_MS = 1_000 if os.environ.get("PSL_QUIET") else 8_000
"""One second when nothing else runs (`python -m tests.journeys.first_view`); beside other tests, only a page that
waits for something is told."""
VIEWS = 2
"""A paint that is late is looked at again: what counts is the page, not what else the machine was doing."""

WATCH = """
window.__seen = { shift: 0, paint: 0, breaches: [] };
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.__seen.shift += one.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) window.__seen.paint = one.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
document.addEventListener("securitypolicyviolation", (event) => {
  window.__seen.breaches.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


@dataclass
class FirstView:
    """One page opened with an empty cache."""

    path: str
    loaded: dict[str, int] = field(default_factory=dict)
    shift: float = 0.0
    paint_ms: float = 0.0
    hosts: set[str] = field(default_factory=set)
    breaches: list[str] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        """What came over the wire, headers included."""
        return sum(self.loaded.values())

    def problems(self) -> list[str]:
        """In words; empty when the page keeps all limits."""
        found = [f"{self.path}: breach of the policy: {one}" for one in self.breaches]
        if self.bytes > MOST_BYTES:
            found.append(f"{self.path}: {self.bytes} bytes at first view: {self.loaded}")
        if self.shift > MOST_SHIFT:
            found.append(f"{self.path}: layout shift of {self.shift:.3f}")
        if self.paint_ms > SLOWEST_PAINT_MS:
            found.append(f"{self.path}: largest paint after {self.paint_ms:.0f} ms")
        if len(self.hosts) > 1:
            found.append(f"{self.path}: hosts {self.hosts}")
        return found


def seen_on(page: Page) -> FirstView:
    """What the page on the screen has shown since it was opened: its shifts, largest paint and breaches; no bytes."""
    seen = page.evaluate("document.fonts.ready.then(() => window.__seen)")
    return FirstView(urlsplit(page.url).path, shift=seen["shift"], paint_ms=seen["paint"], breaches=seen["breaches"])


class Watcher:
    """Measures each page that `page` opens; the cache is off, so that each view is a first one."""

    def __init__(self, page: Page):
        self._page = page
        self._network = page.context.new_cdp_session(page)
        self._network.send("Network.enable")
        self._network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self._network.on("Network.loadingFinished", self._arrived)
        self._network.on("Network.requestWillBeSent", self._asked)
        self._view = FirstView("")
        self._urls: dict[str, str] = {}

    def _arrived(self, event: dict[str, Any]) -> None:
        if url := self._urls.pop(event["requestId"], None):
            self._view.loaded[url] = int(event["encodedDataLength"])

    def _asked(self, event: dict[str, Any]) -> None:
        url = urlsplit(event["request"]["url"])
        if url.scheme.startswith("http"):
            self._view.hosts.add(url.netloc)
            self._urls[event["requestId"]] = event["request"]["url"]

    def open(self, url: str) -> FirstView:
        """Open it; again, up to `VIEWS` times, while the largest paint is late."""
        for _ in range(VIEWS):
            self._view, self._urls = FirstView(urlsplit(url).path), {}
            self._page.goto(url)
            self._page.wait_for_load_state("networkidle" if self._page.url.endswith("/terminal/") else "load")
            seen = seen_on(self._page)
            self._view.shift, self._view.paint_ms, self._view.breaches = seen.shift, seen.paint_ms, seen.breaches
            if self._view.paint_ms <= SLOWEST_PAINT_MS:
                break
        seen_now, self._view, self._urls = self._view, FirstView(""), {}  # what is asked for later is no first view
        VIEWED.append(seen_now)
        return seen_now


VIEWED: list[FirstView] = []


def told() -> str:
    """The worst of all views so far, in one line."""
    heaviest = max(VIEWED, key=lambda view: view.bytes)
    shifted = max(VIEWED, key=lambda view: view.shift)
    latest = max(VIEWED, key=lambda view: view.paint_ms)
    return (
        f"{len(VIEWED)} first views: at most {heaviest.bytes} bytes ({heaviest.path}), layout shift "
        f"{shifted.shift:.3f} ({shifted.path}), largest paint {latest.paint_ms:.0f} ms ({latest.path})"
    )


if __name__ == "__main__":
    os.environ["PSL_QUIET"] = "1"
    here = str(Path(__file__).with_name("test_every_page.py"))
    sys.exit(pytest.main(["-q", "-s", here]))
