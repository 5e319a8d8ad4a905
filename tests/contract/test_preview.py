"""mergePreview: exactly what mergeContacts would do, field by field, bound to it by a hash; nothing is written."""

from typing import Any

from tests.contract.steps import get, refused, settings, unchanged, unknown_id
from tests.contract.test_history import call, converse, note
from tests.contract.test_memories import remember
from tests.contract.test_undo import rich
from tests.support.api import Api

SNAPSHOT = """id role name avatarUrl company title email phone address { city country } language timezone birthdate
    blocked unsubscribed isAdmin availabilityStatus customAttributes metadata additionalAttributes labels { id name }
    identifiers { id kind system value normalized verified contactId }"""
COUNTS = "identifiers labels segments channels inboxes conversations calls notes memories"
ORIGINS = "field value contactId rule discarded { value contactId }"
PREVIEW = f"""allowed hash mergedContactIds remainingDuplicates counts {{ {COUNTS} }} merged {{ {SNAPSHOT} }}
    fields {{ {ORIGINS} }} userErrors {{ code message field contactId }}"""


async def preview(api: Api, primary: str, *sources: str, **values: Any) -> dict[str, Any]:
    """What a merge would do; it must leave everything as it is."""
    given = {"primaryContactId": primary, **({"sourceContactIds": list(sources)} if sources else {}), **values}
    query = f"query ($input: MergeContactsInput!) {{ mergePreview(input: $input) {{ {PREVIEW} }} }}"
    async with unchanged(api):
        found: dict[str, Any] = (await api.ask(query, input=given))["mergePreview"]
    return found


async def test_a_preview_is_what_the_merge_does(api: Api) -> None:
    """Every field, its origin, the identifiers and labels; then the merge, bound by the hash."""
    a, b, c = await rich(api, 1), await rich(api, 2, unsubscribed=True), await rich(api, 3, title="Dr")
    await api.merge(c, await rich(api, 4, company="Acme"))
    api.clock.advance(minutes=1)
    seen = await preview(api, a, b, c)
    assert (seen["allowed"], seen["userErrors"], seen["mergedContactIds"]) == (True, [], [b, c])
    assert seen["counts"] == dict.fromkeys(COUNTS.split(), 0) | {"identifiers": 9, "labels": 5}
    done = await api.merge(a, b, c, expectedPreviewHash=seen["hash"])
    assert done["mergedContactIds"] == seen["mergedContactIds"]
    after = await get(api, a, f"{SNAPSHOT} provenance {{ {ORIGINS} }}")
    assert after.pop("provenance") == seen["fields"]
    assert after == seen["merged"]


async def test_a_preview_of_what_is_detected(api: Api) -> None:
    """Without sources: those that detection would take."""
    a, b = [await api.contact(name="Ann Lee", email="x@corp.test") for _ in range(2)]
    seen = await preview(api, a)
    assert seen["mergedContactIds"] == [b]
    assert (await api.merge(a, expectedPreviewHash=seen["hash"]))["mergedContactIds"] == [b]
    alone = await preview(api, a)
    assert (alone["allowed"], alone["mergedContactIds"], alone["merged"]["id"]) == (True, [], a)


async def test_history_and_memories_are_counted(api: Api) -> None:
    """Of the sources alone, through what was merged into them; a closed conversation counts as well."""
    a, b, c, d = [await api.contact(name=name) for name in "ABCD"]
    await api.merge(c, d)
    for contact in (a, b, d):
        await call(api, contact, "A call")
        await note(api, contact, "A note")
        await remember(api, contact, facts={"plan": "pro"})
    await note(api, b, "Another")
    await remember(api, b, "Bob", facts={"plan": "pro"})
    first, _ = [await converse(api, b, "Hello", subject=subject) for subject in ("one", "two")]
    await api.done("updateConversation", "conversation { id }", id=first, status="CLOSED")
    counted = {"conversations": 2, "calls": 2, "notes": 3, "memories": 3}
    seen = await preview(api, a, b, c)
    assert seen["counts"] == dict.fromkeys(COUNTS.split(), 0) | counted
    refusal = await preview(api, a, b, unknown_id(api))
    assert refusal["counts"] == dict.fromkeys(COUNTS.split(), 0)


async def test_a_stale_preview_is_refused(api: Api) -> None:
    """A value, a writer, a rule or the choice of contacts has changed since; not so for what merely keeps busy."""
    a, b, c = [await api.contact(name=name, email=f"{name}@x.test") for name in "ABC"]
    seen = (await preview(api, a, b))["hash"]
    stale = [("STALE_PREVIEW", ["expectedPreviewHash"], None)]
    given = {"primaryContactId": a, "sourceContactIds": [b]}
    assert await refused(api, "mergeContacts", **given | {"sourceContactIds": [c]}, expectedPreviewHash=seen) == stale
    assert await refused(api, "mergeContacts", **given, expectedPreviewHash="") == stale
    await settings(api, survivorship=[{"field": "COMPANY", "rule": "MOST_RECENT"}])
    assert await refused(api, "mergeContacts", **given, expectedPreviewHash=seen) == stale
    seen = (await preview(api, a, b))["hash"]
    api.clock.advance(minutes=1)
    await api.done("updateContact", "contact { id }", id=b, lastActivityAt="2026-05-01T00:00:00Z")
    assert (await preview(api, a, b))["hash"] == seen, "activity is not covered"
    await api.done("updateContact", "contact { id }", id=b, company="Acme")
    assert await refused(api, "mergeContacts", **given, expectedPreviewHash=seen) == stale
    await api.merge(a, b, expectedPreviewHash=(await preview(api, a, b))["hash"])


