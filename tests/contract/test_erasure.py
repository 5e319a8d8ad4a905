"""deleteContact erases a contact with everything that was merged into it: no personal value stays anywhere."""

from typing import Any

from sqlalchemy import text

from db.engine import Transaction
from tests.contract.steps import listed, refused, unknown_id
from tests.support.api import Api
from tests.support.state import dump


def _person(mark: str) -> dict[str, Any]:
    """A contact with the mark in every value that may name a person, keys of attributes included."""
    attributes = {f"key{mark}": {"deep": [f"list{mark}", {f"inner{mark}": f"value{mark}"}]}, "plan": f"plan{mark}"}
    return {
        "name": f"Name{mark}",
        "email": f"mail{mark}@lee.example",
        "phone": "+49301" + {"qzxone": "771", "qzxtwo": "772", "qzxthree": "773"}[mark],
        "identifiers": [
            {"kind": "EXTERNAL_ID", "system": f"system{mark}", "value": f"ext{mark}"},
            {"kind": "USERNAME", "value": f"user{mark}"},
        ],
        "avatarUrl": f"https://pics.example/{mark}.png",
        "company": f"Company{mark}",
        "title": f"Title{mark}",
        "address": {"line1": f"Street{mark}", "city": f"City{mark}", "postalCode": f"{mark}1"},
        "language": f"la-{mark}",
        "timezone": f"Zone/{mark}",
        "birthdate": "1971-07-17",
        "unsubscribed": True,
        "unsubscribeReason": f"Reason{mark}",
        "unsubscribeFeedback": f"Feedback{mark}",
        "customAttributes": attributes,
        "metadata": attributes,
        "additionalAttributes": attributes,
        "firstSeenAt": "2017-07-17T17:17:17Z",
        "lastActivityAt": "2018-08-18T18:18:18Z",
    }


_PLANTED = ("qzx", "49301771", "49301772", "49301773", "1971-07-17", "1971, 7, 17", "2017, 7, 17", "2018, 8, 18")


