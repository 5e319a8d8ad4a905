"""Chatwoot's promises: what hangs on the mergee moves to the base contact, and errors say what and where."""

from typing import Any

from tests.contract.steps import get, refused, settings, unknown_id
from tests.support.api import Api


async def test_c1_labels_move_and_are_shown_once(api: Api) -> None:
    """The labels of both show under the base contact by name, the common one once, whatever its case."""
    base, mergee = await api.contact(), await api.contact()
    await api.done("setLabels", "contact { id }", contactId=base, names=["VIP", "beta"])
    await api.done("setLabels", "contact { id }", contactId=mergee, names=["vip", "Alpha"])
    await api.merge(base, mergee)
    found = await get(api, base, "labels { name }")
    assert found == {"labels": [{"name": "Alpha"}, {"name": "beta"}, {"name": "VIP"}]}


async def test_c1_attributes_move_key_by_key_also_nested(api: Api) -> None:
    """Nested attributes of three contacts merge at every level; the primary's value wins, then the sources in order."""
    base = await api.contact(customAttributes={"car": {"make": "VW", "tyres": {"front": "A"}}, "x": 1})
    first = await api.contact(customAttributes={"car": {"make": "BMW", "tyres": {"front": "B", "rear": "B"}}, "y": 1})
    second = await api.contact(customAttributes={"car": {"colour": "red", "tyres": {"rear": "C"}}, "y": 2, "z": 3})
    await api.merge(base, first, second)
    assert (await get(api, base, "customAttributes"))["customAttributes"] == {
        "car": {"make": "VW", "colour": "red", "tyres": {"front": "A", "rear": "B"}},
        "x": 1,
        "y": 1,
        "z": 3,
    }


async def test_c2_the_contact_has_chatwoots_fields(api: Api) -> None:
    """Email, phone, external id, picture, block, availability, both attribute objects and the latest activity."""
    base = await api.contact(
        email="ann@lee.example",
        phone="+4930123456",
        identifiers=[{"kind": "EXTERNAL_ID", "system": "chatwoot", "value": "17"}],
        avatarUrl="https://pics.example/ann.png",
        blocked=True,
        availabilityStatus="ONLINE",
        additionalAttributes={"city": "Berlin"},
        customAttributes={"plan": "pro"},
        lastActivityAt="2026-01-01T00:00:00Z",
        createdAt="2025-01-01T00:00:00Z",
    )
    mergee = await api.contact(lastActivityAt="2026-05-05T00:00:00Z", availabilityStatus="BUSY")
    await api.merge(base, mergee)
    fields = """email phone identifiers(kind: EXTERNAL_ID) { system value } avatarUrl blocked availabilityStatus
      additionalAttributes customAttributes lastActivityAt createdAt"""
    assert await get(api, base, fields) == {
        "email": "ann@lee.example",
        "phone": "+4930123456",
        "identifiers": [{"system": "chatwoot", "value": "17"}],
        "avatarUrl": "https://pics.example/ann.png",
        "blocked": True,
        "availabilityStatus": "ONLINE",
        "additionalAttributes": {"city": "Berlin"},
        "customAttributes": {"plan": "pro"},
        "lastActivityAt": "2026-05-05T00:00:00.000000Z",
        "createdAt": "2025-01-01T00:00:00.000000Z",
    }


async def test_c3_invalid_ids_are_bad_input_and_missing_ones_all_named(api: Api) -> None:
    """Malformed ids are BAD_USER_INPUT each with its place; well-formed missing ones are NOT_FOUND, every one named."""
    base, missing = await api.contact(), [unknown_id(api) for _ in range(3)]
    assert await refused(api, "mergeContacts", primaryContactId="7", sourceContactIds=["nope", base, ""]) == [
        ("BAD_USER_INPUT", ["primaryContactId"], None),
        ("BAD_USER_INPUT", ["sourceContactIds", "0"], None),
        ("BAD_USER_INPUT", ["sourceContactIds", "2"], None),
    ]
    assert await refused(api, "mergeContacts", primaryContactId=base, sourceContactIds=missing) == [
        ("NOT_FOUND", ["sourceContactIds", str(place)], contact) for place, contact in enumerate(missing)
    ]


async def test_c3_contacts_that_cannot_be_merged_are_refused(api: Api) -> None:
    """A merged-away and an erased contact refuse the whole merge, each with its own code, the rest untouched."""
    base, gone, erased, fine = [await api.contact() for _ in range(4)]
    await api.merge(base, gone)
    await api.done("deleteContact", "deletedContactIds", id=erased)
    other = await api.contact()
    assert await refused(api, "mergeContacts", primaryContactId=other, sourceContactIds=[gone, erased, fine]) == [
        ("ALREADY_MERGED", ["sourceContactIds", "0"], base),
        ("NOT_FOUND", ["sourceContactIds", "1"], erased),
    ]


async def test_c3_without_a_key_401(api: Api) -> None:
    """No key and a wrong key are HTTP 401 with UNAUTHENTICATED and no data; nothing is merged."""
    base, mergee = await api.contact(), await api.contact()
    given = f'{{primaryContactId: "{base}", sourceContactIds: ["{mergee}"]}}'
    query = f"mutation {{ mergeContacts(input: {given}) {{ merged {{ id }} }} }}"
    wrong: list[dict[str, str]] = [{}, {"authorization": "Bearer ofk_nobody"}, {"authorization": f"Basic {api.token}"}]
    for headers in wrong:
        answer = await api.http.post("/graphql", json={"query": query}, headers=headers)
        body: dict[str, Any] = answer.json()
        assert answer.status_code == 401
        assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]
        assert body.get("data") is None
    assert await api.read(mergee, "id") == {"id": mergee}


async def test_c4_every_error_has_code_message_and_field(api: Api) -> None:
    """All refusals of a merge that this release knows carry a code, a sentence and the field at fault."""
    base, twin = await api.contact(), await api.contact()
    away = await api.contact()
    await api.merge(base, away)
    await settings(api, roleRule="LEAD_INTO_USER")
    await api.contact(idempotencyKey="used")
    cases: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"primaryContactId": "x"}, "BAD_USER_INPUT", ["primaryContactId"]),
        ({"primaryContactId": unknown_id(api)}, "NOT_FOUND", ["primaryContactId"]),
        ({"primaryContactId": away}, "ALREADY_MERGED", ["primaryContactId"]),
        ({"sourceContactIds": []}, "EMPTY_SOURCES", ["sourceContactIds"]),
        ({"sourceContactIds": [twin] * 51}, "TOO_MANY_SOURCES", ["sourceContactIds"]),
        ({"sourceContactIds": [base]}, "SELF_MERGE", ["sourceContactIds", "0"]),
        ({"sourceContactIds": [twin, twin]}, "DUPLICATE_SOURCE", ["sourceContactIds", "1"]),
        ({"idempotencyKey": "used"}, "IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"]),
        ({"idempotencyKey": " "}, "BAD_USER_INPUT", ["idempotencyKey"]),
        ({"idempotencyKey": "k" * 256}, "BAD_USER_INPUT", ["idempotencyKey"]),
        ({"reason": "r" * 1001}, "BAD_USER_INPUT", ["reason"]),
        ({}, "INVALID_MERGE", ["primaryContactId"]),
    ]
    for changed, code, field in cases:
        values = {"primaryContactId": base, "sourceContactIds": [twin], **changed}
        errors = await api.refused("mergeContacts", **values)
        assert (errors[0]["code"], errors[0]["field"]) == (code, field), changed
        assert errors[0]["message"].endswith((".", "…")), errors[0]["message"]
