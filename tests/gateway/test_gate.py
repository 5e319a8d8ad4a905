"""What the gate refuses, and what leaves it: every row of guard.md 2 against real sockets."""

import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from gateway.answers import CONTENT_SECURITY_POLICY
from gateway.server import BoundedHttp
from tests.gateway.toy import KEY, SECRET, STATE, LogTap, Toy, check_error, error_of, read_answer, running, toy_app

MEGABYTE = 1_000_000
HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n"
HELLO = b'{"query": "{ hello }"}'


def _send_without_end(connection: socket.socket) -> None:
    for _ in range(10_000):
        connection.sendall(b"a" * 65_536)


def _refused(answer: tuple[int, dict[str, str], bytes], status: int) -> str:
    """The sentence of a refusal; checks status, code, request id, type and that the connection ends."""
    found, headers, body = answer
    error = check_error(body, headers["x-request-id"])
    assert (found, error["extensions"]["code"]) == (status, "BAD_USER_INPUT")
    assert headers["content-type"] == "application/json"
    assert headers["connection"] == "close"
    return str(error["message"])


def test_a_body_of_the_limit_is_taken_and_one_byte_more_is_not(toy: Toy) -> None:
    padded = HELLO.ljust(MEGABYTE)
    headers = {**KEY, "Content-Type": "application/json"}
    assert toy.client.post("/graphql", content=padded, headers=headers).json() == {"data": {"hello": "world"}}
    answer = toy.client.post("/graphql", content=padded + b" ", headers=headers)
    assert answer.status_code == 413
    assert error_of(answer)["message"] == (
        "A body may have at most 1000000 bytes; 1000001 were announced. Send less in one request."
    )


def test_forty_megabytes_announced_are_refused_in_full(toy: Toy) -> None:
    answer = toy.client.post("/graphql", content=b" " * 40 * MEGABYTE, headers=KEY)
    assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (413, "BAD_USER_INPUT")


def test_forty_megabytes_in_chunks_are_counted_as_they_come(toy: Toy) -> None:
    def chunks() -> Iterator[bytes]:
        yield from (b" " * 65_536 for _ in range(40 * MEGABYTE // 65_536))

    answer = toy.client.post("/graphql", content=chunks(), headers=KEY)
    assert answer.status_code == 413
    assert error_of(answer)["message"] == (
        "A body may have at most 1000000 bytes; more than 1000000 bytes came. Send less in one request."
    )


def test_a_body_announced_too_large_is_not_asked_for(toy: Toy) -> None:
    answer = toy.raw(HEAD + b"Expect: 100-continue\r\nContent-Length: 40000000\r\n\r\n")
    assert _refused(answer, 413).startswith("A body may have at most 1000000 bytes; 40000000 were announced.")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "gzip, identity"])
def test_a_compressed_body_is_not_read(toy: Toy, encoding: str) -> None:
    answer = toy.client.post("/graphql", content=HELLO, headers={**KEY, "Content-Encoding": encoding})
    assert answer.status_code == 415
    assert error_of(answer)["message"] == "A compressed body is not accepted. Send it without Content-Encoding."


def test_identity_is_no_compression(toy: Toy) -> None:
    assert toy.post("{ hello }", {"Content-Encoding": "identity"}).status_code == 200


def test_five_thousand_headers_are_too_many(toy: Toy) -> None:
    headers = b"".join(b"X-%d: some value\r\n" % number for number in range(5_000))
    answer = toy.raw(b"GET /graphql HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n")
    size = len("host") + 1 + sum(len(f"x-{number}some value") for number in range(5_000))
    assert _refused(answer, 431) == (
        f"The headers have {size} bytes; at most 16384 are accepted. Send fewer or shorter ones."
    )


def test_one_header_of_seventy_kilobytes_is_too_long(toy: Toy) -> None:
    answer = toy.raw(b"GET /graphql HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n")
    assert _refused(answer, 431).startswith("The headers have 70001 bytes;")


