"""Draws docs/pictures/merge.png: the demo's merge in GraphiQL. Needs Chromium.

make install && .venv/bin/python docs/make_picture.py
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.async_api import async_playwright, expect

PORT = 8977
ONEFOLD = str(Path(sys.executable).parent / "onefold")
PICTURE = Path(__file__).parent / "pictures" / "merge.png"


async def draw() -> None:
    """Runs the Merge tab against a fresh demo and takes the picture."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        page = await browser.new_page(viewport={"width": 1360, "height": 860}, color_scheme="light")
        await page.goto(f"http://127.0.0.1:{PORT}/graphiql/")
        editor = page.locator(".graphiql-query-editor .view-lines")
        await expect(editor).to_contain_text("Contacts", timeout=20_000)
        await page.locator("[id^=graphiql-session-tab-]").filter(has_text="Merge").click()
        await expect(editor).to_contain_text("mergeContacts", timeout=20_000)
        await page.get_by_role("button", name="Execute query").click()
        answer = page.locator(".graphiql-response .view-lines")
        await expect(answer).to_contain_text("merged", timeout=20_000)
        await page.get_by_role("button", name="Variables", exact=True).click()
        await page.wait_for_timeout(1_000)  # colours come a moment after the text
        await page.screenshot(path=str(PICTURE))
        await browser.close()


def main() -> None:
    """A fresh demo in a folder of its own, served for the time of the picture."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([ONEFOLD, "demo"], cwd=folder, check=True, capture_output=True)
        serving = [ONEFOLD, "serve", "--port", str(PORT)]
        server = subprocess.Popen(serving, cwd=folder, env=os.environ, stderr=subprocess.DEVNULL)
        try:
            _wait()
            asyncio.run(draw())
        finally:
            server.terminate()
            server.wait(30)


def _wait() -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz").close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    main()
