"""GraphiQL as a person meets it: in a real browser, over a toy schema on a real port."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.async_api import Locator, Page, expect

from gateway.graphiql_page import GraphiqlSession
from tests.browser.conftest import Watched
from tests.browser.toy_server import SESSION, TOKEN, Served, served, toy_app

pytestmark = pytest.mark.browser
EXAMPLES = ["Contacts", "Find", "Duplicates", "Preview", "Merge", "OldId", "Explain", "Undo"]


class Organisation:
    """What the server would hand out; a test changes it between two visits."""

    def __init__(self, session: GraphiqlSession | None) -> None:
        self.session = session

    async def load(self) -> GraphiqlSession | None:
        return self.session


@pytest.fixture
def organisation() -> Organisation:
    return Organisation(SESSION)


@pytest.fixture
def server(organisation: Organisation) -> Iterator[Served]:
    with served(toy_app(organisation.load)) as running:
        yield running


async def visit(page: Page, server: Served) -> None:
    await page.goto(f"{server.origin}/graphiql/")
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("Contacts", timeout=20_000)


def tabs(page: Page) -> Locator:
    return page.locator("[id^=graphiql-session-tab-]")


def lower_pane(page: Page) -> Locator:
    return page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden) .view-lines")


def answer(page: Page) -> Locator:
    return page.locator(".graphiql-response .view-lines")


async def go_to_tab(page: Page, name: str, pane: str) -> None:
    await tabs(page).filter(has_text=name).click()
    await page.get_by_role("button", name=pane, exact=True).click()


async def type_query(page: Page, text: str) -> None:
    await page.locator(".graphiql-query-editor .view-lines").click()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(text)


async def stored(page: Page) -> str:
    await page.wait_for_timeout(800)  # the page writes 500 ms after the last change
    return str(await page.evaluate("JSON.stringify(localStorage)"))


async def test_page_asks_nobody_else_and_keeps_its_policy(watched: Watched, server: Served) -> None:
    page = watched.page
    await visit(page, server)
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(page.locator(".graphiql-plugin")).to_contain_text("ToyContact")
    await page.get_by_role("button", name="Show History").click()
    await page.get_by_role("button", name="Show GraphiQL Explorer").click()
    await page.get_by_role("button", name="Prettify").click()
    await page.wait_for_timeout(500)
    assert len(watched.requests) > 10
    assert watched.strangers(server.origin) == []
    assert watched.complaints == []


async def test_first_visit_has_the_examples_and_the_demo_key(watched: Watched, server: Served) -> None:
    page = watched.page
    await visit(page, server)
    await expect(tabs(page)).to_have_text(EXAMPLES)
    await expect(lower_pane(page)).to_contain_text(f'{{"Authorization": "Bearer {TOKEN}"}}')
    await go_to_tab(page, "Merge", "Variables")
    await expect(lower_pane(page)).to_contain_text(SESSION.source_id)
    await go_to_tab(page, "OldId", "Headers")
    await expect(lower_pane(page)).to_contain_text(TOKEN)


async def test_first_example_runs_as_it_stands(watched: Watched, server: Served) -> None:
    page = watched.page
    await visit(page, server)
    await page.get_by_role("button", name="Execute query").click()
    await expect(answer(page)).to_contain_text("Ada Lovelace")


async def test_subscription_runs_with_the_key(watched: Watched, server: Served) -> None:
    page = watched.page
    await visit(page, server)
    await type_query(page, "subscription Count { count }")
    await page.get_by_role("button", name="Execute query").click()
    await expect(answer(page)).to_contain_text(f"opened with Bearer {TOKEN}")
    assert watched.complaints == []


async def test_what_was_just_typed_runs_under_its_own_name(watched: Watched, server: Served) -> None:
    page = watched.page
    await visit(page, server)
    await type_query(page, "query Other { __typename }")
    await page.keyboard.press("Control+Enter")
    await expect(answer(page)).to_contain_text('"__typename": "Query"')
    await type_query(page, "subscription Count { count }")
    await page.keyboard.press("Control+Enter")
    await expect(answer(page)).to_contain_text(f"opened with Bearer {TOKEN}")
    assert watched.complaints == []


async def test_typed_key_holds_in_all_tabs_and_is_never_stored(
    watched: Watched, server: Served, organisation: Organisation
) -> None:
    organisation.session = None
    page = watched.page
    await visit(page, server)
    await expect(lower_pane(page)).to_contain_text('{"Authorization": "Bearer "}')
    await lower_pane(page).click()
    for key in ("Control+End", "ArrowLeft", "ArrowLeft"):  # before the quote that closes "Bearer "
        await page.keyboard.press(key)
    await page.keyboard.insert_text(TOKEN)
    await go_to_tab(page, "Explain", "Variables")
    await expect(lower_pane(page)).to_contain_text("contact_PUT_AN_ID_HERE")
    await go_to_tab(page, "Contacts", "Headers")
    await expect(lower_pane(page)).to_contain_text(TOKEN)
    await page.get_by_role("button", name="Execute query").click()
    await expect(answer(page)).to_contain_text("Ada Lovelace")
    await page.get_by_role("button", name="Show History").click()
    await page.locator(".graphiql-history-item-label").first.click()
    await expect(lower_pane(page)).to_contain_text(TOKEN)
    kept = await stored(page)
    assert "Ada" not in kept
    assert "graphiql:queries" in kept
    assert TOKEN not in kept
    assert watched.complaints == ["Failed to load resource: the server responded with a status of 404 (Not Found)"]


async def test_what_another_page_or_an_accident_stored_does_no_harm(watched: Watched, server: Served) -> None:
    page = watched.page
    foreign = {"activeTabIndex": 0, "tabs": [{"id": "1", "title": "Foreign", "query": "{ foreign }"}]}
    junk = {
        "graphiql:tabState": json.dumps(foreign),
        "graphiql:query": "{ foreign }",
        "onefold:graphiql:tabState": '{"activeTabIndex": 0, "tabs": []}',
        "onefold:graphiql:queries": "not JSON",
        "onefold:graphiql:favorites": "[]",
        "onefold:examples": "not JSON",
    }
    store = f"if (!sessionStorage.done) {{ sessionStorage.done = 1; Object.assign(localStorage, {json.dumps(junk)}) }}"
    await page.add_init_script(store)
    await visit(page, server)
    await expect(tabs(page)).to_have_text(EXAMPLES)
    assert watched.complaints == []


async def test_examples_follow_the_demo_data_and_own_tabs_stay(
    watched: Watched, server: Served, organisation: Organisation
) -> None:
    page = watched.page
    await visit(page, server)
    await page.get_by_role("button", name="New tab").click()
    await type_query(page, "query Mine { __typename }")
    await expect(tabs(page)).to_have_text([*EXAMPLES, "Mine"])
    await stored(page)
    organisation.session = replace(SESSION, source_id="contact_3")
    await visit(page, server)
    await expect(tabs(page)).to_have_text([*EXAMPLES, "Mine"])
    await go_to_tab(page, "Merge", "Variables")
    await expect(lower_pane(page)).to_contain_text("contact_3")
    await stored(page)
    await page.reload()
    await expect(tabs(page)).to_have_text([*EXAMPLES, "Mine"])
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("mergeContacts")


async def test_a_tab_clicked_as_soon_as_it_shows_has_its_own_text(watched: Watched, server: Served) -> None:
    """Whoever is quicker than the editors: the tab that is chosen and the text that stands under it belong together."""
    page = watched.page
    await page.goto(f"{server.origin}/graphiql/")
    await tabs(page).filter(has_text="Find").click()
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("query Find", timeout=20_000)
