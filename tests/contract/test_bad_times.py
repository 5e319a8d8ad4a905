"""Times and dates at every edge: read back exactly, or refused with the field named."""

from typing import Any

from tests.contract.steps import errors_of, get, post, refused, refused_at_the_top, unchanged
from tests.support.api import Api

_TIMES: dict[Any, str | None] = {
    "2026-01-31T12:00:00Z": "2026-01-31T12:00:00.000000Z",
    "2026-01-31t12:00:00z": "2026-01-31T12:00:00.000000Z",
    "2026-01-31 12:00:00Z": "2026-01-31T12:00:00.000000Z",
    "2026-01-31T12:00:00.1Z": "2026-01-31T12:00:00.100000Z",
    "2026-01-31T12:00:00.123456Z": "2026-01-31T12:00:00.123456Z",
    "2026-01-31T12:00:00.123456999Z": "2026-01-31T12:00:00.123456Z",
    "2026-01-31T12:00:00+05:30": "2026-01-31T06:30:00.000000Z",
    "2026-01-31T12:00:00-00:00": "2026-01-31T12:00:00.000000Z",
    "2026-01-31T12:00:00+23:59": "2026-01-30T12:01:00.000000Z",
    "2024-02-29T23:59:59Z": "2024-02-29T23:59:59.000000Z",
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00.000000Z",
    "0001-01-01T00:00:00-01:00": "0001-01-01T01:00:00.000000Z",
    "9999-12-31T23:59:59.999999Z": "9999-12-31T23:59:59.999999Z",
    "1582-10-10T00:00:00Z": "1582-10-10T00:00:00.000000Z",
    "0001-01-01T00:00:00+00:01": None,
    "9999-12-31T23:59:59-00:01": None,
    "0000-01-01T00:00:00Z": None,
    "10000-01-01T00:00:00Z": None,
    "-0001-01-01T00:00:00Z": None,
    "2026-01-31T12:00:00": None,
    "2026-01-31": None,
    "2026-01-31T12:00Z": None,
    "20260131T120000Z": None,
    "2026-02-30T12:00:00Z": None,
    "2025-02-29T12:00:00Z": None,
    "2026-13-01T12:00:00Z": None,
    "2026-01-31T24:00:00Z": None,
    "2026-01-31T25:00:00Z": None,
    "2026-12-31T23:59:60Z": None,
    "2026-01-31T12:00:00+24:00": None,
    "2026-01-31T12:00:00+99:99": None,
    "2026-01-31T12:00:00+0530": None,
    "2026-01-31T12:00:00.Z": None,
    "2026-01-31T12:00:00.1234567890Z": None,
    " 2026-01-31T12:00:00Z": None,
    "2026-01-31T12:00:00Z\n": None,
    "２０２６-01-31T12:00:00Z": None,
    "now": None,
    "": None,
    1767225600: None,
    1.5: None,
    True: None,
}
_NO_DAYS: list[Any] = [
    "1900-02-29",
    "2026-02-30",
    "2026-13-01",
    "2026-00-10",
    "0000-01-01",
    "10000-01-01",
    "20000101",
    "2000-1-1",
    "01.02.2000",
    "2000-01-01T00:00:00Z",
    " 2000-01-01",
    "2000-W01-1",
    "\uff12000-01-01",
    "",
    20000101,
    True,
    [],
]
_CREATE = (
    "mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { %s } userErrors { field } } }"
)


async def test_times_at_every_edge(api: Api) -> None:
    """RFC 3339 with an offset from year 1 to 9999 in UTC reads back in UTC; all else is refused naming the field."""
    found: dict[Any, str | None] = {}
    for value in _TIMES:
        body = (await post(api, _CREATE % "firstSeenAt", {"input": {"firstSeenAt": value}})).json()
        found[value] = None if body.get("data") is None else body["data"]["createContact"]["contact"]["firstSeenAt"]
    async with unchanged(api):
        for value in [value for value, shown in found.items() if shown is None]:
            message = await refused_at_the_top(api, _CREATE % "id", {"input": {"firstSeenAt": value}})
            assert "firstSeenAt" in message, message
    assert found == _TIMES


