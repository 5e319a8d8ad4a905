"""Operations made of the schema, valid and with a mistake, sent to a real server: each is answered in its form, with a
code of ours when something is wrong, never a fault; and what was refused has changed nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from resolvers.errors import ErrorCode
from tests.acceptance.generated import Operation, operations
from tests.support.furnished import House, serving_house

_SDL = Path(__file__).parents[2] / "schema" / "schema.graphql"
_MADE = operations(_SDL.read_text())
_SECONDS = 5.0  # of the client: whoever answers later has failed
_CODES = {code.value for code in ErrorCode} - {ErrorCode.INTERNAL, ErrorCode.UNAVAILABLE, ErrorCode.TIMEOUT}
_SHARED = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """One for all examples: what earlier ones have written, later ones meet."""
    async with serving_house(database_url, _SECONDS) as serving:
        yield serving


@settings(_SHARED, max_examples=15, derandomize=True)
@given(operation=_MADE)
async def test_generated_operations_are_answered(house: House, operation: Operation) -> None:
    """Briefly, the same ones each time."""
    await _check(house, operation)


@pytest.mark.nightly
@pytest.mark.timeout(1_800)
@settings(_SHARED, max_examples=1_500)
@given(operation=_MADE)
async def test_many_generated_operations_are_answered(house: House, operation: Operation) -> None:
    """For long, others each time."""
    await _check(house, operation)


async def _check(house: House, operation: Operation) -> None:
    document = operation.filled(house.ids)
    before = await house.state() if operation.writes else None
    answer = await house.client.post("/graphql", json={"query": document})
    assert answer.status_code < 500, answer.text
    body: dict[str, Any] = answer.json()
    errors = body.get("errors", [])
    assert {error["extensions"]["code"] for error in errors} <= _CODES, body
    data = body.get("data") or {}
    assert data or errors, body
    if not operation.valid:
        assert errors or _refused(data), body
    if before is not None and _refused(data):
        assert await house.state() == before, body


def _refused(data: dict[str, Any]) -> bool:
    """Whether every field of a mutation was refused, or nothing ran."""
    payloads = [payload for payload in data.values() if payload is not None]
    for payload in payloads:
        codes = {error["code"] for error in payload.get("userErrors", [])}
        assert codes <= _CODES, payload
    return all(payload.get("userErrors") for payload in payloads)
