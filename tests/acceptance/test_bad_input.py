"""Every class of bad input, through a real server, on both databases: refused with a code of ours, in time, never a
fault or a trace of the program, and every row of every table as it was."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from resolvers.errors import ErrorCode
from tests.acceptance.bad_inputs import BODIES, CREATE, DOCUMENTS, HEADERS, MAKE, MESSAGES, VALUES, WIRE, calls
from tests.support.furnished import House, serving_house

_SECONDS = 5.0  # of the client: whoever answers later has failed
_CODES = {code.value for code in ErrorCode} - {ErrorCode.INTERNAL, ErrorCode.UNAVAILABLE, ErrorCode.TIMEOUT}
_TYPE = {"content-type": "application/json"}


async def test_bad_input_of_every_class(database_url: str) -> None:
    """Hundreds of cases for one server, which is well after each of them."""
    async with serving_house(database_url, _SECONDS) as house:
        for refuse in (_requests, _documents, _values, _messages):
            before = await house.state()
            await refuse(house)
            assert await house.state() == before, refuse.__name__


def _check(name: str, status: int, body: bytes) -> None:
    """A refusal: its errors, or the userErrors of every field, have codes of ours."""
    assert 200 <= status < 500, f"{name}: {status}"
    answer = json.loads(body)
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    assert codes <= _CODES, f"{name}: {answer}"
    if not codes:
        for payload in answer["data"].values():
            assert isinstance(payload, dict), f"{name} was taken: {body[:500]!r}"
            refused = {error["code"] for error in payload.get("userErrors", [])}
            assert refused, f"{name} was taken: {body[:500]!r}"
            assert refused <= _CODES, f"{name}: {answer}"


async def _post(house: House, name: str, **body: Any) -> None:
    answer = await house.client.post("/graphql", content=json.dumps(body), headers=_TYPE)
    _check(name, answer.status_code, answer.content)


async def _requests(house: House) -> None:
    """Bodies, headers and whole requests that HTTP, JSON or we do not allow."""
    good = json.dumps({"query": f"mutation {{ {MAKE} }}"})
    for name, body in BODIES.items():
        answer = await house.client.post("/graphql", content=body, headers=_TYPE)
        _check(name, answer.status_code, answer.content)
    for name, headers in HEADERS.items():
        sent = {key.encode(): value.encode("latin-1") for key, value in headers.items()}
        answer = await house.client.post("/graphql", content=good, headers=sent)
        _check(name, answer.status_code, answer.content)
    for name, request in WIRE.items():
        async with asyncio.timeout(_SECONDS):
            status, body = await _wire(house, request)
        _check(name, status, body)


async def _wire(house: House, request: bytes) -> tuple[int, bytes]:
    """Status and body of the answer to these bytes, read to its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.server.port)
    try:
        writer.write(request)
        status = int((await reader.readline()).split()[1])
        length = 0
        while (line := (await reader.readline()).strip()) != b"":
            key, _, value = line.partition(b":")
            length = int(value) if key.lower() == b"content-length" else length
        return status, await reader.readexactly(length)
    finally:
        writer.close()


async def _documents(house: House) -> None:
    """Documents out of form, beyond a limit, and made to be dear."""
    for name, document in DOCUMENTS.items():
        await _post(house, name, query=document)


async def _values(house: House) -> None:
    """Values at and beyond the edge, and acts that must not be carried out."""
    for name, value in VALUES.items():
        await _post(house, name, query=CREATE, variables={"input": {"name": "Mallory", **value}})
    for name, act, given in calls(house.ids):
        kind = f"{act[0].upper()}{act[1:]}Input"
        query = f"mutation ($input: {kind}!) {{ {act}(input: $input) {{ userErrors {{ code }} }} }}"
        await _post(house, f"{act}: {name}", query=query, variables={"input": given})


async def _messages(house: House) -> None:
    """Over WebSocket: closed with a code, or answered with an error, and the server serves on."""
    for name, message in MESSAGES.items():
        async with _socket(house) as socket, asyncio.timeout(_SECONDS):
            await socket.send(message)
            with pytest.raises(ConnectionClosed):
                await _all(socket)
            assert socket.close_code in (1007, 1009, 4400, 4429), f"{name}: {socket.close_code}"
    async with _socket(house) as socket:
        for name, document in DOCUMENTS.items():
            if not name.startswith("a subscription"):
                async with asyncio.timeout(_SECONDS):
                    _check_messages(name, await _operation(socket, document))


async def _operation(socket: ClientConnection, document: str) -> list[dict[str, Any]]:
    """The messages of one operation, to its end."""
    await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": document}}))
    found = [json.loads(await socket.recv())]
    while found[-1]["type"] not in ("error", "complete"):
        found.append(json.loads(await socket.recv()))
    return found


def _check_messages(name: str, messages: Iterable[dict[str, Any]]) -> None:
    for message in messages:
        if message["type"] == "error":
            _check(name, 200, json.dumps({"errors": message["payload"]}).encode())
        elif message["type"] == "next":
            _check(name, 200, json.dumps(message["payload"]).encode())


@asynccontextmanager
async def _socket(house: House) -> AsyncIterator[ClientConnection]:
    url = f"{house.server.url.replace('http', 'ws', 1)}/graphql"
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as socket:
        payload = {"Authorization": f"Bearer {house.server.token}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        yield socket


async def _all(socket: ClientConnection) -> None:
    while True:
        await socket.recv()
