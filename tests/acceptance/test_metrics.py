"""/metrics: what is counted, that its series are bounded, and that the dashboard asks for what a real server shows."""

import json
import math
import re
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families as families

from db.engine import Database
from db.metrics import NAMES_KEPT
from gateway.app import create_app
from tests.contract.test_bulk import people
from tests.support.api import Api, settings_for
from tests.support.deliveries import deliver
from tests.support.jobs import start, work
from tests.support.server import Server, running_server

DOCS = Path(__file__).parents[2] / "docs"
MERGE = """mutation Merge($a: ID!, $b: ID!) { mergeContacts(input: {primaryContactId: $a, sourceContactIds: [$b]}) {
    merge { id } userErrors { code } } }"""
UNDO = "mutation Undo($id: ID!) { undoMerge(input: {mergeId: $id}) { userErrors { code } } }"
MAKE = "mutation Make { createContact(input: {}) { contact { id } } }"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


async def scraped(client: httpx.AsyncClient) -> Samples:
    """(name, labels) -> value."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families(answer.text)
        for sample in family.samples
    }


async def _ask(client: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    body = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
    return next(iter(body["data"].values())) if body.get("data") else body["errors"]


async def _used(server: Server) -> Samples:
    """What it shows after two merges, of which one was refused, an undo, and a document that cannot be parsed."""
    async with server.client() as client:
        a, b = [(await _ask(client, MAKE))["contact"]["id"] for _ in range(2)]
        merge = (await _ask(client, MERGE, a=a, b=b))["merge"]["id"]
        assert (await _ask(client, MERGE, a=a, b=a))["userErrors"]
        assert (await _ask(client, UNDO, id=merge))["userErrors"] == []
        await _ask(client, "{ nonsense")
        for number in range(NAMES_KEPT + 50):
            await _ask(client, f"query Name{number} {{ __typename }}")
        return await scraped(client)


async def test_a_server_counts_what_it_does(database_url: str) -> None:
    """Merges and undos by outcome, requests by name with a bound; and every metric of the dashboard and the docs."""
    async with running_server(database_url) as server:
        found = await _used(server)
    assert found["onefold_merges_total", (("kind", "contacts"), ("outcome", "done"))] == 1
    assert found["onefold_merges_total", (("kind", "contacts"), ("outcome", "refused"))] == 1
    assert found["onefold_merge_seconds_count", (("kind", "contacts"),)] == 2
    assert found["onefold_undos_total", (("outcome", "done"),)] == 1
    assert found["onefold_operations_total", (("operation", "Make"), ("outcome", "done"))] == 2
    assert found["onefold_operations_total", (("operation", "invalid"), ("outcome", "errors"))] == 1
    assert found["onefold_operations_total", (("operation", "other"), ("outcome", "done"))] == 50 + 3
    names = {dict(labels)["operation"] for name, labels in found if name == "onefold_operations_total"}
    assert len(names) == NAMES_KEPT + 2
    assert found["onefold_database_up", ()] == 1
    assert [found[name, ()] for name in ("onefold_outbox_lag_seconds", "onefold_job_age_seconds")] == [0, 0]
    assert found["onefold_pool_wait_seconds_count", (("what", "read"),)] > 0
    shown = {name for name, _ in found} | LABELLED
    assert asked_by_dashboard() - shown == set()
    documented = set(re.findall(r"^\| `(onefold_\w+)`", (DOCS / "metrics.md").read_text(), re.M))
    ours = {re.sub("_(bucket|count|sum)$", "", name) for name in shown if name.startswith("onefold_")}
    assert documented == ours


# Shown from the first delivery and the first job on, as the last test here sees.
LABELLED = {"onefold_deliveries_total", "onefold_job_items_total"}


def asked_by_dashboard() -> set[str]:
    """The metrics in the expressions of docs/grafana.json."""
    board = json.loads((DOCS / "grafana.json").read_text())
    expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert len(expressions) >= 15
    return {name for one in expressions for name in re.findall(r"\b(?:onefold|process)_\w+", one)}


async def test_a_scrape_is_answered_without_a_database(tmp_path: Path) -> None:
    """It says so, and what it cannot know is not a number."""
    url = f"sqlite+aiosqlite:///{tmp_path}/gone/onefold.db"
    db = Database(url)
    transport = httpx.ASGITransport(app=create_app(settings_for(url), database=db))
    async with httpx.AsyncClient(transport=transport, base_url="http://onefold.test") as client:
        found = await scraped(client)
    await db.close()
    assert found["onefold_database_up", ()] == 0
    assert math.isnan(found["onefold_outbox_lag_seconds", ()])


async def test_metrics_can_be_switched_off(database_url: str, db: Database) -> None:
    """Then there is no such page."""
    transport = httpx.ASGITransport(app=create_app(settings_for(database_url, metrics=False), database=db))
    async with httpx.AsyncClient(transport=transport, base_url="http://onefold.test") as client:
        assert (await client.get("/metrics")).status_code == 404


async def test_what_lags_is_seen(api: Api) -> None:
    """An event that nobody has taken up, a delivery that waits, a job that nobody works on: each by its age."""
    await api.done("createWebhook", "webhook { id }", url="https://hooks.invalid/", topics=["contact.created"])
    await api.contact()
    api.clock.advance(seconds=90)
    found = await scraped(api.http)
    assert found["onefold_outbox_lag_seconds", ()] == 90
    assert found["onefold_deliveries_waiting", ()] == 0
    counted = found.get(("onefold_deliveries_total", (("outcome", "failed"),)), 0)
    await deliver(api)
    await start(api, "mergeContactsInBulk", groups=[people(await api.contact(), await api.contact())])
    api.clock.advance(seconds=30)
    found = await scraped(api.http)
    assert found["onefold_deliveries_total", (("outcome", "failed"),)] == counted + 1
    assert found["onefold_deliveries_waiting", ()] == 1
    assert found["onefold_delivery_lag_seconds", ()] == 30
    assert found["onefold_outbox_lag_seconds", ()] == 30
    assert found["onefold_job_age_seconds", ()] == 30
    done = ("onefold_job_items_total", (("kind", "MERGE_CONTACTS"), ("outcome", "done")))
    before = found.get(done, 0)
    await work(api)
    found = await scraped(api.http)
    assert found[done] == before + 1
    assert found["onefold_job_age_seconds", ()] == 0
