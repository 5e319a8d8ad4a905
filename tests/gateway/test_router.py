"""GraphQL over HTTP: what is taken, what is refused, and how both are answered."""

import json
import math

import httpx
import pytest

from gateway.bodies import encode
from gateway.negotiation import GRAPHQL_JSON, JSON, FirstChoiceSSE, negotiate
from gateway.refusals import new_request_id
from gateway.router import EdgeOptions
from gateway.strict_json import RefusedJson, loads_strict
from tests.gateway.toy import KEY, SECRET, STATE, LogTap, Toy, error_of, running, toy_app

ACCEPTS = ["application/json", GRAPHQL_JSON, "*/*", "text/html", "application/json, text/event-stream;q=0.5", ""]
NO_KEY = "An API key is needed. Send it in the header 'Authorization: Bearer <key>'."


def _send(toy: Toy, body: bytes, content_type: str = "application/json") -> httpx.Response:
    return toy.client.post("/graphql", content=body, headers={**KEY, "Content-Type": content_type})


def _nested(levels: int) -> bytes:
    """A body whose deepest list stands on this level; the body itself is the first, its variables the second."""
    lists = levels - 2
    return b'{"query": "{ hello }", "variables": {"v": ' + b"[" * lists + b"]" * lists + b"}}"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "The text is not JSON ("),
        (b'{"query": ', "The text is not JSON ("),
        (b'{"query": "\xff\xfe"}', "The text is not JSON ("),
        (b"[" * 5_000 + b"]" * 5_000, "The text is not JSON ("),
        (b'{"query": "{ hello }", "variables": {"v": NaN}}', "The text is not JSON ("),
        (b'{"query": "{ hello }", "variables": {"v": Infinity}}', "The text is not JSON ("),
        (b'{"query": "{ hello }", "variables": {"v": 1e999}}', "The text is not JSON ("),
        (b'{"query": "{ hello }", "variables": {"v": ' + b"9" * 5_000 + b"}}", "The text is not JSON ("),
        (b'{"query": "{ hello }", "variables": {"v": "\\ud800"}}', "The text is not JSON ("),
        (b'{"query": "{ hello }", "variables": {"\\udfff": 1}}', "The text is not JSON ("),
        (_nested(1_000), "The JSON is nested deeper than 32 levels."),
        (_nested(33), "The JSON is nested deeper than 32 levels."),
        (b'{"query": "{ hello }", "variables": {"v": "a\\u0000"}}', "A text or key holds U+0000,"),
        (b'{"query": "{ hello }", "variables": {"a\\u0000": 1}}', "A text or key holds U+0000,"),
        (b'{"query": "{ hello }", "variables": {"v": 9007199254740993}}', "A whole number is beyond 2^53"),
        (b'{"query": "{ hello }", "variables": {"v": -9007199254740993}}', "A whole number is beyond 2^53"),
        (b'{"query": "{ hello }", "variables": {"v": 18446744073709551616}}', "A whole number is beyond 2^53"),
        (b'{"query": "{ hello }", "variables": {"v": ' + b"9" * 300 + b"}}", "A whole number is beyond 2^53"),
        (b'{"query": "{ hello }", "variables": {"v": 1, "v": 2}}', "An object has the same key twice."),
        (b'{"query": "{ hello }", "query": "{ hello }"}', "An object has the same key twice."),
        (b'{"query": "{ hello }", "variables": {"v": 1, "\\u0076": 2}}', "An object has the same key twice."),
        (b"null", "The body must be one JSON object"),
        (b"5", "The body must be one JSON object"),
        (b'"x"', "The body must be one JSON object"),
        (b"[]", "The body must be one JSON object"),
        (b'[{"query": "{ hello }"}]', "The body must be one JSON object"),
        (b"{}", "'query' must be a string, not left out or null."),
        (b'{"query": null}', "'query' must be a string, not left out or null."),
        (b'{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "a"}}}', "PersistedQueryNotSupported"),
        (b'{"extensions": {"clientLibrary": {}}}', "'query' must be a string, not left out or null."),
        (b'{"query": 5}', "'query' must be a string, not a number."),
        (b'{"query": {}}', "'query' must be a string, not an object."),
        (b'{"query": ""}', "The query is empty."),
        (b'{"query": "{ hello }", "operationName": 1.5}', "'operationName' must be a string or null, not a number."),
        (b'{"query": "{ hello }", "operationName": true}', "'operationName' must be a string or null, not a boolean."),
        (b'{"query": "{ hello }", "variables": []}', "'variables' must be an object or null, not a list."),
        (b'{"query": "{ hello }", "variables": "{}"}', "'variables' must be an object or null, not a string."),
        (b'{"query": "{ hello }", "extensions": 0}', "'extensions' must be an object or null, not a number."),
        (b'{"query": "{ hello }", "operationName": "Other"}', 'Unknown operation named "Other". Name an operation'),
        (b'{"query": "fragment F on Query { hello }"}', "Can't get GraphQL operation type. Name an operation"),
        (b'{"query": "subscription { count(to: 1) }"}', "A subscription needs a stream."),
    ],
)
def test_a_body_out_of_form_is_bad_user_input(toy: Toy, body: bytes, sentence: str) -> None:
    answer = _send(toy, body)
    error = error_of(answer)
    assert (answer.status_code, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
    assert error["message"].startswith(sentence)
    assert answer.headers["content-type"] == JSON


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "{ hello }", "variables": null, "operationName": null, "extensions": null}',
        b'{"query": "{ hello }", "variables": {"v": 9007199254740992, "w": -9007199254740992, "x": 0.5}}',
        b'{"query": "{ hello }", "variables": {"a:b\\"": "c:d", "e": {"a": 1}, "f": {"a": 1}}}',
        _nested(32),
    ],
)
def test_a_body_at_the_limits_is_taken(toy: Toy, body: bytes) -> None:
    assert _send(toy, body).json() == {"data": {"hello": "world"}}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/jsonx",
        "application/json; charset=latin-1",
        "",
        ";",
    ],
)
def test_only_json_in_utf8_is_taken(toy: Toy, content_type: str) -> None:
    """Forms and text/plain are what a page on another site could send without asking."""
    answer = _send(toy, b'{"query": "mutation { touch }"}', content_type)
    assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (415, "BAD_USER_INPUT")
    assert answer.headers["accept"] == "application/json"


