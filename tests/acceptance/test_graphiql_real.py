"""GraphiQL on the real server with the demo: what somebody sees who has just typed `make run`."""

import json
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from tests.acceptance.demo_server import Demo
from tests.browser.conftest import Watched, chromium, watched
from tests.browser.test_graphiql import answer, tabs

__all__ = ["chromium", "watched"]
pytestmark = pytest.mark.browser
_STATUS = "query ($id: ID!) { resolveContact(id: $id) { status contact { id } } }"


async def test_the_merge_tab_merges(watched: Watched, demo: Demo) -> None:
    """One click in the Merge tab merges two people of the demo; the old id leads on, over the API too; and one in the
    Undo tab takes it back."""
    session = await ask_session(demo)
    page = watched.page
    await page.goto(f"{demo.url}/")
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("Contacts", timeout=30_000)
    await tabs(page).filter(has_text="Merge").click()
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("mergeContacts")
    await page.get_by_role("button", name="Execute query").click()
    await expect(answer(page)).to_contain_text("mergeContacts", timeout=30_000)  # the rest may lie below the fold
    await expect(answer(page)).to_contain_text(session["examples"]["primaryId"])
    await tabs(page).filter(has_text="OldId").click()
    await page.get_by_role("button", name="Execute query").click()
    await expect(answer(page)).to_contain_text("MERGED", timeout=30_000)
    assert watched.strangers(demo.url) == []
    assert watched.complaints == []

    found = await ask(demo, _STATUS, id=session["examples"]["sourceId"])
    assert found["resolveContact"] == {"status": "MERGED", "contact": {"id": session["examples"]["primaryId"]}}
    fresh = await ask_session(demo)
    assert fresh["examples"] != session["examples"], "the next visitor gets the next pair"

    await page.goto(f"{demo.url}/graphiql/")  # the Undo tab has the newest merge now
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("Contacts", timeout=30_000)
    await tabs(page).filter(has_text="Undo").click()
    await page.get_by_role("button", name="Execute query").click()
    await expect(answer(page)).to_contain_text(session["examples"]["sourceId"], timeout=30_000)
    found = await ask(demo, _STATUS, id=session["examples"]["sourceId"])
    assert found["resolveContact"]["status"] == "ACTIVE"


async def test_the_tabs_work_after_a_reset(watched: Watched, demo: Demo) -> None:
    """`onefold demo --reset` while the server runs and the page is open: reloaded, its tabs name the new people."""
    page = watched.page
    await page.goto(f"{demo.url}/")
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("Contacts", timeout=30_000)
    old = await ask_session(demo)
    demo.server.onefold("demo", "--reset", "--yes")
    session = await ask_session(demo)
    assert session["token"] == old["token"]
    assert not set(session["examples"].values()) & set(old["examples"].values())
    await page.reload()
    await tabs(page).filter(has_text="Merge").click()
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("mergeContacts", timeout=30_000)
    await page.get_by_role("button", name="Execute query").click()
    await expect(answer(page)).to_contain_text(session["examples"]["primaryId"], timeout=30_000)
    found = await ask(demo, _STATUS, id=session["examples"]["sourceId"])
    assert found["resolveContact"]["status"] == "MERGED"


async def ask_session(demo: Demo) -> dict[str, Any]:
    """What the page is given."""
    async with httpx.AsyncClient(base_url=demo.url, trust_env=False, timeout=30) as http:
        found: dict[str, Any] = json.loads((await http.get("/graphiql/session.json")).text)
        return found


async def ask(demo: Demo, query: str, **variables: Any) -> dict[str, Any]:
    """`data` of an answer."""
    async with httpx.AsyncClient(base_url=demo.url, headers=demo.headers, trust_env=False, timeout=30) as http:
        answered = await http.post("/graphql", json={"query": query, "variables": variables})
        data: dict[str, Any] = answered.json()["data"]
        return data
