"""The form of a graphql-transport-ws message: as installed, a wrong one ends in an unhandled exception."""

from collections.abc import Callable

MAX_ID = 64


def problem_in(message: object) -> str | None:
    """What is wrong with the form of a message; short enough for the reason of a close."""
    if not isinstance(message, dict):
        return "A message is a JSON object"
    parts = _PARTS.get(kind) if isinstance(kind := message.get("type"), str) else None
    if parts is None:
        return "Unknown message type"
    for name, is_right, sentence in parts:
        if not is_right(message.get(name)):
            return sentence
    return _problem_in_operation(message["payload"]) if kind == "subscribe" else None


def _problem_in_operation(payload: dict[str, object]) -> str | None:
    if not isinstance(payload.get("query"), str):
        return "The payload's query is a string"
    if not isinstance(payload.get("operationName"), str | None):
        return "The payload's operationName is a string or null"
    for name in ("variables", "extensions"):
        if not isinstance(payload.get(name), dict | None):
            return f"The payload's {name} is an object or null"
    return None


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= MAX_ID


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_object_or_nothing(value: object) -> bool:
    return isinstance(value, dict | None)


_Part = tuple[str, Callable[[object], bool], str]
_ID: _Part = ("id", _is_id, f"The id is a string of 1 to {MAX_ID} characters")
_PAYLOAD: _Part = ("payload", _is_object_or_nothing, "The payload is an object")
_PARTS: dict[str, tuple[_Part, ...]] = {
    "connection_init": (_PAYLOAD,),
    "ping": (_PAYLOAD,),
    "pong": (_PAYLOAD,),
    "complete": (_ID,),
    "subscribe": (_ID, ("payload", _is_object, "The payload is an object")),
}