def test_a_query_by_get_works_and_a_mutation_is_refused(toy: Toy) -> None:
    parameters = {"query": "query Q($t: String!) { echo(text: $t) }", "variables": '{"t": "ä"}', "operationName": "Q"}
    assert toy.client.get("/graphql", params=parameters, headers=KEY).json() == {"data": {"echo": "ä"}}
    before = STATE.touched
    answer = toy.client.get("/graphql", params={"query": "mutation { touch }"}, headers=KEY)
    assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (405, "BAD_USER_INPUT")
    assert answer.headers["allow"] == "POST"
    assert STATE.touched == before


def test_parameters_of_a_get_are_checked_like_a_body(toy: Toy) -> None:
    for variables, sentence in [("[]", "'variables'"), ("{", "The text is not JSON"), ('{"a":1,"a":2}', "An object")]:
        parameters = {"query": "{ hello }", "variables": variables}
        answer = toy.client.get("/graphql", params=parameters, headers=KEY)
        assert answer.status_code == 400
        assert error_of(answer)["message"].startswith(sentence)
    assert error_of(toy.client.get("/graphql", headers=KEY))["message"].startswith("'query' must be a string")


def test_two_operations_without_a_name_are_not_guessed(toy: Toy) -> None:
    query = "query A { hello } mutation B { touch }"
    before = STATE.touched
    error = error_of(toy.post(query))
    assert error["message"] == "The document holds 2 operations. Say in operationName which one to run."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert toy.post(query, operationName="A").json() == {"data": {"hello": "world"}}
    assert STATE.touched == before
    assert toy.post(query, operationName="B").json() == {"data": {"touch": before + 1}}


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "good"}])
def test_no_key_or_a_wrong_one_is_401_for_every_content_type(toy: Toy, accept: str, headers: dict[str, str]) -> None:
    answer = toy.client.post("/graphql", json={"query": "{ hello }"}, headers={**headers, "Accept": accept})
    assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == (GRAPHQL_JSON if accept == GRAPHQL_JSON else JSON)
    assert "data" not in answer.json()