async def test_every_field_of_time_reads_back_at_its_ends(api: Api) -> None:
    """The first and the last moment that there is are kept by each field that takes any time. The very first one stands
    for "never active" in the database, so lastActivityAt refuses it."""
    first = "0001-01-01T00:00:00.000000Z"
    values = dict.fromkeys(("firstSeenAt", "blockedAt", "unsubscribedAt"), first)
    assert await get(api, await api.contact(**values), " ".join(values)) == values
    found = await refused(api, "createContact", lastActivityAt=first)
    assert found == [("BAD_USER_INPUT", ["lastActivityAt"], None)]
    for moment in ("0001-01-01T00:00:00.000001Z", "9999-12-31T23:59:59.999999Z"):
        values = dict.fromkeys(("firstSeenAt", "lastActivityAt", "blockedAt", "unsubscribedAt"), moment)
        a = await api.contact(**values, blocked=True, unsubscribed=True)
        assert await get(api, a, " ".join(values)) == values


async def test_created_at_lies_between_1970_and_now(api: Api) -> None:
    """Five minutes of another clock are forgiven, a microsecond more is not; it cannot be changed later."""
    for value in ("1970-01-01T00:00:00.000000Z", "2026-06-01T12:05:00.000000Z"):
        assert await get(api, await api.contact(createdAt=value), "createdAt") == {"createdAt": value}
    for value in ("1969-12-31T23:59:59.999999Z", "2026-06-01T12:05:00.000001Z", "9999-12-31T23:59:59Z"):
        found = await refused(api, "createContact", createdAt=value)
        assert found == [("BAD_USER_INPUT", ["createdAt"], None)]
    update = "mutation ($input: UpdateContactInput!) { updateContact(input: $input) { contact { id } } }"
    a = await api.contact()
    async with unchanged(api):
        for field in ("createdAt", "blockedAt", "unsubscribedAt", "organizationId", "identifiers", "channels"):
            assert field in await refused_at_the_top(api, update, {"input": {"id": a, field: None}})


async def test_birthdates_at_every_edge(api: Api) -> None:
    """A real day from 1850 to tomorrow (somewhere it is today); the form is YYYY-MM-DD and nothing else."""
    for value in ("1850-01-01", "2000-02-29", "2026-06-01", "2026-06-02"):
        assert await get(api, await api.contact(birthdate=value), "birthdate") == {"birthdate": value}
    a = await api.contact(birthdate="1980-01-01")
    async with unchanged(api):
        for value in ("1849-12-31", "0001-01-01", "2026-06-03", "9999-12-31"):
            expected = [("BAD_USER_INPUT", ["birthdate"], None)]
            assert await errors_of(api, "createContact", birthdate=value) == expected
            assert await errors_of(api, "updateContact", id=a, birthdate=value) == expected
        for wrong in _NO_DAYS:
            assert "birthdate" in await refused_at_the_top(api, _CREATE % "id", {"input": {"birthdate": wrong}}), wrong
            assert "birthdate" in await refused_at_the_top(api, _CREATE % "id", {"input": {"birthdate": wrong}}), wrong


async def test_times_in_filters_are_read_alike(api: Api) -> None:
    """A filter's time without an offset, or beyond the calendar, is refused naming its place."""
    query = "query ($filter: ContactFilter) { contacts(filter: $filter) { nodes { id } } }"
    for field in ("createdAt", "updatedAt", "lastActivityAt"):
        for bound in ("gte", "lt"):
            for value in ("2026-01-31", "9999-12-31T23:59:59-00:01", "yesterday", 5):
                message = await refused_at_the_top(api, query, {"filter": {field: {bound: value}}})
                assert f"{field}.{bound}" in message
            for value in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"):
                await api.ask(query, filter={field: {bound: value}})
