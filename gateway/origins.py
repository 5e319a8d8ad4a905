"""Which pages of other origins may ask: none, unless `ONEFOLD_ALLOWED_ORIGINS` names them."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

_ASKED_WITH = ("authorization", "content-type", "x-request-id")
_TOLD = ("x-request-id", "retry-after")
_PREFLIGHT_SECONDS = 600


def open_to(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """The application with the headers of CORS for these origins, on refusals too; without any it is as it was, and a
    browser lets no other page read an answer. Never with cookies: a key is sent by the page itself."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=list(origins),
        allow_methods=["GET", "POST"],
        allow_headers=list(_ASKED_WITH),
        expose_headers=list(_TOLD),
        max_age=_PREFLIGHT_SECONDS,
    )
