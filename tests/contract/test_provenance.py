"""Contact.provenance: for each field whose value it is, by which rule, and what it beat, after merges and edits."""

from typing import Any

from tests.contract.steps import get, settings
from tests.support.api import Api


async def _provenance(api: Api, contact: str, *fields: str) -> dict[str, Any]:
    """(value, contactId, rule, discarded) of the fields named, or of all."""
    shown = "provenance { field value contactId rule discarded { value contactId } }"
    return {
        found["field"]: (
            found["value"],
            found["contactId"],
            found["rule"],
            [(lost["value"], lost["contactId"]) for lost in found["discarded"]],
        )
        for found in (await get(api, contact, shown))["provenance"]
        if not fields or found["field"] in fields
    }


async def test_a_contact_of_its_own_is_the_origin_of_everything(api: Api) -> None:
    """Without merges every field with a value is PRIMARY; identifiers and labels are unions; no field is blank."""
    a = await api.contact(
        name="Ann",
        email="ann@lee.example",
        customAttributes={"car": {"make": "VW"}},
        lastActivityAt="2026-01-01T00:00:00Z",
    )
    assert await _provenance(api, a) == {
        "name": ("Ann", a, "PRIMARY", []),
        "email": ("ann@lee.example", a, "PRIMARY", []),
        "isAdmin": (False, a, "PRIMARY", []),
        "blocked": (False, a, "PRIMARY", []),
        "unsubscribed": (False, a, "PRIMARY", []),
        "customAttributes/car/make": ("VW", a, "PRIMARY", []),
        "createdAt": ("2026-06-01T12:00:00.000000Z", a, "PRIMARY", []),
        "lastActivityAt": ("2026-01-01T00:00:00.000000Z", a, "LATEST", []),
        "identifiers": (["ann@lee.example"], None, "UNION", []),
    }


async def test_each_rule_names_its_contact_and_what_it_beat(api: Api) -> None:
    """Filled, kept, merged by key, restricted, earliest and latest values after one merge of two sources."""
    a = await api.contact(name="Ann", customAttributes={"plan": "pro"}, firstSeenAt="2025-02-01T00:00:00Z")
    b = await api.contact(name="Anne", company="Beta", customAttributes={"plan": "free", "seats": 3})
    c = await api.contact(
        company="Gamma",
        blocked=True,
        blockedAt="2026-02-01T00:00:00Z",
        firstSeenAt="2025-01-01T00:00:00Z",
        lastActivityAt="2026-05-01T00:00:00Z",
    )
    await api.merge(a, b, c)
    found = await _provenance(api, a)
    assert found["name"] == ("Ann", a, "PRIMARY", [("Anne", b)])
    assert found["company"] == ("Beta", b, "FILLED_FROM_SOURCE", [("Gamma", c)])
    assert found["customAttributes/plan"] == ("pro", a, "PRIMARY", [("free", b)])
    assert found["customAttributes/seats"] == (3, b, "MERGED_BY_KEY", [])
    assert found["blocked"][:3] == (True, c, "MOST_RESTRICTIVE")
    assert found["blockedAt"] == ("2026-02-01T00:00:00.000000Z", c, "MOST_RESTRICTIVE", [])
    assert found["firstSeenAt"] == (
        "2025-01-01T00:00:00.000000Z",
        c,
        "EARLIEST",
        [("2025-02-01T00:00:00.000000Z", a)],
    )
    assert found["lastActivityAt"] == ("2026-05-01T00:00:00.000000Z", c, "LATEST", [])


async def test_nested_merges_lead_back_to_the_contact_that_first_had_the_value(api: Api) -> None:
    """A <- B <- C: what B took from C is C's on A; what B had itself is B's; every loser is under its own name."""
    a, b, c = await api.contact(), await api.contact(title="B's"), await api.contact(name="C's", title="C's")
    for source, primary in ((c, b), (b, a)):
        api.clock.advance(minutes=1)
        await api.merge(primary, source)
    assert await _provenance(api, a, "name", "title") == {
        "name": ("C's", c, "FILLED_FROM_SOURCE", []),
        "title": ("B's", b, "FILLED_FROM_SOURCE", [("C's", c)]),
    }


