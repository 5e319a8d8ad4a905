"""The contract's table of survivorship, one test a row."""

from typing import Any

from tests.contract.steps import get, settings
from tests.support.api import Api

_SCALARS: dict[str, tuple[Any, Any]] = {
    "name": ("Ann", "Anne"),
    "avatarUrl": ("https://pics.example/1.png", "https://pics.example/2.png"),
    "company": ("Acme", "Beta"),
    "title": ("CEO", "CFO"),
    "language": ("pt-BR", "de"),
    "timezone": ("Europe/Berlin", "America/Bahia"),
    "birthdate": ("1980-02-29", "1981-03-01"),
    "availabilityStatus": ("ONLINE", "OFFLINE"),
    "role": ("USER", "LEAD"),
    "email": ("ann@lee.example", "anne@lee.example"),
    "phone": ("+4930123456", "+4930654321"),
    "address": ({"line1": "Weg 1", "city": "Berlin"}, {"line1": "Weg 2", "postalCode": "10115"}),
}
_FIELDS = " ".join(name for name in _SCALARS if name != "address")
_ALL = f"{_FIELDS} address {{ line1 line2 city region postalCode country }}"
_NO_ADDRESS: dict[str, Any] = dict.fromkeys(("line1", "line2", "city", "region", "postalCode", "country"))


def _shown(place: int) -> dict[str, Any]:
    values = {name: both[place] for name, both in _SCALARS.items()}
    return values | {"address": _NO_ADDRESS | values["address"]}


async def _merged(api: Api, field: str, *values: Any) -> Any:
    """A field of the first of these contacts after the others were merged into it in order."""
    contacts = [await api.contact(**({} if value is None else {field: value})) for value in values]
    await api.merge(*contacts)
    return (await get(api, contacts[0], field))[field]


async def test_scalars_are_the_primarys(api: Api) -> None:
    """Every scalar field, the address as a whole, and the leading email and phone stay the primary's."""
    primary = await api.contact(**{name: both[0] for name, both in _SCALARS.items()})
    source = await api.contact(**{name: both[1] for name, both in _SCALARS.items()})
    await api.merge(primary, source)
    assert await get(api, primary, _ALL) == _shown(0)


async def test_blank_scalars_are_filled_from_the_first_source_that_has_one(api: Api) -> None:
    """Every scalar field of an empty primary comes from the second source when the first has none."""
    primary, empty = await api.contact(), await api.contact(name=" ", company="")
    first = await api.contact(**{name: both[1] for name, both in _SCALARS.items()})
    second = await api.contact(**{name: both[0] for name, both in _SCALARS.items()})
    await api.merge(primary, empty, first, second)
    assert await get(api, primary, _ALL) == _shown(1)


async def test_an_address_is_taken_as_a_whole(api: Api) -> None:
    """A primary with a city alone keeps just that: no street of somebody else's."""
    primary = await api.contact(address={"city": "Berlin"})
    source = await api.contact(address={"line1": "Weg 2", "city": "Bonn"})
    await api.merge(primary, source)
    assert await get(api, primary, "address { line1 city }") == {"address": {"line1": None, "city": "Berlin"}}


async def test_most_recent_by_the_organizations_rule(api: Api) -> None:
    """A field with MOST_RECENT takes the value written last, be it by an edit; the others stay the primary's."""
    await settings(api, survivorship=[{"field": "TITLE", "rule": "MOST_RECENT"}])
    source = await api.contact(title="CFO", company="Beta")
    api.clock.advance(days=1)
    primary = await api.contact(title="CEO", company="Acme")
    api.clock.advance(days=1)
    await api.done("updateContact", "contact { id }", id=source, title="COO", company="Gamma")
    await api.merge(primary, source)
    assert await get(api, primary, "title company") == {"title": "COO", "company": "Acme"}


async def test_consent_is_the_most_restrictive_with_the_earliest_time(api: Api) -> None:
    """One blocked and opted-out contact is enough; the time is the earliest of all that were."""
    primary = await api.contact(name="Ann")
    late = await api.contact(blocked=True, blockedAt="2026-03-01T00:00:00Z", unsubscribed=True)
    early = await api.contact(
        blocked=True, blockedAt="2026-02-01T00:00:00Z", unsubscribed=True, unsubscribedAt="2026-01-01T00:00:00Z"
    )
    await api.merge(primary, late, early)
    assert await get(api, primary, "blocked blockedAt unsubscribed unsubscribedAt") == {
        "blocked": True,
        "blockedAt": "2026-02-01T00:00:00.000000Z",
        "unsubscribed": True,
        "unsubscribedAt": "2026-01-01T00:00:00.000000Z",
    }


