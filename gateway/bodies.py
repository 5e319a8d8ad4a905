"""The bodies of GraphQL over HTTP: what a request holds, and how an answer is written."""

import json
from collections.abc import Callable, Mapping

import orjson
from cross_web import AsyncHTTPRequestAdapter
from strawberry.http import GraphQLRequestData, GraphQLRequestProtocol
from strawberry.http.parse_content_type import parse_content_type

from gateway.refusals import Refusal
from resolvers.errors import ErrorCode


async def request_data_in(
    request: AsyncHTTPRequestAdapter, decode: Callable[[str | bytes], object], protocol: GraphQLRequestProtocol
) -> GraphQLRequestData:
    """The four parameters of a request, each of its type; raises Refusal with 400 or 415."""
    if request.method == "GET":
        found: object = _from_url(request.query_params, decode)
    else:
        _check_content_type(request.content_type or "")
        found = decode(await request.get_body())
    if not isinstance(found, dict):
        raise _bad("The body must be one JSON object with the key 'query'. Send one operation in one request.")
    _check_persisted(found)
    return GraphQLRequestData(
        query=_text(found, "query", needed=True),
        variables=_object(found, "variables"),
        operation_name=_text(found, "operationName"),
        extensions=_object(found, "extensions"),
        protocol=protocol,
    )


def _check_persisted(found: dict[str, object]) -> None:
    """Clients with "automatic persisted queries" send a hash alone at first; at this word, and at no other, they send
    the document itself from then on."""
    extensions = found.get("extensions")
    if found.get("query") is None and isinstance(extensions, dict) and "persistedQuery" in extensions:
        raise _bad("PersistedQueryNotSupported")


def encode(answer: object) -> bytes:
    """JSON that never holds NaN: orjson writes null for it.

    What orjson does not take (whole numbers beyond 64 bits, lone surrogates) the slower encoder writes, and
    refuses NaN itself.
    """
    try:
        return orjson.dumps(answer)
    except TypeError:
        return json.dumps(answer, separators=(",", ":"), allow_nan=False).encode()


def _from_url(
    parameters: Mapping[str, str | list[str] | None], decode: Callable[[str | bytes], object]
) -> dict[str, object]:
    found: dict[str, object] = dict(parameters)
    for name in ("variables", "extensions"):
        value = found.get(name)
        if isinstance(value, str) and value:
            found[name] = decode(value)
    return {name: None if value == "" and name != "query" else value for name, value in found.items()}


def _check_content_type(content_type: str) -> None:
    media_type, parameters = parse_content_type(content_type)
    charset = parameters.get("charset", "utf-8").lower()
    if media_type.lower() != "application/json" or charset not in ("utf-8", "utf8"):
        text = "Only 'Content-Type: application/json' in UTF-8 is accepted. Send the request as a JSON object."
        raise Refusal(415, ErrorCode.BAD_USER_INPUT, text, {"Accept": "application/json"})


def _text(found: dict[str, object], name: str, *, needed: bool = False) -> str | None:
    value = found.get(name)
    if isinstance(value, str) or (value is None and not needed):
        return value
    wanted = "a string" if needed else "a string or null"
    raise _bad(f"'{name}' must be {wanted}, not {_kind(value)}. Correct it and send the request again.")


def _object(found: dict[str, object], name: str) -> dict[str, object] | None:
    value = found.get(name)
    if isinstance(value, dict | None):
        return value
    raise _bad(f"'{name}' must be an object or null, not {_kind(value)}. Correct it and send the request again.")


def _kind(value: object) -> str:
    kinds = {type(None): "left out or null", bool: "a boolean", str: "a string", list: "a list", dict: "an object"}
    return kinds.get(type(value), "a number")


def _bad(message: str) -> Refusal:
    return Refusal(400, ErrorCode.BAD_USER_INPUT, message)
