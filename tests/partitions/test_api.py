"""The whole application over partitions: merges, old ids, search, pages, erasure, repeats and imports."""

from typing import Any

from tests.db.world import check_invariants, open_world, shown
from tests.support.api import Api

RESOLVE = "query ($id: ID!) { resolveContact(id: $id) { status contact { id } path { id } } }"
PAGE = """query ($after: String, $search: String) {
    contacts(first: 3, after: $after, filter: {search: $search}, orderBy: {field: NAME, direction: ASC}) {
        nodes { id name } totalCount pageInfo { hasNextPage endCursor } } }"""


async def test_merges_and_old_ids(api: Api) -> None:
    """A chain of merges: values filled, every old id leads to the last survivor, the history is there."""
    a = await api.contact(name="A", email="a@a.example", customAttributes={"plan": "pro"})
    b = await api.contact(phone="+4930123456", customAttributes={"plan": "free", "seats": 3})
    c = await api.contact(company="C")
    await api.done("setLabels", "contact { id }", contactId=b, names=["vip"])
    await api.merge(b, c)
    await api.merge(a, b)
    for old in (b, c):
        assert await api.read(old, "id") is None
        found = await api.read(old, "id phone company customAttributes labels { name } mergedContactIds", follow=True)
        assert found is not None
        assert (found["id"], found["phone"], found["company"]) == (a, "+4930123456", "C")
        assert found["customAttributes"] == {"plan": "pro", "seats": 3}
        assert found["labels"] == [{"name": "vip"}]
        assert sorted(found["mergedContactIds"]) == sorted([b, c])
    resolved = (await api.ask(RESOLVE, id=c))["resolveContact"]
    assert (resolved["status"], resolved["contact"], len(resolved["path"])) == ("MERGED", {"id": a}, 2)
    history = await api.read(a, "merges { totalCount nodes { sources { contactId } } } provenance { field }")
    assert history is not None
    assert history["merges"]["totalCount"] == 2


async def test_detected_duplicates(api: Api) -> None:
    """sourceContactIds left out: the matcher's tables are partitioned as well."""
    a, b = [await api.contact(name="Ann Lee", email="same@a.example") for _ in range(2)]
    done = await api.merge(a)
    assert (done["mergedContactIds"], done["remainingDuplicates"]) == ([b], 0)


async def _pages(api: Api, **variables: Any) -> list[str]:
    names: list[str] = []
    after = None
    while True:
        page = (await api.ask(PAGE, after=after, **variables))["contacts"]
        names += [node["name"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] == len(names)
            return names


async def test_search_and_pages(api: Api) -> None:
    """Keyset pages in an order that is not the key's, with and without a search."""
    names = [f"Person {index:02}" for index in range(10)]
    ids = [await api.contact(name=name, email=f"p{index}@a.example") for index, name in enumerate(names)]
    assert await _pages(api) == names
    await api.merge(ids[0], ids[9])
    assert await _pages(api) == names[:9]
    assert await _pages(api, search="son 0") == names[:9]
    assert await _pages(api, search="p9@a.ex") == names[:1]


async def test_erasure_and_repeats(api: Api) -> None:
    """A repeat of a merge gives its answer; after the erasure every id of the tree says so."""
    a, b = await api.contact(name="A"), await api.contact(name="B")
    first = await api.merge(a, b, idempotencyKey="k")
    assert await api.merge(a, b, idempotencyKey="k") == first
    errors = await api.refused("mergeContacts", primaryContactId=b, sourceContactIds=[a], idempotencyKey="k")
    assert [error["code"] for error in errors] == ["IDEMPOTENCY_KEY_REUSED"]
    done = await api.done("deleteContact", "deletedContactIds", id=a, reason="asked for it")
    assert done["deletedContactIds"] == [a, b]
    for gone in (a, b):
        assert (await api.ask(RESOLVE, id=gone))["resolveContact"]["status"] == "DELETED"
    errors = await api.refused("mergeContacts", primaryContactId=a, sourceContactIds=[b], idempotencyKey="k")
    assert [error["code"] for error in errors] == ["NOT_FOUND"]


async def test_upserts_and_imports(api: Api) -> None:
    """Both look for rows of the organisation under its lock, and write many at once."""
    by = {"kind": "EXTERNAL_ID", "value": "7", "system": "crm"}
    made = await api.done("upsertContact", "created contact { id }", by=by, contact={"name": "A"})
    again = await api.done("upsertContact", "created contact { id name }", by=by, contact={"name": "B"})
    assert (made["created"], again["created"]) == (True, False)
    assert again["contact"] == {"id": made["contact"]["id"], "name": "B"}
    rows = [{"name": f"P{index}", "idempotencyKey": f"k{index}"} for index in range(50)]
    results = [
        (await api.done("importContacts", "results { contact { id } userErrors { code } }", contacts=rows))["results"]
        for _ in range(2)
    ]
    assert results[0] == results[1]
    assert all(result["userErrors"] == [] for result in results[0])


async def test_another_organization_is_not_seen(api: Api) -> None:
    """Its contacts are NOT_FOUND to this key, wherever they lie."""
    world = await open_world(api.db)
    (stranger,) = await world.contacts(1)
    own = await api.contact(name="A")
    errors = await api.refused("mergeContacts", primaryContactId=own, sourceContactIds=[shown(stranger)])
    assert [error["code"] for error in errors] == ["NOT_FOUND"]
    assert await api.read(shown(stranger), "id", follow=True) is None
    await check_invariants(world)
