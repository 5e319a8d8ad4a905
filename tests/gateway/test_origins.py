"""Pages of other origins: none may read an answer, unless they are named."""

import httpx

from gateway.app import create_app
from tests.support.api import Api, settings_for

GOOD, BAD = "https://app.example.com", "https://evil.example"
ASKED = {"access-control-request-method": "POST", "access-control-request-headers": "authorization, content-type"}


def _client(api: Api, *origins: str) -> httpx.AsyncClient:
    settings = settings_for(api.db.url.render_as_string(hide_password=False), allowed_origins=list(origins))
    app = create_app(settings, database=api.db, clock=api.clock)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://onefold.test")


async def _allowed(client: httpx.AsyncClient, method: str, origin: str, **headers: str) -> str | None:
    body = {"query": "{ __typename }"} if method == "POST" else None
    answer = await client.request(method, "/graphql", json=body, headers={"origin": origin, **headers})
    allowed: str | None = answer.headers.get("access-control-allow-origin")
    return allowed


async def test_no_page_is_allowed_unless_it_is_named(api: Api) -> None:
    """Neither before a request nor with its answer."""
    async with _client(api) as closed:
        for origin in (GOOD, BAD):
            assert await _allowed(closed, "OPTIONS", origin, **ASKED) is None
            assert await _allowed(closed, "POST", origin) is None


async def test_named_pages_may_ask(api: Api) -> None:
    """With a key in the header, but without cookies; others still may not. Refusals can be read too."""
    async with _client(api, GOOD) as opened:
        assert await _allowed(opened, "OPTIONS", GOOD, **ASKED) == GOOD
        assert await _allowed(opened, "POST", GOOD) == GOOD
        assert await _allowed(opened, "POST", BAD) is None
        assert await _allowed(opened, "OPTIONS", BAD, **ASKED) is None
        headers = {"origin": GOOD, "authorization": "Bearer wrong"}
        refused = await opened.post("/graphql", json={"query": "{ viewer { name } }"}, headers=headers)
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, GOOD)
        assert "x-request-id" in refused.headers["access-control-expose-headers"].lower()
        assert "access-control-allow-credentials" not in refused.headers
