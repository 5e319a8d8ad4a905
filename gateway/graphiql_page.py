"""GraphiQL, served from our own files: no request of the page leaves this origin.

Mount it under `/graphiql`, beside `/graphql`, which the page asks. `gateway/graphiql/` builds the files.
"""

import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static" / "graphiql"

# Monaco sets inline styles, and fonts are data: URLs. Nothing else is let in, and nobody may frame the page.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_LOCAL_HOST = re.compile(r"(localhost|127\.0\.0\.1)(:\d{1,5})?", re.IGNORECASE)
_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(frozen=True)
class GraphiqlSession:
    """What a page opened on the server's own machine starts with: the demo key and ids for the example tabs.

    The Merge tab merges `source_id` into `primary_id`. `merged_id` is an id that is merged away already;
    without it the tab that follows an old id takes `source_id`, and says to run the merge first. `merge_id` is the
    newest merge that the Undo tab can take back.
    """

    token: str | None
    primary_id: str
    source_id: str
    merged_id: str | None = None
    merge_id: str | None = None


LoadSession = Callable[[], Awaitable[GraphiqlSession | None]]


def graphiql_page(load_session: LoadSession) -> Router:
    """The page, its files and `session.json`, to be mounted under a path of its own.

    `load_session` is awaited only for requests from this machine (`is_from_this_machine`); it gives None
    where there is no demo organisation.
    """

    async def session(request: Request) -> Response:
        found = await load_session() if is_from_this_machine(request) else None
        if found is None:
            return _session_answer({"error": "No demo session here: bring your own key."}, status_code=404)
        examples = {
            "primaryId": found.primary_id,
            "sourceId": found.source_id,
            "mergedId": found.merged_id,
            "mergeId": found.merge_id,
        }
        return _session_answer({"token": found.token, "examples": examples})

    return Router([Route("/session.json", session), Mount("/", _PageFiles(directory=STATIC, html=True))])


def is_from_this_machine(request: Request) -> bool:
    """Whether a person at this machine asks, in a page of ours.

    The address alone does not tell: a reverse proxy connects from loopback for the whole world, and a
    rebound DNS name leads a foreign page here (the Host header gives it away). Pages of other origins,
    another port of this machine among them, are told by Sec-Fetch-Site, which every current browser sends.
    """
    headers = request.headers
    hosts = headers.getlist("host")
    return (
        request.client is not None
        and _is_loopback(request.client.host)
        and len(hosts) == 1
        and _LOCAL_HOST.fullmatch(hosts[0]) is not None
        and headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        and not any(name in headers for name in _PROXY_HEADERS)
    )


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:  # a Unix socket or a test client's name: not known to be a person here
        return False


def _session_answer(content: dict[str, object], status_code: int = 200) -> JSONResponse:
    # CORP: with a CORS layer above us gone wrong, no other origin may read the key all the same.
    headers = {**_HEADERS, "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}
    return JSONResponse(content, status_code, headers=headers)


class _PageFiles(StaticFiles):
    """Files that say how long they keep: names under `assets/` hold a hash of the content, others do not."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        hashed = Path(full_path).parent.name == "assets"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        response.headers.update(_HEADERS)
        return response
