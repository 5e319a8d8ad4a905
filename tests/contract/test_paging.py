"""Pages of contacts in both directions: the same rows as a plain sorted list, whatever the order, ties and blanks."""

import base64
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from tests.contract.steps import neighbour, refused
from tests.support.api import Api

_PAGE = """query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: ContactOrder,
    $filter: ContactFilter) {
  contacts(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, filter: $filter) {
    edges { cursor node { id } } nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }"""
_ORDERS = ["CREATED_AT", "UPDATED_AT", "NAME", "LAST_ACTIVITY_AT"]
_NAMES = ["Zoe", "ann", None, "Ann", "Ängel", "", "ångel", "zoe", "李", "ANN", "a_b", "Ƶ", "😀", None]


async def _people(api: Api) -> list[dict[str, Any]]:
    """Contacts with ties and blanks in every order, as the API shows them."""
    for number, name in enumerate(_NAMES):
        values: dict[str, Any] = {"name": name, "createdAt": f"2025-01-0{1 + number % 3}T00:00:00Z"}
        if number % 4:
            values["lastActivityAt"] = f"2026-0{1 + number % 2}-01T00:00:00.00000{number % 3}Z"
        await api.contact(**values)
    await api.merge(await api.contact(name="Bo"), await api.contact(name="ann"))
    await api.done("deleteContact", "deletedContactIds", id=await api.contact(name="ann"))
    fields = "id name createdAt updatedAt lastActivityAt"
    people = (await api.ask(f"{{ contacts(first: 100) {{ nodes {{ {fields} }} }} }}"))["contacts"]["nodes"]
    for number, person in enumerate(people[:5]):  # updatedAt with ties of its own
        api.clock.advance(minutes=number % 2)
        await api.done("updateContact", "contact { id }", id=person["id"], title=f"T{number}")
    found: list[dict[str, Any]] = (await api.ask(f"{{ contacts(first: 100) {{ nodes {{ {fields} }} }} }}"))["contacts"][
        "nodes"
    ]
    assert len(found) == len(_NAMES) + 1
    return found


def _sorted(people: list[dict[str, Any]], order: str | None, direction: str) -> list[str]:
    keys: dict[str | None, Callable[[dict[str, Any]], tuple[str, ...]]] = {
        None: lambda p: (),
        "CREATED_AT": lambda p: (p["createdAt"],),
        "UPDATED_AT": lambda p: (p["updatedAt"],),
        "NAME": lambda p: ((p["name"] or "").casefold(),),
        "LAST_ACTIVITY_AT": lambda p: (p["lastActivityAt"] or "",),
    }
    ordered = sorted(people, key=lambda p: (*keys[order](p), p["id"]), reverse=direction == "DESC")
    return [person["id"] for person in ordered]


async def _page(api: Api, **arguments: Any) -> dict[str, Any]:
    page: dict[str, Any] = (await api.ask(_PAGE, **arguments))["contacts"]
    ids = [edge["node"]["id"] for edge in page["edges"]]
    assert [node["id"] for node in page["nodes"]] == ids
    cursors = [edge["cursor"] for edge in page["edges"]]
    info = page["pageInfo"]
    assert (info["startCursor"], info["endCursor"]) == ((cursors[0], cursors[-1]) if cursors else (None, None))
    return page | {"ids": ids, "cursors": cursors}


async def test_every_order_and_direction_pages_like_a_sorted_list(api: Api) -> None:
    """Forward and backward by 1, 4 and all: the pages joined are the sorted list, and the flags are right."""
    people = await _people(api)
    for order in [None, *_ORDERS]:
        for direction in ("ASC", "DESC"):
            if order is None and direction == "DESC":
                continue
            expected = _sorted(people, order, direction)
            by = {} if order is None else {"orderBy": {"field": order, "direction": direction}}
            assert await _forward(api, 4, by) == expected, (order, direction)
            assert await _backward(api, 4, by) == expected, (order, direction)
    assert await _forward(api, 1, {"orderBy": {"field": "NAME"}}) == _sorted(people, "NAME", "ASC")
    assert (await _page(api, first=100))["ids"] == _sorted(people, None, "ASC")


