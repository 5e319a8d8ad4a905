"""The routes of the page by raw HTTP: who gets the demo key, and how long files keep."""

import http.client
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from starlette.requests import Request

from gateway.graphiql_page import (
    CONTENT_SECURITY_POLICY,
    STATIC,
    GraphiqlSession,
    is_from_this_machine,
)
from tests.browser.toy_server import SESSION, TOKEN, Served, served, toy_app


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def get(server: Served, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    async def load() -> GraphiqlSession | None:
        return SESSION

    with served(toy_app(load)) as running:
        yield running


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:9000"])
def test_session_is_given_on_this_machine(server: Served, host: str) -> None:
    answer = get(server, "/graphiql/session.json", {"Host": host, "Sec-Fetch-Site": "same-origin"})
    assert answer.status == 200
    assert json.loads(answer.body) == {
        "token": TOKEN,
        "examples": {"primaryId": "contact_1", "sourceId": "contact_2", "mergedId": None, "mergeId": "merge_1"},
    }
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": "127.0.0.1.evil.example:8000"},
        {"Host": "evil.example@localhost"},
        {"Host": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=203.0.113.9"},
    ],
    ids=lambda headers: " ".join(map(str, headers.items())),
)
def test_session_is_refused_to_others(server: Served, headers: dict[str, str]) -> None:
    answer = get(server, "/graphiql/session.json", headers)
    assert answer.status == 404
    assert list(json.loads(answer.body)) == ["error"]
    assert answer.headers["cache-control"] == "no-store"
    assert TOKEN.encode() not in answer.body


@pytest.mark.parametrize(
    ("client", "local"),
    [
        (("127.0.0.1", 5), True),
        (("::1", 5), True),
        (("127.9.9.9", 5), True),
        (("192.168.1.7", 5), False),
        (("::ffff:192.168.1.7", 5), False),
        (("testclient", 5), False),
        (None, False),
    ],
)
def test_client_must_be_on_loopback(client: tuple[str, int] | None, local: bool) -> None:
    request = Request({"type": "http", "client": client, "headers": [(b"host", b"localhost:8000")]})
    assert is_from_this_machine(request) is local


def test_two_hosts_are_refused() -> None:
    hosts = [(b"host", b"localhost"), (b"host", b"evil.example")]
    assert not is_from_this_machine(Request({"type": "http", "client": ("127.0.0.1", 5), "headers": hosts}))


def test_no_demo_organisation_no_session() -> None:
    async def load() -> GraphiqlSession | None:
        return None

    with served(toy_app(load)) as server:
        assert get(server, "/graphiql/session.json").status == 404


def test_page_carries_its_policy_and_is_asked_for_again(server: Served) -> None:
    answer = get(server, "/graphiql/")
    assert answer.status == 200
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    unchanged = get(server, "/graphiql/", {"If-None-Match": answer.headers["etag"]})
    assert unchanged.status == 304
    assert unchanged.headers["cache-control"] == "no-cache"


def test_hashed_files_keep_for_a_year(server: Served) -> None:
    scripts = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', (STATIC / "index.html").read_text("utf-8"))
    assert len(scripts) >= 2
    for name in scripts:
        answer = get(server, f"/graphiql/{name}")
        assert answer.status == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert get(server, "/graphiql/favicon.svg").headers["cache-control"] == "no-cache"


def test_missing_files_and_ways_out_are_404(server: Served) -> None:
    for path in ("/graphiql/none.js", "/graphiql/../graphiql_page.py", "/graphiql/%2e%2e/%2e%2e/graphiql_page.py"):
        assert get(server, path).status == 404


def test_path_without_slash_leads_to_the_page(server: Served) -> None:
    answer = get(server, "/graphiql")
    assert answer.status == 307
    assert answer.headers["location"].endswith("/graphiql/")