async def test_refusals_are_part_of_a_preview(api: Api) -> None:
    """The same codes as the merge's, one entry a contact; there is nothing to see then."""
    a, b, gone = await api.contact(role="LEAD"), await api.contact(role="USER"), unknown_id(api)
    await settings(api, roleRule="LEAD_INTO_USER")
    for sources in ([b], [gone], [a], [b, b], ["nonsense"], [b, gone]):
        given = {"primaryContactId": a, "sourceContactIds": sources}
        expected = await refused(api, "mergeContacts", **given)
        seen = await preview(api, a, *sources)
        assert [(error["code"], error["field"], error["contactId"]) for error in seen["userErrors"]] == expected
        assert (seen["allowed"], seen["merged"], seen["fields"], seen["mergedContactIds"]) == (False, None, [], [])
    seen = await preview(api, gone, b)
    assert [error["code"] for error in seen["userErrors"]] == ["NOT_FOUND"]


async def test_a_chosen_value(api: Api) -> None:
    """overrides: a field, an attribute, an attribute object; each with its rule, in the preview and in the history."""
    a = await api.contact(name="Ada", company="Acme", customAttributes={"plan": "pro", "old": 1}, metadata={"m": 1})
    b = await api.contact(name="Bo", customAttributes={"plan": {"tier": 2}}, metadata={"n": 2})
    chosen = [
        {"field": "NAME", "fromContactId": b},
        {"field": "COMPANY", "fromContactId": b},
        {"customAttribute": "plan", "fromContactId": b},
        {"customAttribute": "old", "fromContactId": b},
        {"field": "METADATA", "fromContactId": b},
    ]
    seen = await preview(api, a, b, overrides=chosen)
    done = await api.merge(a, b, overrides=chosen, expectedPreviewHash=seen["hash"])
    fields = "name company customAttributes metadata"
    assert await get(api, a, fields) == {
        "name": "Bo",
        "company": None,
        "customAttributes": {"plan": {"tier": 2}},
        "metadata": {"n": 2},
    }
    query = "query ($id: ID!) { merge(id: $id) { changes { field value contactId rule discarded { value } } } }"
    changes = {change["field"]: change for change in (await api.ask(query, id=done["merge"]["id"]))["merge"]["changes"]}
    assert {change["rule"] for change in changes.values()} == {"OVERRIDE"}
    assert changes["name"]["discarded"] == [{"value": "Ada"}]
    assert changes["company"] == {
        "field": "company",
        "value": None,
        "contactId": b,
        "rule": "OVERRIDE",
        "discarded": [{"value": "Acme"}],
    }
    await api.done("undoMerge", "primary { id }", mergeId=done["merge"]["id"])
    assert await get(api, a, fields) == {
        "name": "Ada",
        "company": "Acme",
        "customAttributes": {"plan": "pro", "old": 1},
        "metadata": {"m": 1},
    }


async def test_a_choice_goes_with_its_contact(api: Api) -> None:
    """The caller chose B's blank title; once B is taken out the title is C's to fill, though nothing had changed."""
    a, b, c = await api.contact(), await api.contact(name="B"), await api.contact(title="Dr")
    merged = await api.merge(a, b, c, overrides=[{"field": "TITLE", "fromContactId": b}])
    assert (await get(api, a, "title"))["title"] is None
    await api.done("undoMerge", "primary { id }", mergeId=merged["merge"]["id"], sourceContactIds=[b])
    assert (await get(api, a, "title"))["title"] == "Dr"


async def test_bad_overrides(api: Api) -> None:
    """Each with its own code and field."""
    a, b, other = [await api.contact(name=name) for name in "ABC"]
    bad, no = "BAD_USER_INPUT", "OVERRIDE_NOT_ALLOWED"
    cases: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"field": "BLOCKED", "fromContactId": b}, no, ["field"]),
        ({"field": "UNSUBSCRIBED", "fromContactId": b}, no, ["field"]),
        ({"field": "IS_ADMIN", "fromContactId": b}, no, ["field"]),
        ({"field": "LAST_ACTIVITY_AT", "fromContactId": b}, no, ["field"]),
        ({"field": "NAME", "fromContactId": other}, bad, ["fromContactId"]),
        ({"field": "NAME", "fromContactId": "nonsense"}, bad, ["fromContactId"]),
        ({"field": "NAME", "customAttribute": "k", "fromContactId": b}, bad, []),
        ({"fromContactId": b}, bad, []),
        ({"customAttribute": "k" * 256, "fromContactId": b}, bad, ["customAttribute"]),
    ]
    for override, code, path in cases:
        found = await refused(api, "mergeContacts", primaryContactId=a, sourceContactIds=[b], overrides=[override])
        assert [(error[0], error[1]) for error in found] == [(code, ["overrides", "0", *path])], override
    twice = [{"field": "CUSTOM_ATTRIBUTES", "fromContactId": a}, {"customAttribute": "k", "fromContactId": b}]
    found = await refused(api, "mergeContacts", primaryContactId=a, sourceContactIds=[b], overrides=twice)
    assert [(error[0], error[1]) for error in found] == [(bad, ["overrides", "1"])]
    many = [{"customAttribute": str(number), "fromContactId": b} for number in range(101)]
    found = await refused(api, "mergeContacts", primaryContactId=a, sourceContactIds=[b], overrides=many)
    assert [(error[0], error[1]) for error in found] == [(bad, ["overrides"])]