async def _forward(api: Api, size: int, by: dict[str, Any]) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        page = await _page(api, first=size, after=after, **by)
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        assert page["totalCount"] == len(_NAMES) + 1
        found += page["ids"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        assert len(page["ids"]) == size


async def _backward(api: Api, size: int, by: dict[str, Any]) -> list[str]:
    found: list[str] = []
    before = None
    while True:
        page = await _page(api, last=size, before=before, **by)
        assert page["pageInfo"]["hasNextPage"] == (before is not None)
        found = page["ids"] + found
        before = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            return found
        assert len(page["ids"]) == size


async def test_between_two_cursors(api: Api) -> None:
    """after and before together bound the page on both sides, from either end; crossed ones leave nothing."""
    people = await _people(api)
    by = {"orderBy": {"field": "NAME", "direction": "DESC"}}
    expected = _sorted(people, "NAME", "DESC")
    whole = await _page(api, first=100, **by)
    after, before = whole["cursors"][2], whole["cursors"][9]
    assert (await _page(api, first=100, after=after, before=before, **by))["ids"] == expected[3:9]
    assert (await _page(api, first=2, after=after, before=before, **by))["ids"] == expected[3:5]
    assert (await _page(api, last=2, after=after, before=before, **by))["ids"] == expected[7:9]
    assert (await _page(api, first=100, after=before, before=after, **by))["ids"] == []


async def test_a_cursor_outlives_the_contact_that_it_stands_at(api: Api) -> None:
    """The contact at the cursor is merged away between two pages: nothing is skipped and nothing comes twice."""
    ids = [await api.contact(name=f"N{n}") for n in range(6)]
    page = await _page(api, first=3, orderBy={"field": "NAME"})
    await api.merge(ids[5], ids[2])
    after = page["pageInfo"]["endCursor"]
    assert (await _page(api, first=3, after=after, orderBy={"field": "NAME"}))["ids"] == ids[3:]


async def test_a_filtered_list_pages_and_counts_within_the_filter(api: Api) -> None:
    """Pages and totalCount of a filter hold only what matches; an empty list is an empty page."""
    leads = [await api.contact(role="LEAD" if n % 2 else "USER") for n in range(10)][1::2]
    first = await _page(api, first=3, filter={"role": "LEAD"})
    second = await _page(api, first=3, filter={"role": "LEAD"}, after=first["pageInfo"]["endCursor"])
    assert (first["ids"] + second["ids"], first["totalCount"]) == (leads, 5)
    assert second["pageInfo"]["hasNextPage"] is False
    nobody = await _page(api, first=3, filter={"search": "nobody"})
    assert (nobody["ids"], nobody["totalCount"]) == ([], 0)
    assert nobody["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


async def test_the_default_page_has_twenty(api: Api) -> None:
    """Without first and last, twenty; with null too."""
    await api.done("importContacts", "results { index }", contacts=[{"name": "x"}] * 21)
    assert len((await _page(api))["ids"]) == 20
    assert len((await _page(api, first=None, last=None))["ids"]) == 20


async def _refused(api: Api, argument: str, **arguments: Any) -> None:
    answer = await api.send(_PAGE, arguments)
    assert answer["data"] == {"contacts": None}, arguments
    assert [(e["extensions"]["code"], e["extensions"].get("argument")) for e in answer["errors"]] == [
        ("BAD_USER_INPUT", argument)
    ], arguments


@pytest.mark.parametrize("count", [0, -1, 101, 2147483647, -2147483648])
async def test_first_and_last_outside_1_to_100_are_refused(api: Api, count: int) -> None:
    """Never passed to SQL: BAD_USER_INPUT naming the argument."""
    await _refused(api, "first", first=count)
    await _refused(api, "last", last=count)
    await _refused(api, "first", first=1, last=1)


async def test_a_cursor_of_another_order_or_none_at_all_is_refused(api: Api) -> None:
    """Any text that is no cursor of this very list and order is BAD_USER_INPUT, never a fault and never a page."""
    for number in range(3):
        await api.contact(name=f"N{number}", lastActivityAt="2026-01-01T00:00:00Z")
    merge = await api.merge(*[await api.contact() for _ in range(2)])
    history = await api.ask("{ merges { edges { cursor } } }")
    mine = {order: (await _page(api, first=1, orderBy={"field": order}))["cursors"][0] for order in _ORDERS}
    mine["ID"] = (await _page(api, first=1))["cursors"][0]
    wrong: list[str] = [history["merges"]["edges"][0]["cursor"], merge["merge"]["id"]]
    wrong += ["", " ", "null", "=", "A", "%", "é", "\u0661", "a" * 5_000, mine["NAME"][:-3], mine["NAME"] + "AAAA"]
    row = "0" * 32
    forged: list[Any] = [
        None,
        5,
        {},
        [],
        [1, "name_sort", "x"],
        [2, "name_sort", "x", row],
        [1, "name_sort", 5, row],
        [1, "name_sort", None, row],
        [1, "name_sort", "x\x00y", row],
        [1, "name_sort", "x", "zz"],
        [1, "name_sort", "x", 7],
        [1, "password", "x", row],
        [1, "created_at", "2026-01-01T00:00:00+00:00", row],
    ]
    wrong += [_cursor(value) for value in forged]
    by_name = {"orderBy": {"field": "NAME"}}
    for cursor in [*wrong, *(mine[order] for order in ("CREATED_AT", "UPDATED_AT", "LAST_ACTIVITY_AT", "ID"))]:
        await _refused(api, "after", first=2, after=cursor, **by_name)
        await _refused(api, "before", last=2, before=cursor, **by_name)
    times: list[Any] = ["yesterday", "2026-01-01T00:00:00", 5, None]
    for value in [*times, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]:
        await _refused(api, "after", after=_cursor([1, "created_at", value, row]), orderBy={"field": "CREATED_AT"})


def _cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


async def test_a_cursor_of_another_organization_shows_only_ones_own(api: Api) -> None:
    """It is a place in an order and nothing else: the page holds this organisation's contacts alone."""
    other = await neighbour(api)
    mine, theirs = [], []
    for number in range(4):
        mine.append(await api.contact(name=f"N{number}"))
        theirs.append(await other.contact(name=f"N{number}"))
    for by in ({}, {"orderBy": {"field": "NAME"}}):
        foreign = await _page(other, first=2, **by)
        found = await _page(api, first=100, after=foreign["pageInfo"]["endCursor"], **by)
        assert set(found["ids"]) <= set(mine)
        assert found["totalCount"] == 4


async def test_bad_cursors_of_the_history_are_refused_too(api: Api) -> None:
    """merges and Contact.merges refuse what is no cursor of theirs; the contact's other fields still answer."""
    a, b = await api.contact(name="Ann"), await api.contact()
    await api.merge(a, b)
    cursor = (await _page(api, first=1))["cursors"][0]
    for bad in ("x", cursor):
        answer = await api.send("query ($after: String) { merges(after: $after) { nodes { id } } }", {"after": bad})
        assert answer["data"] == {"merges": None}
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        query = "query ($id: ID!, $after: String) { contact(id: $id) { merges(after: $after) { nodes { id } } } }"
        answer = await api.send(query, {"id": a, "after": bad})
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await refused(api, "mergeContacts", primaryContactId=cursor) == [
        ("BAD_USER_INPUT", ["primaryContactId"], None)
    ]
