"""One JSON object a line, whoever logs: structlog, uvicorn or asyncio.

JSON escapes every newline (U+2028 too), so no value can forge a line. Exceptions are written as classes and
frames, without their messages and without local variables: messages quote what a person sent or a row holds.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterator
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from resolvers.access import Actor
from resolvers.ids import ORGANIZATION, encode_id

_QUERY = re.compile(r"\?[^\s\"]*")
_MAX_CAUSES = 5
_ORGANIZATIONS = 5


def configure_logging(level: str = "INFO", json: bool = True, stream: TextIO | None = None) -> None:
    """Call once at start, before the server; again in a test, with a stream of its own. Default: stderr."""
    target = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        frames_only,
    ]
    render: Processor = (
        structlog.processors.JSONRenderer(separators=(",", ":")) if json else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(target),  # a line and its end at once: other threads write too
        cache_logger_on_first_use=False,  # else a later call of this function would not reach loggers in use
    )
    _route_standard_logging(level, target, shared, render)


def _route_standard_logging(level: str, target: TextIO, shared: list[Processor], render: Processor) -> None:
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, without_payload, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("alembic").setLevel("WARNING")  # readiness asks it at every call
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "strawberry", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.NOTSET)  # the root's level holds, whatever a library has set before


def note_caller(actor: Actor) -> None:
    """Has the lines that follow in this request say whose it is: the organisations that the key sees, five at most."""
    shown = [encode_id(ORGANIZATION, org_id) for org_id in actor.organizations[:_ORGANIZATIONS]]
    structlog.contextvars.bind_contextvars(organization=shown[0] if len(shown) == 1 else shown)


def without_payload(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Cuts URL queries out of uvicorn's lines, and what asyncio prints of a task after its first line."""
    text = str(event.get("event", "")).strip()
    event["event"] = _QUERY.sub("?...", text.split("\n", 1)[0])
    return event


def frames_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replaces `exc_info` by a list: the exception and its causes, each {class, frames}, innermost frame last, and the
    `code` that a database gave."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = [_described(cause) for cause in _chain(error)]
    return event


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen and len(seen) < _MAX_CAUSES:
        seen.append(current)
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _described(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)
    told: dict[str, object] = {
        "class": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    # A driver's own code says what a class does not: SQLite has one class for a full disk and for a busy file.
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    return {**told, "code": code} if isinstance(code, str) else told