async def test_consent_of_the_primary_is_never_loosened(api: Api) -> None:
    """A blocked primary stays blocked when a free contact merges into it, with its own time."""
    primary = await api.contact(blocked=True, blockedAt="2026-02-01T00:00:00Z", unsubscribed=True)
    await api.merge(primary, await api.contact(name="Free"))
    assert await get(api, primary, "blocked blockedAt unsubscribed") == {
        "blocked": True,
        "blockedAt": "2026-02-01T00:00:00.000000Z",
        "unsubscribed": True,
    }


async def test_the_reason_comes_from_the_contact_that_gave_it(api: Api) -> None:
    """The earliest opt-out gives the time, the earliest that said why gives reason and feedback."""
    primary = await api.contact(unsubscribed=True, unsubscribedAt="2026-03-01T00:00:00Z", unsubscribeReason="late")
    silent = await api.contact(unsubscribed=True, unsubscribedAt="2026-01-01T00:00:00Z")
    spoke = await api.contact(
        unsubscribed=True,
        unsubscribedAt="2026-02-01T00:00:00Z",
        unsubscribeReason="too many",
        unsubscribeFeedback="weekly would do",
    )
    await api.merge(primary, silent, spoke)
    assert await get(api, primary, "unsubscribedAt unsubscribeReason unsubscribeFeedback") == {
        "unsubscribedAt": "2026-01-01T00:00:00.000000Z",
        "unsubscribeReason": "too many",
        "unsubscribeFeedback": "weekly would do",
    }


async def test_a_privilege_is_never_granted(api: Api) -> None:
    """isAdmin is the primary's alone, both ways."""
    assert await _merged(api, "isAdmin", False, True) is False
    assert await _merged(api, "isAdmin", True, False) is True


async def test_json_merges_by_key_and_what_is_present_wins(api: Api) -> None:
    """ "", null, false, 0 and [] of the primary are values and stay; missing keys come from the sources in order."""
    primary = {"empty": "", "nothing": None, "no": False, "zero": 0, "list": [], "one": [1]}
    first = {"empty": "x", "nothing": 1, "no": True, "zero": 5, "list": [1], "one": [2, 3], "new": None}
    second = {"new": "late", "other": {"a": [{"b": 1}]}}
    for field in ("customAttributes", "metadata", "additionalAttributes"):
        found = await _merged(api, field, primary, first, second)
        assert found == {**primary, "new": None, "other": {"a": [{"b": 1}]}}, field


