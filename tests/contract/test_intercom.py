"""Intercom's promises: a lead merges into a user, and the old id is gone from every list but leads on for ever."""

from itertools import pairwise

import pytest

from tests.contract.steps import get, listed, refused, settings, unknown_id
from tests.support.api import Api


async def test_i1_the_answer_is_the_contact_merged_into(api: Api) -> None:
    """A merge of one source answers with the primary, under its own id."""
    user = await api.contact(role="USER", name="Ann")
    lead = await api.contact(role="LEAD", name="Visitor 7")
    done = await api.done(
        "mergeContacts",
        "merged { id name role } mergedContactIds merge { primaryContactId sources { contactId name } }",
        primaryContactId=user,
        sourceContactIds=[lead],
    )
    assert done["merged"] == {"id": user, "name": "Ann", "role": "USER"}
    assert done["mergedContactIds"] == [lead]
    assert done["merge"] == {"primaryContactId": user, "sources": [{"contactId": lead, "name": "Visitor 7"}]}


async def test_i2_blanks_are_filled_never_overwritten(api: Api) -> None:
    """What the primary lacks comes from the source; what it has stays."""
    user = await api.contact(name="Ann", customAttributes={"plan": "pro"})
    lead = await api.contact(name="Anne", company="Acme", customAttributes={"plan": "free", "seats": 3})
    await api.merge(user, lead)
    assert await get(api, user, "name company customAttributes") == {
        "name": "Ann",
        "company": "Acme",
        "customAttributes": {"plan": "pro", "seats": 3},
    }


@pytest.mark.parametrize("blank", [None, "", "  \t\u3000"])
async def test_i2_white_space_counts_as_blank(api: Api, blank: str | None) -> None:
    """Null, empty and white-space text of the primary are all filled, by the first source that has something."""
    user = await api.contact(name=blank)
    empty, lead, later = await api.contact(name=" "), await api.contact(name="Anne"), await api.contact(name="Anna")
    await api.merge(user, empty, lead, later)
    assert await get(api, user, "name") == {"name": "Anne"}


@pytest.mark.parametrize(
    ("primary", "source", "wrong"),
    [
        ("USER", "USER", ["source"]),
        ("LEAD", "LEAD", ["primary"]),
        ("LEAD", "USER", ["primary", "source"]),
        (None, "LEAD", ["primary"]),
        ("USER", None, ["source"]),
        ("USER", "LEAD", []),
    ],
)
async def test_i3_only_a_lead_merges_into_a_user(
    api: Api, primary: str | None, source: str | None, wrong: list[str]
) -> None:
    """Under LEAD_INTO_USER every other pair of roles is INVALID_MERGE, naming each contact at fault."""
    await settings(api, roleRule="LEAD_INTO_USER")
    into, gone = await api.contact(role=primary), await api.contact(role=source)
    if not wrong:
        assert (await api.merge(into, gone))["mergedContactIds"] == [gone]
        return
    named = {
        "primary": ("INVALID_MERGE", ["primaryContactId"], into),
        "source": ("INVALID_MERGE", ["sourceContactIds", "0"], gone),
    }
    found = await refused(api, "mergeContacts", primaryContactId=into, sourceContactIds=[gone])
    assert found == [named[name] for name in wrong]


async def test_i3_one_wrong_source_refuses_the_whole_merge(api: Api) -> None:
    """A user among three leads: nothing is merged, and its place in the list is named."""
    await settings(api, roleRule="LEAD_INTO_USER")
    user = await api.contact(role="USER")
    sources = [await api.contact(role=role) for role in ("LEAD", "USER", "LEAD")]
    found = await refused(api, "mergeContacts", primaryContactId=user, sourceContactIds=sources)
    assert found == [("INVALID_MERGE", ["sourceContactIds", "1"], sources[1])]


