"""updateContact, setLabels, addIdentifier and removeIdentifier, on living contacts and on ids merged away."""

from typing import Any

from tests.contract.steps import get, refused, unchanged
from tests.support.api import Api

_CLEARABLE = {
    "name": "Ann",
    "avatarUrl": "https://pics.example/1.png",
    "company": "Acme",
    "title": "CEO",
    "language": "de",
    "timezone": "Europe/Berlin",
    "birthdate": "1980-02-29",
    "role": "USER",
    "availabilityStatus": "BUSY",
    "email": "ann@lee.example",
    "phone": "+4930123456",
    "firstSeenAt": "2026-01-01T00:00:00.000000Z",
    "lastActivityAt": "2026-02-01T00:00:00.000000Z",
}
_FIELDS = " ".join(_CLEARABLE)


async def _update(api: Api, contact: str, fields: str, **values: Any) -> dict[str, Any]:
    done = await api.done("updateContact", f"contact {{ {fields} }}", id=contact, **values)
    found: dict[str, Any] = done["contact"]
    return found


async def test_left_out_is_unchanged_null_clears_and_blank_is_null(api: Api) -> None:
    """An edit of one field leaves all others; null, and blank text, clear; identifiers stay."""
    a = await api.contact(**_CLEARABLE)
    assert await _update(api, a, _FIELDS, name="Anna") == {**_CLEARABLE, "name": "Anna"}
    assert await _update(api, a, "name company", name="  ", company="") == {"name": None, "company": None}
    cleared = await _update(api, a, _FIELDS, **dict.fromkeys(_CLEARABLE))
    assert cleared == dict.fromkeys(_CLEARABLE)
    held = (await get(api, a, "identifiers { value }"))["identifiers"]
    assert sorted(identifier["value"] for identifier in held) == ["+4930123456", "ann@lee.example"]


