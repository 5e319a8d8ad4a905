"""What a line of the log holds, and what it never holds."""

import asyncio
import io
import json
import logging
from typing import Any

import pytest
import structlog

from gateway.logs import configure_logging
from tests.gateway.toy import SECRET, LogTap


def _last(logs: LogTap) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(logs.getvalue().splitlines()[-1])
    return line


def _fault() -> Exception:
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise RuntimeError(SECRET) from error
    except RuntimeError as error:
        return error
    raise AssertionError


def test_a_newline_stays_inside_its_line(logs: LogTap) -> None:
    structlog.get_logger().info("event\nforged", value='a\n{"event": "forged"}\u2028')
    assert _last(logs)["event"] == "event\nforged"
    assert _last(logs)["level"] == "info"


def test_an_exception_is_classes_and_frames_without_its_message(logs: LogTap) -> None:
    structlog.get_logger().error("fault", exc_info=_fault())
    causes = _last(logs)["exception"]
    assert [cause["class"] for cause in causes] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert causes[0]["frames"][-1].endswith(" _fault")
    assert SECRET not in logs.getvalue()


def test_standard_loggers_write_the_same_lines(logs: LogTap) -> None:
    error = _fault()
    logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=error)
    assert (_last(logs)["event"], _last(logs)["logger"]) == ("Exception in ASGI application", "uvicorn.error")
    assert _last(logs)["exception"][0]["class"] == "builtins.RuntimeError"
    logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "1.2.3.4:5", f"/graphql?key={SECRET}")
    assert _last(logs)["event"] == '1.2.3.4:5 - "WebSocket /graphql?..." [accepted]'


async def test_a_lost_task_is_one_line_without_its_exception(logs: LogTap) -> None:
    loop = asyncio.get_running_loop()
    error = _fault()
    future: asyncio.Future[None] = loop.create_future()
    future.cancel()
    loop.default_exception_handler({"message": f"Task\nfuture: {SECRET}", "exception": error, "future": future})
    assert _last(logs)["event"] == "Task"
    assert _last(logs)["logger"] == "asyncio"


def test_a_value_that_is_no_json_is_written_as_text(logs: LogTap) -> None:
    structlog.get_logger().info("odd", value={1, 2}, big=2**70)
    assert (_last(logs)["value"], _last(logs)["big"]) == ("{1, 2}", 2**70)


def test_below_the_level_nothing_is_written_and_a_person_can_read_it(
    logs: LogTap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", logging.getLogger().handlers)
    shown = io.StringIO()
    try:
        configure_logging("WARNING", json=False, stream=shown)
        structlog.get_logger().info("quiet")
        structlog.get_logger().warning("loud", error=1)
    finally:
        configure_logging("INFO", json=True, stream=logs)
    assert "quiet" not in shown.getvalue()
    assert "loud" in shown.getvalue()


@pytest.mark.parametrize("logger", [structlog.get_logger(), logging.getLogger("uvicorn.error")])
def test_a_line_and_its_end_are_one_write(logger: Any) -> None:
    """Else a line of another thread could come between them, and neither would be JSON."""
    writes: list[str] = []

    class Stream(io.StringIO):
        def write(self, text: str) -> int:
            writes.append(text)
            return len(text)

    root = logging.getLogger()
    before = root.handlers, root.level
    configure_logging("INFO", stream=Stream())
    try:
        logger.info("one")
    finally:
        structlog.reset_defaults()
        root.handlers, root.level = before
    assert [json.loads(line)["event"] for line in writes] == ["one"]
    assert writes[0].endswith("}\n")