async def test_i3_the_default_rule_does_not_look_at_roles(api: Api) -> None:
    """A user merges into a lead when the organisation never asked for the rule, or took it back."""
    lead, user, other = await api.contact(role="LEAD"), await api.contact(role="USER"), await api.contact()
    await api.merge(lead, user)
    await settings(api, roleRule="LEAD_INTO_USER")
    await settings(api, roleRule="ANY")
    await api.merge(lead, other)
    assert (await get(api, lead, "role mergedContactIds")) == {"role": "LEAD", "mergedContactIds": [user, other]}


async def test_i4_an_unknown_id_is_not_found_and_named(api: Api) -> None:
    """Unknown primary and unknown sources are each NOT_FOUND with their id and place."""
    known, missing, also = await api.contact(), unknown_id(api), unknown_id(api)
    assert await refused(api, "mergeContacts", primaryContactId=known, sourceContactIds=[missing]) == [
        ("NOT_FOUND", ["sourceContactIds", "0"], missing)
    ]
    assert await refused(api, "mergeContacts", primaryContactId=missing, sourceContactIds=[known, also]) == [
        ("NOT_FOUND", ["primaryContactId"], missing),
        ("NOT_FOUND", ["sourceContactIds", "1"], also),
    ]


async def test_i5_the_source_is_gone_from_get_lists_and_every_filter(api: Api) -> None:
    """After a merge no query by id, filter or order shows the source, updatedAt filters included."""
    shared = {"customAttributes": {"plan": "pro"}, "role": "LEAD", "lastActivityAt": "2026-05-01T00:00:00Z"}
    user = await api.contact(name="Ann Lee", email="ann@lee.example", **shared)
    lead = await api.contact(name="Ann Lee", phone="+4930123456", company="Acme", **shared)
    label = (await api.done("setLabels", "contact { labels { id } }", contactId=lead, names=["vip"]))["contact"]
    api.clock.advance(hours=1)
    now = api.clock().isoformat()
    await api.merge(user, lead)
    assert await api.read(lead, "id") is None
    filters = [
        {},
        {"search": "ann"},
        {"search": "acme"},
        {"phone": "+49 30 123456"},
        {"role": "LEAD"},
        {"blocked": False},
        {"unsubscribed": False},
        {"labelId": label["labels"][0]["id"]},
        {"createdAt": {"lt": now}},
        {"updatedAt": {"gte": now}},
        {"updatedAt": {"gte": "2020-01-01T00:00:00Z"}},
        {"lastActivityAt": {"gte": "2026-01-01T00:00:00Z"}},
        {"customAttribute": {"key": "plan", "equals": "pro"}},
    ]
    for wanted in filters:
        assert await listed(api, filter=wanted) == [user], wanted
    for order in ("CREATED_AT", "UPDATED_AT", "NAME", "LAST_ACTIVITY_AT"):
        for direction in ("ASC", "DESC"):
            assert await listed(api, orderBy={"field": order, "direction": direction}) == [user]
    assert await listed(api, filter={"updatedAt": {"lt": now}}) == []


async def test_i6_old_ids_resolve_for_ever_at_any_depth(api: Api) -> None:
    """A chain of six: every id answers when told to follow, also after edits and years."""
    chain = [await api.contact(name=f"Number {n}") for n in range(6)]
    merges = []
    for source, primary in pairwise(chain):
        merges.append((await api.merge(primary, source))["merge"]["id"])
    last = chain[-1]
    api.clock.advance(days=4000)
    await api.done("updateContact", "contact { id }", id=last, name="Renamed")
    query = "query ($id: ID!) { resolveContact(id: $id) { id status contact { id name } path { id } } }"
    for depth, old in enumerate(chain):
        assert await api.read(old, "id name", follow=True) == {"id": last, "name": "Renamed"}
        assert (await api.ask(query, id=old))["resolveContact"] == {
            "id": old,
            "status": "ACTIVE" if old == last else "MERGED",
            "contact": {"id": last, "name": "Renamed"},
            "path": [{"id": merge} for merge in merges[depth:]],
        }
    assert (await get(api, last, "mergedContactIds"))["mergedContactIds"] == chain[:-1]