async def test_attributes_follow_the_merge_patch(api: Api) -> None:
    """RFC 7396, its own examples among them: null removes, objects merge, everything else replaces."""
    cases: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({"a": "foo"}, {"b": None}, {"a": "foo"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": {"b": 1}}, {}, {"a": {"b": 1}}),
    ]
    for field in ("customAttributes", "metadata", "additionalAttributes"):
        for before, patch, after in cases:
            a = await api.contact(**{field: before})
            assert await _update(api, a, field, **{field: patch}) == {field: after}, (field, before, patch)


async def test_null_clears_an_attribute_object(api: Api) -> None:
    """`customAttributes: null` leaves an empty object."""
    a = await api.contact(customAttributes={"a": 1}, metadata={"b": 1})
    assert await _update(api, a, "customAttributes metadata", customAttributes=None) == {
        "customAttributes": {},
        "metadata": {"b": 1},
    }


async def test_null_for_a_boolean_is_refused(api: Api) -> None:
    """blocked, unsubscribed and isAdmin are true or false: null is BAD_USER_INPUT, and nothing is written."""
    a = await api.contact(blocked=True)
    for field in ("blocked", "unsubscribed", "isAdmin"):
        found = await refused(api, "updateContact", id=a, name="Anna", **{field: None})
        assert found == [("BAD_USER_INPUT", [field], None)]


async def test_an_expected_version_guards_against_a_lost_update(api: Api) -> None:
    """The version seen is taken, a stale one is STALE_VERSION and writes nothing; a merge moves it too."""
    a, b = await api.contact(name="Ann"), await api.contact()
    assert await _update(api, a, "version", name="Anna", expectedVersion=1) == {"version": 2}
    stale = [("STALE_VERSION", ["expectedVersion"], a)]
    assert await refused(api, "updateContact", id=a, name="Anne", expectedVersion=1) == stale
    await api.merge(a, b)
    assert await refused(api, "updateContact", id=a, name="Anne", expectedVersion=2) == stale
    assert await _update(api, a, "version", name="Anne", expectedVersion=3) == {"version": 4}


async def test_an_edit_that_changes_nothing_writes_nothing(api: Api) -> None:
    """The same values again move neither updatedAt nor version: update, labels and identifiers alike."""
    a = await api.contact(name="Ann", email="ann@lee.example", customAttributes={"a": {"b": 1}})
    await api.done("setLabels", "contact { id }", contactId=a, names=["vip"])
    api.clock.advance(hours=1)
    async with unchanged(api):
        await _update(
            api, a, "id", name=" Ann ", email="ann@lee.example", customAttributes={"a": {"b": 1.0}, "x": None}
        )


async def test_the_same_labels_again_write_nothing(api: Api) -> None:
    """setLabels with the set that stands is no label change: updatedAt and version stay."""
    a = await api.contact()
    await api.done("setLabels", "contact { id }", contactId=a, names=["vip", "beta"])
    before = await get(api, a, "updatedAt version")
    api.clock.advance(hours=1)
    await api.done("setLabels", "contact { id }", contactId=a, names=["BETA", "vip"])
    assert await get(api, a, "updatedAt version") == before


async def test_the_same_identifier_again_writes_nothing(api: Api) -> None:
    """addIdentifier with one that stands, as verified as it is, is no change: updatedAt and version stay."""
    a = await api.contact(email="ann@lee.example")
    before = await get(api, a, "updatedAt version")
    api.clock.advance(hours=1)
    identifier = {"kind": "EMAIL", "value": "ann@lee.example"}
    await api.done("addIdentifier", "contact { id }", contactId=a, identifier=identifier)
    assert await get(api, a, "updatedAt version") == before


async def test_consent_is_changed_by_an_edit_with_its_time(api: Api) -> None:
    """Opting out notes the time and the words; the same again keeps the first time; opting in clears all."""
    a = await api.contact()
    api.clock.advance(hours=1)
    fields = "unsubscribed unsubscribedAt unsubscribeReason unsubscribeFeedback"
    out = await _update(api, a, fields, unsubscribed=True, unsubscribeReason="too many", unsubscribeFeedback="weekly")
    expected = {
        "unsubscribed": True,
        "unsubscribedAt": "2026-06-01T13:00:00.000000Z",
        "unsubscribeReason": "too many",
        "unsubscribeFeedback": "weekly",
    }
    assert out == expected
    api.clock.advance(hours=1)
    assert await _update(api, a, fields, unsubscribed=True) == expected
    assert await _update(api, a, fields, unsubscribed=False) == {**dict.fromkeys(expected), "unsubscribed": False}


async def test_update_refuses_a_merged_away_id_naming_the_survivor(api: Api) -> None:
    """At any depth: ALREADY_MERGED with the living survivor, nothing written."""
    a, b, c = [await api.contact() for _ in range(3)]
    await api.merge(b, c)
    await api.merge(a, b)
    for old in (b, c):
        assert await refused(api, "updateContact", id=old, name="Late") == [("ALREADY_MERGED", ["id"], a)]


async def test_labels_are_the_whole_set_and_names_differ_not_by_case(api: Api) -> None:
    """What is not named is taken off, what is missing is made, a label keeps its first spelling and comes back."""
    a = await api.contact()
    for names, shown in (
        (["VIP", "vip", " Beta "], ["Beta", "VIP"]),
        (["beta", "new"], ["Beta", "new"]),
        ([], []),
        (["Vip"], ["VIP"]),
    ):
        done = await api.done("setLabels", "contact { labels { name } } landedOn", contactId=a, names=names)
        assert done["contact"]["labels"] == [{"name": name} for name in shown]
        assert done["landedOn"] is None
    assert await api.ask("{ labels { name } }") == {"labels": [{"name": name} for name in ("Beta", "new", "VIP")]}


async def test_labels_set_through_an_old_id_land_on_the_survivor(api: Api) -> None:
    """setLabels on a merged-away id replaces the labels of the whole tree, and says where it landed."""
    a, b = await api.contact(), await api.contact()
    for contact in (a, b):
        await api.done("setLabels", "contact { id }", contactId=contact, names=[f"of {contact}", "both"])
    await api.merge(a, b)
    done = await api.done("setLabels", "contact { id labels { name } } landedOn", contactId=b, names=["both", "new"])
    assert done["contact"] == {"id": a, "labels": [{"name": "both"}, {"name": "new"}]}
    assert done["landedOn"] == a
    emptied = await api.done("setLabels", "contact { labels { name } }", contactId=b, names=[])
    assert emptied["contact"]["labels"] == []