def test_a_head_without_end_is_cut_off(toy: Toy) -> None:
    with toy.connect() as connection:
        connection.sendall(b"GET /graphql HTTP/1.1\r\nX: ")
        with pytest.raises(OSError):  # the server closes while more is on its way
            _send_without_end(connection)


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "PROPFIND"])
def test_other_methods_are_refused(toy: Toy, method: str) -> None:
    answer = toy.raw(f"{method} /graphql HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert _refused(answer, 405) == f"The method {method} is not supported. Use POST, or GET for a query."
    assert answer[1]["allow"] == "GET, HEAD, OPTIONS, POST"


def test_methods_that_only_the_app_refuses_are_json_too(toy: Toy) -> None:
    answer = toy.client.options("/graphql")
    assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (405, "BAD_USER_INPUT")
    assert toy.client.head("/graphql").status_code == 405
    missing = toy.client.get("/graphql/nothing")
    assert (missing.status_code, error_of(missing)["extensions"]["code"]) == (404, "NOT_FOUND")


def test_a_slow_body_ends_with_408(toy: Toy) -> None:
    """The clock of the toy runs half a second."""
    answer = toy.raw(HEAD + b"Content-Length: 22\r\n\r\n" + HELLO[:5])
    assert _refused(answer, 408) == "The body did not arrive within 0.5 seconds. Send it again, faster."


def test_a_hundred_half_requests_do_not_keep_others_out(toy: Toy) -> None:
    waiting = [toy.connect() for _ in range(100)]
    try:
        for connection in waiting:
            connection.sendall(HEAD + b"Content-Length: 22\r\n\r\n" + HELLO[:5])
        assert toy.post("{ hello }").json() == {"data": {"hello": "world"}}
        assert {read_answer(connection)[0] for connection in waiting} == {408}
    finally:
        for connection in waiting:
            connection.close()


def test_a_head_that_does_not_end_in_time_is_closed(logs: LogTap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedHttp, "head_seconds", 0.2)
    with running(toy_app(), logs) as slow:
        answer = slow.raw(b"GET /graphql HTTP/1.1\r\nX-Half: ")
        assert _refused(answer, 408) == "The headers did not arrive within 0.2 seconds. Send them faster."
        with slow.connect() as unused:
            assert unused.recv(1) == b""
        with slow.connect() as blank:
            blank.sendall(b"\r\n\r\n")
            assert read_answer(blank)[0] == 408


def test_a_hang_up_in_mid_body_is_one_line_without_traceback(toy: Toy) -> None:
    since = toy.mark()
    with toy.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 22\r\n\r\n" + HELLO[:5])
    logged = toy.logs.wait_for("client hung up", since)
    lines = [json.loads(line) for line in logged.splitlines()]
    assert [line["event"] for line in lines] == ["client hung up"]
    assert (lines[0]["level"], "exception" in lines[0]) == ("info", False)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST /graphql HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        b"POST /graphql HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"POST /graphql HTTP/1.1\r\n folded: header\r\n\r\n",
        b"GET /graphql HTTP/1.1\nHost: x\n\n",
        b"nonsense\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ],
)
def test_smuggling_and_nonsense_are_refused_in_json(toy: Toy, request_bytes: bytes) -> None:
    message = "This is not a valid HTTP/1.1 request. Check its first line, headers and chunks."
    assert _refused(toy.raw(request_bytes), 400) == message


def test_a_good_request_id_comes_back_and_a_bad_one_is_replaced(toy: Toy) -> None:
    good = "a-Z09" + "x" * 59
    answer = toy.post("{ requestId }", {"X-Request-Id": good})
    assert answer.headers["x-request-id"] == good
    assert answer.json() == {"data": {"requestId": good}}
    for bad in ("", "x" * 65, "a b", "a_b", "a;b", '"'):
        replaced = toy.post("{ requestId }", {"X-Request-Id": bad}).headers["x-request-id"]
        assert len(replaced) == 32
        assert replaced.isalnum()