def test_a_stream_without_a_key_is_401_and_no_stream(toy: Toy) -> None:
    headers = {"Accept": "text/event-stream"}
    answer = toy.client.post("/graphql", json={"query": "subscription { count(to: 1) }"}, headers=headers)
    assert (answer.status_code, error_of(answer)["message"]) == (401, NO_KEY)


@pytest.mark.parametrize(
    "query",
    [
        "{ __typename }",
        '{ __type(name: "Query") { name } }',
        "query Q { ...A } fragment A on Query { __schema { queryType { name } } ... on Query { __typename } }",
    ],
)
def test_introspection_needs_no_key(toy: Toy, query: str) -> None:
    answer = toy.client.post("/graphql", json={"query": query})
    assert (answer.status_code, list(answer.json())) == (200, ["data"])


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("{ __typename hello }", None),
        ("{ __typename ...A } fragment A on Query { ...B } fragment B on Query { x: hello }", None),
        ("{ ... on Query { ... { hello } } }", None),
        ("query A { __typename } query B { hello }", "B"),
        ("{ __typename: hello }", None),
        ("mutation { touch }", None),
        ("{ ...A } fragment A on Query { ...B hello } fragment B on Query { ...A }", None),
    ],
)
def test_anything_beside_introspection_needs_a_key(toy: Toy, query: str, name: str | None) -> None:
    answer = toy.client.post("/graphql", json={"query": query, "operationName": name})
    assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (401, "UNAUTHENTICATED")


def test_a_wrong_key_is_refused_for_introspection_too(toy: Toy) -> None:
    answer = toy.client.post("/graphql", json={"query": "{ __typename }"}, headers={"Authorization": "Bearer no"})
    assert answer.status_code == 401


def test_introspection_can_be_closed(logs: LogTap) -> None:
    with running(toy_app(EdgeOptions(public_introspection=False)), logs) as closed:
        answer = closed.client.post("/graphql", json={"query": "{ __typename }"})
        assert (answer.status_code, error_of(answer)["message"]) == (401, NO_KEY)
        assert closed.post("{ __typename }").json() == {"data": {"__typename": "Query"}}


def test_storage_away_while_the_key_is_read_is_unavailable(toy: Toy) -> None:
    answer = toy.post("{ hello }", {"Authorization": "Bearer away"})
    extensions = error_of(answer)["extensions"]
    assert (answer.status_code, extensions["code"], extensions["retryAfter"]) == (503, "UNAVAILABLE", 1)


def test_no_cache_may_keep_an_answer(toy: Toy) -> None:
    """A query by GET would otherwise be fair game for a browser's cache."""
    parameters = {"query": "{ hello }"}
    for headers in (KEY, {}):
        assert toy.client.get("/graphql", params=parameters, headers=headers).headers["cache-control"] == "no-store"


def test_a_fault_while_the_key_is_read_is_masked(toy: Toy) -> None:
    answer = toy.post("{ hello }", {"Authorization": "Bearer crash"})
    assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (500, "INTERNAL")


@pytest.mark.parametrize(
    ("query", "plain", "strict", "code"),
    [
        ("{", 200, 400, "BAD_USER_INPUT"),
        ("{ nothing }", 200, 400, "BAD_USER_INPUT"),
        ("query ($a: Int!) { hello }", 200, 400, "BAD_USER_INPUT"),
        ("# break on_parse\n{ hello }", 200, 500, "INTERNAL"),
        ("{ fault }", 200, 200, "INTERNAL"),
        ("{ notANumber }", 200, 200, "INTERNAL"),
        ("{ slow }", 200, 200, "TIMEOUT"),
    ],
)
def test_the_status_follows_the_accepted_type(toy: Toy, query: str, plain: int, strict: int, code: str) -> None:
    """Refused before it ran: no `data`, and an error status in graphql-response+json. Begun: 200 and `data`."""
    for accept, status in ((JSON, plain), (GRAPHQL_JSON, strict)):
        answer = toy.post(query, {"Accept": accept})
        assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (status, code)
        assert answer.headers["content-type"] == accept
        assert ("data" in answer.json()) is (strict == 200)