async def test_an_edit_after_a_merge_is_the_survivors_own(api: Api) -> None:
    """An edited cell becomes EDITED_AFTER_MERGE of the survivor, keeping what the others had; the rest stays."""
    a, b = await api.contact(), await api.contact(name="Anne", title="CFO", metadata={"x": {"y": 1}, "z": 1})
    api.clock.advance(minutes=1)
    await api.merge(a, b)
    api.clock.advance(minutes=1)
    await api.done("updateContact", "contact { id }", id=a, name="Edited", metadata={"x": {"y": 2}})
    assert await _provenance(api, a, "name", "title", "metadata/x/y", "metadata/z") == {
        "name": ("Edited", a, "EDITED_AFTER_MERGE", [("Anne", b)]),
        "title": ("CFO", b, "FILLED_FROM_SOURCE", []),
        "metadata/x/y": (2, a, "EDITED_AFTER_MERGE", [(1, b)]),
        "metadata/z": (1, b, "MERGED_BY_KEY", []),
    }


async def test_an_edit_before_a_merge_is_the_primarys_value(api: Api) -> None:
    """An edit of the primary before is PRIMARY; an edit of the source before belongs to the source."""
    a, b = await api.contact(name="Ann"), await api.contact(title="CFO")
    api.clock.advance(minutes=1)
    await api.done("updateContact", "contact { id }", id=a, name="Anna")
    await api.done("updateContact", "contact { id }", id=b, title="COO")
    api.clock.advance(minutes=1)
    await api.merge(a, b)
    assert await _provenance(api, a, "name", "title") == {
        "name": ("Anna", a, "PRIMARY", []),
        "title": ("COO", b, "FILLED_FROM_SOURCE", []),
    }


async def test_an_edit_between_two_merges_is_kept_apart(api: Api) -> None:
    """B takes C's name, edits it, then goes into A: the value on A is B's own edit, and C's is what it beat."""
    a, b, c = await api.contact(), await api.contact(), await api.contact(name="C's")
    api.clock.advance(minutes=1)
    await api.merge(b, c)
    api.clock.advance(minutes=1)
    await api.done("updateContact", "contact { id }", id=b, name="Edited")
    api.clock.advance(minutes=1)
    await api.merge(a, b)
    assert await _provenance(api, a, "name") == {"name": ("Edited", b, "FILLED_FROM_SOURCE", [("C's", c)])}


async def test_a_cleared_field_has_no_provenance_and_can_be_filled_again(api: Api) -> None:
    """null takes a filled value away; the next merge fills it, and what was cleared shows as what lost."""
    a, b, c = await api.contact(), await api.contact(name="Anne"), await api.contact(name="Annie")
    api.clock.advance(minutes=1)
    await api.merge(a, b)
    api.clock.advance(minutes=1)
    await api.done("updateContact", "contact { id }", id=a, name=None)
    assert await _provenance(api, a, "name") == {}
    api.clock.advance(minutes=1)
    await api.merge(a, c)
    assert await _provenance(api, a, "name") == {"name": ("Annie", c, "FILLED_FROM_SOURCE", [("Anne", b)])}


async def test_most_recent_names_the_winner_and_the_primarys_lost_value(api: Api) -> None:
    """Under MOST_RECENT the primary's own value is shown as beaten, also after the next merge."""
    await settings(api, survivorship=[{"field": "TITLE", "rule": "MOST_RECENT"}])
    a = await api.contact(title="Old", createdAt="2025-01-01T00:00:00Z")
    b, c = await api.contact(title="New"), await api.contact(name="Other")
    await api.merge(a, b)
    expected = {"title": ("New", b, "MOST_RECENT", [("Old", a)])}
    assert await _provenance(api, a, "title") == expected
    await api.merge(a, c)
    assert await _provenance(api, a, "title") == expected


async def test_consent_of_an_opt_out_names_its_contact_in_each_part(api: Api) -> None:
    """Time, reason and feedback of a source's opt-out all name that source."""
    a = await api.contact()
    b = await api.contact(unsubscribed=True, unsubscribedAt="2026-01-01T00:00:00Z", unsubscribeReason="too many")
    await api.merge(a, b)
    found = await _provenance(api, a, "unsubscribed", "unsubscribedAt", "unsubscribeReason", "unsubscribeFeedback")
    assert found == {
        "unsubscribed": (True, b, "MOST_RESTRICTIVE", [(False, a)]),
        "unsubscribedAt": ("2026-01-01T00:00:00.000000Z", b, "MOST_RESTRICTIVE", []),
        "unsubscribeReason": ("too many", b, "MOST_RESTRICTIVE", []),
    }