def test_two_request_ids_are_none(toy: Toy) -> None:
    sent = b"X-Request-Id: one\r\nX-Request-Id: two\r\n"
    _, headers, _ = toy.raw(HEAD + sent + b"Content-Length: 22\r\n\r\n" + HELLO)
    assert len(headers["x-request-id"]) == 32


def test_every_answer_has_the_security_headers(toy: Toy) -> None:
    answers = [
        toy.post("{ hello }"),
        toy.client.post("/graphql", content=b"", headers={"Content-Encoding": "gzip"}),
        toy.client.get("/crash"),
        toy.client.get("/nothing-here"),
        toy.client.get("/graphql", headers={"Accept": "text/html"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 415, 500, 404, 307]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["x-request-id"]
        assert "server" not in answer.headers


def test_an_exception_of_the_app_is_masked_and_logged_once(toy: Toy) -> None:
    since = toy.mark()
    answer = toy.client.get("/crash")
    assert (answer.status_code, error_of(answer)["extensions"]["code"]) == (500, "INTERNAL")
    assert error_of(answer)["message"] == (
        "Something went wrong on our side. Try again; if it stays, report the requestId."
    )
    logged = toy.logs.wait_for('"status":500', since)
    faults = [json.loads(line) for line in logged.splitlines() if '"exception"' in line]
    assert len(faults) == 1
    assert faults[0]["request_id"] == answer.headers["x-request-id"]
    assert faults[0]["exception"][0]["class"] == "builtins.RuntimeError"


def test_no_variable_key_or_query_reaches_the_log(toy: Toy) -> None:
    """The end of the module checks for the planted secret as well; here it is sent in every place."""
    since = toy.mark()
    query = "query ($t: String!) { echo(text: $t) }"
    toy.post(query, {"X-Secret": SECRET}, variables={"t": SECRET})
    toy.client.get("/graphql", params={"query": "{ echo }", "variables": json.dumps({"t": SECRET})}, headers=KEY)
    toy.client.get("/graphql", headers={"Authorization": f"Bearer {SECRET}"}, params={"query": "{hello}"})
    assert SECRET not in toy.logs.wait_for('"status":401', since)


def test_a_newline_cannot_forge_a_line_of_the_log(toy: Toy) -> None:
    since = toy.mark()
    toy.client.get('/x%0A{"event":"forged"}')
    lines = [json.loads(line) for line in toy.logs.wait_for('"status":404', since).splitlines()]
    assert "forged" not in [line["event"] for line in lines]


def test_a_client_that_leaves_after_its_body_is_seen_by_a_stream(toy: Toy) -> None:
    """After the replay `receive` must still tell of the hang-up: the subscription then ends."""
    STATE.left.clear()
    headers = {**KEY, "Accept": "text/event-stream"}
    body = {"query": "subscription { never }"}
    with toy.client.stream("POST", "/graphql", json=body, headers=headers) as answer:
        assert answer.status_code == 200
        assert next(answer.iter_lines()) == "event: next"
    assert STATE.left.wait(timeout=10)


def test_a_kept_connection_serves_many_requests(toy: Toy) -> None:
    with socket.create_connection(("127.0.0.1", toy.port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(HEAD + b"Content-Length: 22\r\n\r\n" + HELLO)
            status, headers, body = read_answer(connection)
            assert (status, json.loads(body)) == (200, {"data": {"hello": "world"}})
            assert "connection" not in headers


def test_httpx_reads_the_refusal_of_a_large_upload(toy: Toy) -> None:
    """The gate reads on for a moment: closing on unread bytes would reset the connection."""
    for _ in range(5):
        with httpx.Client(base_url=f"http://127.0.0.1:{toy.port}", trust_env=False) as client:
            assert client.post("/graphql", content=b"x" * 8 * MEGABYTE, headers=KEY).status_code == 413