async def _everything(api: Api) -> str:
    """Every table that there is in the database, also those that no model knows, as one text."""

    async def read(tx: Transaction) -> str:
        names = (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%fts5%' "
            "AND name NOT LIKE 'contact_search_%'"
            if api.db.dialect == "sqlite"
            else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        names_and_views = [row[0] for row in await tx.rows(text(names))]
        if api.db.dialect == "sqlite":
            names_and_views += ["contact_search", "contact_search_doc"]
        return "\n".join([repr(await tx.rows(text(f'SELECT * FROM "{name}"'))) for name in names_and_views])

    return repr(await dump(api.db)) + await api.db.read(read)


async def test_erasing_takes_the_whole_tree_and_leaves_no_personal_value(api: Api) -> None:
    """A chain of merges with edits, labels, tombstones and reasons: afterwards no table holds a planted value."""
    one, two, three = [await api.contact(**_person(mark)) for mark in ("qzxone", "qzxtwo", "qzxthree")]
    await api.done("setLabels", "contact { id }", contactId=two, names=["vip"])
    await api.done("removeIdentifier", "contact { id }", contactId=three, kind="USERNAME", value="userqzxthree")
    bystander = await api.contact(name="Bystander", email="by@lee.example")
    await api.merge(two, three, reason="because of qzxthree")
    await api.done("updateContact", "contact { id }", id=two, name="Edited qzxtwo", customAttributes={"qzxedit": 1})
    await api.merge(one, two, reason="because of qzxtwo")
    await api.done("updateContact", "contact { id }", id=one, email="editqzx@lee.example", title="qzx")
    before = await _everything(api)
    assert all(mark in before for mark in ("qzxone", "qzxtwo", "qzxthree", "because of qzx", "qzxedit"))
    done = await api.done("deleteContact", "deletedContactIds", id=one, reason="asked for")
    assert done["deletedContactIds"] == [one, two, three]
    after = await _everything(api)
    assert {mark: after.count(mark) for mark in _PLANTED} == dict.fromkeys(_PLANTED, 0)
    assert await listed(api) == [bystander]


async def test_erasing_scrubs_only_what_belongs_to_the_tree(api: Api) -> None:
    """Another contact with the same address, labels and values, and its merges, is left exactly as it was."""
    shared = {"name": "Ann", "email": "ann@lee.example", "customAttributes": {"plan": "pro"}}
    gone, stays, source = [await api.contact(**shared) for _ in range(3)]
    for contact in (gone, stays):
        await api.done("setLabels", "contact { id }", contactId=contact, names=["vip"])
    await api.merge(stays, source, reason="same person")
    fields = """id name email version updatedAt customAttributes identifiers { value } labels { name } mergedContactIds
      provenance { field value contactId rule } merges { nodes { reason changes { field } sources { name } } }"""
    before = await api.read(stays, fields)
    await api.done("deleteContact", "deletedContactIds", id=gone)
    assert await api.read(stays, fields) == before
    assert await api.ask("{ labels { name } }") == {"labels": [{"name": "vip"}]}


async def test_an_erased_id_says_deleted_for_ever(api: Api) -> None:
    """Every id of the tree resolves as DELETED with who, when and why, and its way; every other read is null."""
    a, b, c = [await api.contact(name="Ann") for _ in range(3)]
    first = (await api.merge(b, c))["merge"]["id"]
    second = (await api.merge(a, b))["merge"]["id"]
    api.clock.advance(days=2)
    await api.done("deleteContact", "deletedContactIds", id=a, reason="GDPR")
    query = """query ($id: ID!) { resolveContact(id: $id) { id status contact { id } path { id } deletedAt deletedBy
      deleteReason } contact(id: $id, followMerges: true) { id } node(id: $id) { id } }"""
    for contact, path in ((a, []), (b, [second]), (c, [first, second])):
        assert await api.ask(query, id=contact) == {
            "resolveContact": {
                "id": contact,
                "status": "DELETED",
                "contact": None,
                "path": [{"id": merge} for merge in path],
                "deletedAt": "2026-06-03T12:00:00.000000Z",
                "deletedBy": "tests",
                "deleteReason": "GDPR",
            },
            "contact": None,
            "node": None,
        }


async def test_the_history_keeps_that_a_merge_took_place(api: Api) -> None:
    """The merge stays with its ids and actor; primary, names, reason and changes are gone."""
    a, b = await api.contact(), await api.contact(name="Ann")
    merge = (await api.merge(a, b, reason="same person"))["merge"]["id"]
    await api.done("deleteContact", "deletedContactIds", id=a)
    query = """query ($id: ID!) { merge(id: $id) { primaryContactId primary { id } reason actor
      sources { contactId name } changes { field } } }"""
    assert (await api.ask(query, id=merge))["merge"] == {
        "primaryContactId": a,
        "primary": None,
        "reason": None,
        "actor": "tests",
        "sources": [{"contactId": b, "name": None}],
        "changes": [],
    }


async def test_every_write_to_an_erased_id_is_not_found(api: Api) -> None:
    """Each mutation that takes a contact id treats an erased one, and what led to it, as nobody's."""
    a, b, living = [await api.contact(name="Ann") for _ in range(3)]
    await api.merge(a, b)
    await api.done("deleteContact", "deletedContactIds", id=a)
    for contact in (a, b, unknown_id(api)):
        identifier = {"kind": "EMAIL", "value": "ann@lee.example"}
        calls: list[tuple[str, dict[str, Any], list[str]]] = [
            ("updateContact", {"id": contact, "name": "Back"}, ["id"]),
            ("deleteContact", {"id": contact}, ["id"]),
            ("setLabels", {"contactId": contact, "names": ["vip"]}, ["contactId"]),
            ("addIdentifier", {"contactId": contact, "identifier": identifier}, ["contactId"]),
            ("removeIdentifier", {"contactId": contact, **identifier}, ["contactId"]),
            ("mergeContacts", {"primaryContactId": contact}, ["primaryContactId"]),
            ("mergeContacts", {"primaryContactId": contact, "sourceContactIds": [living]}, ["primaryContactId"]),
            ("mergeContacts", {"primaryContactId": living, "sourceContactIds": [contact]}, ["sourceContactIds", "0"]),
        ]
        for name, values, field in calls:
            assert await refused(api, name, **values) == [("NOT_FOUND", field, contact)], (name, contact)


async def test_a_merged_away_id_is_not_erased_by_itself(api: Api) -> None:
    """deleteContact takes a living id: one that was merged away is refused, naming the survivor."""
    a, b = await api.contact(), await api.contact()
    await api.merge(a, b)
    assert await refused(api, "deleteContact", id=b) == [("ALREADY_MERGED", ["id"], a)]
