"""A real browser for tests of what a person sees, and a record of what its pages did."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Page, async_playwright

# The last five keep Chromium from calling its maker, which a closed network answers slowly.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Watched:
    """A page and what it asked for and complained about (console errors hold violations of the policy too)."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def strangers(self, origin: str) -> list[str]:
        """Addresses that were asked for outside `origin`."""
        own = (origin, origin.replace("http", "ws", 1), "data:", "blob:")
        return [url for url in self.requests if not url.startswith(own)]


@pytest.fixture
def chromium() -> str:
    """Path of the browser. Playwright's own download is not used: a packaged one is on every machine of ours."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium: apt-get install chromium (or set up google-chrome) to run the browser tests")
    return found


@pytest.fixture
async def watched(chromium: str) -> AsyncIterator[Watched]:
    """A page in a browser of its own, so that no test sees what another stored."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        page = await context.new_page()
        seen = Watched(page)
        context.on("request", lambda request: seen.requests.append(request.url))
        page.on("websocket", lambda socket: seen.requests.append(socket.url))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("console", lambda said: seen.complaints.append(said.text) if said.type == "error" else None)
        yield seen
        await browser.close()