async def test_json_an_empty_object_takes_members_and_a_value_does_not(api: Api) -> None:
    """{} is an object without members: others' members join it. A scalar or array in its place beats an object."""
    field = "customAttributes"
    assert await _merged(api, field, {"a": {}}, {"a": {"b": 1}}) == {"a": {"b": 1}}
    assert await _merged(api, field, {"a": {"b": 1}}, {"a": {}}) == {"a": {"b": 1}}
    assert await _merged(api, field, {"a": {}}, {"a": {}}) == {"a": {}}
    assert await _merged(api, field, {"a": {}}, {"a": 1}) == {"a": {}}
    assert await _merged(api, field, {"a": 1}, {"a": {"b": 1}}) == {"a": 1}
    assert await _merged(api, field, {"a": {"b": 1}}, {"a": 1}) == {"a": {"b": 1}}
    assert await _merged(api, field, {"a": []}, {"a": {"b": 1}}) == {"a": []}
    assert await _merged(api, field, {"a": None}, {"a": {"b": 1}}) == {"a": None}
    assert await _merged(api, field, {}, {"a": {}}, {"a": {"b": {}}}) == {"a": {"b": {}}}
    assert await _merged(api, field, {"a": {"b": {}}}, {"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2, "d": 3}}}) == {
        "a": {"b": {"c": 1, "d": 3}}
    }


async def test_json_keys_of_any_spelling_are_keys(api: Api) -> None:
    """Slash, tilde, dot, dollar, quote and the empty key merge as themselves and read back as sent."""
    primary = {"a/b": 1, "~": {"~1": 1}, "": {"": 1}}
    source = {"a/b": 2, "a": {"b": 2}, "~": {"~0": 2, "~1": 2}, "": {"": 2, "x": 2}, "$x": 2, "a.b": 2, '"': 2}
    assert await _merged(api, "customAttributes", primary, source) == {
        "a/b": 1,
        "a": {"b": 2},
        "~": {"~1": 1, "~0": 2},
        "": {"": 1, "x": 2},
        "$x": 2,
        "a.b": 2,
        '"': 2,
    }


async def test_json_types_are_told_apart(api: Api) -> None:
    """true is not 1: each survives with its type."""
    assert await _merged(api, "metadata", {"a": True, "b": 1}, {"a": 1, "b": True, "c": False, "d": 0}) == {
        "a": True,
        "b": 1,
        "c": False,
        "d": 0,
    }


async def test_times_created_first_seen_last_activity(api: Api) -> None:
    """createdAt is the primary's, firstSeenAt the earliest, lastActivityAt the latest of all."""
    primary = await api.contact(
        createdAt="2025-06-01T00:00:00Z", firstSeenAt="2025-06-02T00:00:00Z", lastActivityAt="2026-02-01T00:00:00Z"
    )
    first = await api.contact(createdAt="2024-01-01T00:00:00Z", firstSeenAt="2024-02-01T01:00:00+02:00")
    second = await api.contact(firstSeenAt="2025-01-01T00:00:00Z", lastActivityAt="2026-03-01T00:00:00.000001Z")
    await api.merge(primary, first, second)
    assert await get(api, primary, "createdAt firstSeenAt lastActivityAt") == {
        "createdAt": "2025-06-01T00:00:00.000000Z",
        "firstSeenAt": "2024-01-31T23:00:00.000000Z",
        "lastActivityAt": "2026-03-01T00:00:00.000001Z",
    }


async def test_times_of_a_primary_without_any(api: Api) -> None:
    """firstSeenAt and lastActivityAt of a source fill those of a primary that was never seen; null stays null."""
    primary, source = await api.contact(), await api.contact(firstSeenAt="2025-01-01T00:00:00Z")
    await api.merge(primary, source)
    fields = "firstSeenAt lastActivityAt"
    assert await get(api, primary, fields) == {"firstSeenAt": "2025-01-01T00:00:00.000000Z", "lastActivityAt": None}


async def test_updated_at_is_the_time_of_the_merge(api: Api) -> None:
    """The survivor's updatedAt moves to the merge and its version rises by one."""
    primary, source = await api.contact(name="Ann"), await api.contact(name="Anne")
    api.clock.advance(hours=3)
    await api.merge(primary, source)
    assert await get(api, primary, "updatedAt version") == {"updatedAt": "2026-06-01T15:00:00.000000Z", "version": 2}


async def test_equal_identifiers_show_the_primarys_else_the_oldest(api: Api) -> None:
    """Of equal ones the primary's spelling shows, else the oldest; verified if any is, in whatever place."""
    primary = await api.contact(email="Ann@lee.example")
    old = await api.contact(identifiers=[{"kind": "USERNAME", "value": "AnnLee"}])
    api.clock.advance(days=1)
    young = await api.contact(
        identifiers=[
            {"kind": "EMAIL", "value": "ann@LEE.example", "verified": True},
            {"kind": "USERNAME", "value": "ANNLEE", "verified": True},
        ]
    )
    await api.merge(primary, young, old)
    assert await get(api, primary, "identifiers { value verified contactId }") == {
        "identifiers": [
            {"value": "Ann@lee.example", "verified": True, "contactId": primary},
            {"value": "AnnLee", "verified": True, "contactId": old},
        ]
    }


async def test_labels_are_united_each_once(api: Api) -> None:
    """Labels of all contacts of the tree, each once, by name; the organisation's list is as it was."""
    contacts = [await api.contact() for _ in range(3)]
    for contact, names in zip(contacts, (["b", "a"], ["B", "c"], ["a", "ß"]), strict=True):
        await api.done("setLabels", "contact { id }", contactId=contact, names=names)
    await api.merge(*contacts)
    expected = [{"name": name} for name in ("a", "b", "c", "ß")]
    assert await get(api, contacts[0], "labels { name }") == {"labels": expected}
    assert await api.ask("{ labels { name } }") == {"labels": expected}
