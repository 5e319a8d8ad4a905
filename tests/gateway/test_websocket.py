"""GraphQL over WebSocket: each message out of form closes with its code, and logs no exception."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from gateway.router import EdgeOptions
from gateway.websocket import SocketLimits
from tests.gateway.toy import REVOKED, SECRET, STATE, LogTap, Toy, check_error, running, toy_app

PROTOCOL = Subprotocol("graphql-transport-ws")
FAULT = "Something went wrong on our side. Try again; if it stays, report the requestId."


@contextmanager
def _socket(toy: Toy, origin: str | None = None, **options: Any) -> Iterator[ClientConnection]:
    options.setdefault("subprotocols", [PROTOCOL])
    sent = Origin(origin) if origin else None
    url = f"ws://127.0.0.1:{toy.port}/graphql"
    with connect(url, origin=sent, proxy=None, open_timeout=10, close_timeout=10, **options) as socket:
        yield socket


@contextmanager
def _ready(toy: Toy, key: str = "Bearer good") -> Iterator[ClientConnection]:
    with _socket(toy) as socket:
        _send(socket, type="connection_init", payload={"Authorization": key})
        assert _receive(socket) == {"type": "connection_ack"}
        yield socket


def _send(socket: ClientConnection, **message: object) -> None:
    socket.send(json.dumps(message))


def _subscribe(socket: ClientConnection, query: str, operation: str = "1", **payload: object) -> None:
    _send(socket, id=operation, type="subscribe", payload={"query": query, **payload})


def _receive(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=10))
    return message


def _receive_for_ever(socket: ClientConnection) -> None:
    while True:
        socket.recv(timeout=10)


def _closed_with(socket: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed):
        _receive_for_ever(socket)
    return socket.close_code or 0, socket.close_reason or ""


def _request_id(socket: ClientConnection) -> str:
    assert socket.response is not None
    return socket.response.headers["x-request-id"]


def test_a_query_and_a_mutation_work(toy: Toy) -> None:
    with _ready(toy) as socket:
        _subscribe(socket, "query ($t: String!) { echo(text: $t) }", variables={"t": "ä"})
        assert _receive(socket) == {"id": "1", "type": "next", "payload": {"data": {"echo": "ä"}}}
        assert _receive(socket) == {"id": "1", "type": "complete"}
        before = STATE.touched
        _subscribe(socket, "mutation { touch }")
        assert _receive(socket)["payload"] == {"data": {"touch": before + 1}}


def test_a_subscription_gives_its_results_and_completes(toy: Toy) -> None:
    with _ready(toy) as socket:
        _subscribe(socket, "subscription { count(to: 2) }")
        messages = [_receive(socket) for _ in range(3)]
        assert [m.get("payload") for m in messages] == [{"data": {"count": 0}}, {"data": {"count": 1}}, None]


def test_complete_and_a_hang_up_end_the_generator(toy: Toy) -> None:
    with _ready(toy) as socket:
        STATE.left.clear()
        _subscribe(socket, "subscription { never }")
        assert _receive(socket)["payload"] == {"data": {"never": 0}}
        _send(socket, id="1", type="complete")
        assert STATE.left.wait(timeout=10)
        STATE.left.clear()
        _subscribe(socket, "subscription { never }")
        assert _receive(socket)["payload"] == {"data": {"never": 0}}
    assert STATE.left.wait(timeout=10)


def test_ping_is_answered_before_the_key(toy: Toy) -> None:
    with _socket(toy) as socket:
        _send(socket, type="ping", payload={"a": 1})
        assert _receive(socket) == {"type": "pong"}


def test_the_request_id_stands_in_handshake_resolver_and_errors(toy: Toy) -> None:
    with _socket(toy, additional_headers={"X-Request-Id": "from-me"}) as socket:
        assert _request_id(socket) == "from-me"
        _send(socket, type="connection_init", payload={"Authorization": "Bearer good"})
        _receive(socket)
        _subscribe(socket, "{ requestId }")
        assert _receive(socket)["payload"] == {"data": {"requestId": "from-me"}}
        _receive(socket)
        _subscribe(socket, "{ nothing }")
        error = _receive(socket)["payload"][0]
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "requestId": "from-me"}


def test_each_operation_has_a_context_of_its_own(toy: Toy) -> None:
    """What a loader cached for one operation must not answer the next."""
    with _ready(toy) as socket:
        for operation in ("1", "2"):
            _subscribe(socket, "{ a: uses b: uses }", operation)
            assert _receive(socket)["payload"] == {"data": {"a": 1, "b": 2}}
            assert _receive(socket)["type"] == "complete"


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        ("{ fault }", FAULT, "INTERNAL"),
        ("subscription { broken }", FAULT, "INTERNAL"),
        ("{ coded }", "This key lacks the scope 'merge'.", "FORBIDDEN"),
        ("{ slow }", "The operation was stopped after 0.5 seconds and may have been committed.", "TIMEOUT"),
        ("{", "Syntax Error: Expected Name, found <EOF>.", "BAD_USER_INPUT"),
        ("", "The query is empty. Send a GraphQL document in the key 'query'.", "BAD_USER_INPUT"),
        ("query A { hello } query B { hello }", "The document holds 2 operations.", "BAD_USER_INPUT"),
        ('{ echo(text: "\\u0000") }', "A text literal holds U+0000", "BAD_USER_INPUT"),
        ("# break on_operation\n{ hello }", FAULT, "INTERNAL"),
        ("# break on_parse\n{ hello }", FAULT, "INTERNAL"),
        ("# break on_validate\nsubscription { never }", FAULT, "INTERNAL"),
        ("# break on_execute\nmutation { touch }", FAULT, "INTERNAL"),
    ],
)
def test_errors_are_masked_as_over_http_and_the_socket_lives_on(toy: Toy, query: str, message: str, code: str) -> None:
    with _ready(toy) as socket:
        _subscribe(socket, query)
        answer = _receive(socket)
        if answer.get("payload") == {"data": {"broken": 1}}:
            answer = _receive(socket)
        errors = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
        error = check_error(json.dumps({"errors": errors}), _request_id(socket))
        assert error["message"].startswith(message)
        assert error["extensions"]["code"] == code
        _subscribe(socket, "{ hello }", "next")
        while (answer := _receive(socket))["id"] != "next":
            pass
        assert answer["payload"] == {"data": {"hello": "world"}}


def test_an_unknown_operation_name_is_the_callers(toy: Toy) -> None:
    with _ready(toy) as socket:
        _subscribe(socket, "query A { hello }", operationName="B")
        answer = _receive(socket)
        assert (answer["type"], answer["payload"][0]["extensions"]["code"]) == ("error", "BAD_USER_INPUT")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5", "A message is a JSON object"),
        ("null", "A message is a JSON object"),
        ("[]", "A message is a JSON object"),
        ('"x"', "A message is a JSON object"),
        ("{", "WebSocket message must be valid JSON"),
        ("", "WebSocket message must be valid JSON"),
        ("[" * 1_000 + "]" * 1_000, "WebSocket message must be valid JSON"),
        ('{"type": "ping", "payload": {"a": "\\ud800"}}', "WebSocket message must be valid JSON"),
        ('{"type": "ping", "payload": {"a": NaN}}', "WebSocket message must be valid JSON"),
        ('{"type": "ping", "payload": {"a\\u0000": 1}}', "WebSocket message must be valid JSON"),
        ('{"type": "ping", "payload": {"a": ' + "9" * 5_000 + "}}", "WebSocket message must be valid JSON"),
        ("{}", "Unknown message type"),
        ('{"type": null}', "Unknown message type"),
        ('{"type": ["subscribe"]}', "Unknown message type"),
        ('{"type": "start", "id": "1", "payload": {"query": "{ hello }"}}', "Unknown message type"),
        ('{"type": "ping", "payload": 5}', "The payload is an object"),
        ('{"type": "connection_init", "payload": "x"}', "The payload is an object"),
        ('{"type": "subscribe", "payload": {"query": "{ hello }"}}', "The id is a string of 1 to 64 characters"),
        ('{"type": "subscribe", "id": [1], "payload": {"query": ""}}', "The id is a string of 1 to 64 characters"),
        ('{"type": "subscribe", "id": "", "payload": {"query": ""}}', "The id is a string of 1 to 64 characters"),
        ('{"type": "complete", "id": "' + "x" * 65 + '"}', "The id is a string of 1 to 64 characters"),
        ('{"type": "complete"}', "The id is a string of 1 to 64 characters"),
        ('{"type": "subscribe", "id": "1"}', "The payload is an object"),
        ('{"type": "subscribe", "id": "1", "payload": "x"}', "The payload is an object"),
        ('{"type": "subscribe", "id": "1", "payload": {}}', "The payload's query is a string"),
        ('{"type": "subscribe", "id": "1", "payload": {"query": 1}}', "The payload's query is a string"),
        (
            '{"type": "subscribe", "id": "1", "payload": {"query": "", "variables": []}}',
            "The payload's variables is an object or null",
        ),
        (
            '{"type": "subscribe", "id": "1", "payload": {"query": "", "operationName": 1}}',
            "The payload's operationName is a string or null",
        ),
    ],
)
def test_a_message_out_of_form_closes_with_4400(toy: Toy, text: str, reason: str) -> None:
    since = toy.mark()
    with _ready(toy) as socket:
        socket.send(text)
        assert _closed_with(socket) == (4400, reason)
    assert "exception" not in toy.logs.getvalue()[since:]


def test_a_binary_message_closes_with_4400(toy: Toy) -> None:
    with _ready(toy) as socket:
        socket.send(b'{"type": "ping"}')
        assert _closed_with(socket)[0] == 4400


def test_bad_utf8_closes_with_1007(toy: Toy) -> None:
    with _ready(toy) as socket:
        socket.send(b"\xff\xfe", text=True)
        assert _closed_with(socket)[0] == 1007


def test_a_message_of_more_than_256_kib_closes_with_1009(toy: Toy) -> None:
    with _ready(toy) as socket:
        _subscribe(socket, "query ($t: String!) { echo(text: $t) }", variables={"t": "x" * 262_144})
        assert _closed_with(socket)[0] == 1009


@pytest.mark.parametrize(
    "payload",
    [{}, None, {"Authorization": "Bearer wrong"}, {"Authorization": None}, {"Authorization": ["Bearer good"]}],
)
def test_a_missing_or_wrong_key_closes_with_4403(toy: Toy, payload: object) -> None:
    message = {"type": "connection_init"} | ({} if payload is None else {"payload": payload})
    with _socket(toy) as socket:
        _send(socket, **message)
        assert _closed_with(socket) == (4403, "Forbidden")


def test_the_header_of_the_handshake_is_no_key(toy: Toy) -> None:
    with _socket(toy, additional_headers={"Authorization": "Bearer good"}) as socket:
        _send(socket, type="connection_init")
        assert _closed_with(socket)[0] == 4403


def test_a_fault_while_the_key_is_read_closes_with_4500(toy: Toy) -> None:
    since = toy.mark()
    with _socket(toy) as socket:
        _send(socket, type="connection_init", payload={"Authorization": "Bearer crash"})
        assert _closed_with(socket) == (4500, "Something went wrong on our side")
    assert SECRET not in toy.logs.getvalue()[since:]


def test_an_operation_before_the_key_closes_with_4401(toy: Toy) -> None:
    with _socket(toy) as socket:
        _subscribe(socket, "{ __typename }")
        assert _closed_with(socket)[0] == 4401


def test_a_second_init_closes_with_4429(toy: Toy) -> None:
    with _ready(toy) as socket:
        _send(socket, type="connection_init", payload={"Authorization": "Bearer good"})
        assert _closed_with(socket)[0] == 4429


def test_an_id_in_use_closes_with_4409_without_echo(toy: Toy) -> None:
    long_id = "ü" * 64  # 128 bytes: more than the reason of a close can hold
    with _ready(toy) as socket:
        for _ in range(2):
            _subscribe(socket, "subscription { never }", long_id)
        assert _closed_with(socket) == (4409, "The id of a running operation was used again")


def test_more_operations_than_allowed_are_refused_one_by_one(toy: Toy) -> None:
    with _ready(toy) as socket:
        for number in range(4):
            _subscribe(socket, "subscription { never }", str(number))
        refused = [m for m in (_receive(socket) for _ in range(4)) if m["type"] == "error"]
        assert [message["id"] for message in refused] == ["3"]
        error = check_error(json.dumps({"errors": refused[0]["payload"]}), _request_id(socket))
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert error["message"] == "This connection already runs 3 operations. Complete one first."


def test_more_sockets_than_allowed_for_a_key_are_refused(logs: LogTap) -> None:
    options = EdgeOptions(sockets=SocketLimits(sockets_per_key=1))
    with running(toy_app(options), logs) as small:
        for _ in range(2):  # the place of a socket that has ended is free again
            with _ready(small), _socket(small) as second:
                _send(second, type="connection_init", payload={"Authorization": "Bearer good"})
                assert _closed_with(second)[0] == 4403


@pytest.mark.parametrize("offered", [["graphql-ws"], None, ["soap"]])
def test_only_graphql_transport_ws_is_spoken(toy: Toy, offered: list[str] | None) -> None:
    """The old protocol has had a way around authentication."""
    subprotocols = [Subprotocol(name) for name in offered] if offered else None
    with _socket(toy, subprotocols=subprotocols) as socket:
        assert _closed_with(socket) == (4406, "Subprotocol not acceptable")


def test_a_page_of_another_origin_is_refused(logs: LogTap, toy: Toy) -> None:
    with pytest.raises(InvalidStatus) as refused, _socket(toy, "https://evil.example"):
        raise AssertionError("the handshake must fail")
    assert refused.value.response.status_code == 403
    with _socket(toy, f"http://127.0.0.1:{toy.port}") as own:
        assert own.subprotocol == PROTOCOL
    options = EdgeOptions(allowed_origins=("https://good.example",))
    with running(toy_app(options), logs) as listed, _socket(listed, "https://good.example") as allowed:
        assert allowed.subprotocol == PROTOCOL


def test_a_client_that_never_sends_init_is_closed_with_4408(logs: LogTap) -> None:
    options = EdgeOptions(sockets=SocketLimits(init_seconds=0.1))
    with running(toy_app(options), logs) as hasty, _socket(hasty) as socket:
        assert _closed_with(socket) == (4408, "Connection initialisation timeout")


def test_a_revoked_key_ends_its_sockets(logs: LogTap) -> None:
    options = EdgeOptions(sockets=SocketLimits(recheck_seconds=0.1))
    with running(toy_app(options), logs) as watchful, _ready(watchful, "Bearer again") as socket:
        STATE.left.clear()
        _subscribe(socket, "subscription { never }")
        assert _receive(socket)["payload"] == {"data": {"never": 0}}
        REVOKED.add("Bearer again")
        try:
            assert _closed_with(socket) == (4403, "Forbidden")
        finally:
            REVOKED.clear()
        assert STATE.left.wait(timeout=10)


def test_nothing_is_compressed(toy: Toy) -> None:
    with _socket(toy, compression="deflate") as socket:
        assert socket.response is not None
        assert "sec-websocket-extensions" not in socket.response.headers