def test_a_timeout_says_that_it_may_have_been_committed(toy: Toy) -> None:
    error = error_of(toy.post("mutation { slow }"))
    assert error["message"] == (
        "The operation was stopped after 0.5 seconds and may have been committed. "
        "Repeat it with the same idempotency key to learn which."
    )


def test_a_browser_is_sent_to_the_page_and_nobody_else(toy: Toy) -> None:
    answer = toy.client.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer.headers["location"]) == (307, "graphiql/")
    assert answer.next_request is not None
    assert answer.next_request.url.path == "/graphiql/"
    assert toy.client.get("/graphql", headers={"Accept": "*/*"}).status_code == 400


def test_without_a_page_a_browser_is_told_to_send_a_query(logs: LogTap) -> None:
    with running(toy_app(EdgeOptions(ide_url=None)), logs) as bare:
        answer = bare.client.get("/graphql", headers={"Accept": "text/html"})
        assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (400, "BAD_USER_INPUT")


def test_urql_gets_json_and_a_stream_is_for_those_who_ask_first(toy: Toy) -> None:
    urql = "application/graphql-response+json, application/graphql+json, application/json, text/event-stream"
    answer = toy.post("{ hello }", {"Accept": urql})
    assert (answer.headers["content-type"], answer.json()) == (GRAPHQL_JSON, {"data": {"hello": "world"}})
    stream = toy.post("subscription { count(to: 2) }", {"Accept": "text/event-stream"})
    assert stream.headers["content-type"] == "text/event-stream"
    assert stream.text == (
        'event: next\r\ndata: {"data":{"count":0}}\r\n\r\n'
        'event: next\r\ndata: {"data":{"count":1}}\r\n\r\n'
        "event: complete\r\ndata: \r\n\r\n"
    )


def test_answers_of_requests_at_once_are_not_mixed(toy: Toy) -> None:
    """As installed the media type goes through one attribute of the router that all requests share."""
    slow = {"Authorization": "Bearer good", "Accept": GRAPHQL_JSON, "Content-Type": "application/json"}
    body = b'{"query": "{ slow }"}'
    head = "".join(f"{name}: {value}\r\n" for name, value in slow.items())
    with toy.connect() as connection:
        connection.sendall(f"POST /graphql HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert toy.post("{ hello }").headers["content-type"] == JSON
        assert GRAPHQL_JSON.encode() in connection.recv(65_536)


def test_the_first_choice_alone_makes_a_stream() -> None:
    transport = FirstChoiceSSE()
    assert transport.accepts("text/event-stream;q=1, application/json")
    assert not transport.accepts("application/json, text/event-stream")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json, application/graphql-response+json", GRAPHQL_JSON),
        ("Application/GraphQL-Response+JSON; charset=utf-8; q=0.5", GRAPHQL_JSON),
        ("application/graphql-response+json;q=0, application/json", JSON),
    ],
)
def test_negotiation(accept: str | None, media_type: str) -> None:
    assert negotiate(accept) == media_type


def test_no_answer_can_hold_nan() -> None:
    assert encode({"a": math.nan, "b": [math.inf]}) == b'{"a":null,"b":[null]}'
    assert encode({"a": 2**70, "b": "\ud800"}) == b'{"a":1180591620717411303424,"b":"\\ud800"}'
    with pytest.raises(ValueError, match="Out of range float"):
        encode({"a": 2**70, "b": math.nan})


def test_strict_json_keeps_what_it_takes() -> None:
    value = {"a": [1, -1.5, "ä", True, None, {"b": {}}], "c": 2**53}
    assert loads_strict(json.dumps(value)) == value
    assert loads_strict(b'"a"') == "a"
    with pytest.raises(RefusedJson):
        loads_strict('{"a": {"b": 1}, "a": {}}')


def test_request_ids_are_new_each_time() -> None:
    assert new_request_id() != new_request_id()


def test_the_secret_is_planted() -> None:
    """The other tests look for it in answers and logs; it must be worth finding."""
    assert len(SECRET) > 10
