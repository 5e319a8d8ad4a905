"""Duplicates shown and merged: probability, evidence, guards; what matching keeps follows every write."""

from typing import Any

import pytest

from tests.contract.steps import get, neighbour, refused, settings, unknown_id
from tests.support.api import Api

ANN = "ann.lee@lee.example"
EVIDENCE = "evidence { field level weight left right explanation }"
CANDIDATE = f"contact {{ id }} probability prior decision blockedBy guards {{ reason explanation }} {EVIDENCE}"


async def found(api: Api, contact: str, **arguments: Any) -> list[dict[str, Any]] | None:
    """Query.duplicates."""
    query = f"""query ($id: ID!, $first: Int = 10, $from: Float) {{
      duplicates(contactId: $id, first: $first, minProbability: $from) {{ {CANDIDATE} }} }}"""
    duplicates: list[dict[str, Any]] | None = (await api.ask(query, id=contact, **arguments))["duplicates"]
    return duplicates


async def decisions(api: Api, contact: str, **arguments: Any) -> list[tuple[str, str, list[str]]]:
    """(contact, decision, guards) of each."""
    duplicates = await found(api, contact, **arguments)
    assert duplicates is not None
    return [(one["contact"]["id"], one["decision"], one["blockedBy"]) for one in duplicates]


async def household(api: Api) -> tuple[str, str, str]:
    """Ann, a lead of hers, and her husband on the same telephone."""
    ann = await api.contact(name="Ann Lee", email=ANN, phone="+4915112345678", birthdate="1980-05-17")
    lead = await api.contact(email=ANN)
    bob = await api.contact(name="Bob Lee", phone="+4915112345678", birthdate="1979-01-02")
    return ann, lead, bob


async def test_a_candidate_is_explained(api: Api) -> None:
    """The prior and the weights make the probability; every field, weight and guard has its sentence."""
    ann, lead, bob = await household(api)
    first, second = await found(api, ann, **{"from": 0}) or []
    assert (first["contact"]["id"], first["decision"], first["blockedBy"]) == (lead, "AUTO_MERGE", [])
    assert (second["contact"]["id"], second["decision"]) == (bob, "DIFFERENT")
    assert second["blockedBy"] == ["NAME_CONFLICT", "BIRTHDATE_CONFLICT", "SHARED_IDENTIFIER"]
    assert [guard["reason"] for guard in second["guards"]] == second["blockedBy"]
    for one in (first, second):
        bits = one["prior"] + sum(evidence["weight"] for evidence in one["evidence"])
        assert one["probability"] == pytest.approx(1 / (1 + 2**-bits))
        weights = [abs(evidence["weight"]) for evidence in one["evidence"]]
        assert weights == sorted(weights, reverse=True)
        assert all(evidence["explanation"] for evidence in one["evidence"])
        assert all(guard["explanation"].endswith(".") for guard in one["guards"])
    (email,) = first["evidence"]
    assert (email["field"], email["level"], email["left"], email["right"]) == ("email", "exact", ANN, ANN)
    assert email["explanation"] == "Same e-mail address, and only this person's name is seen with it"


async def test_the_contact_asked_about_stands_on_the_left(api: Api) -> None:
    """From both sides, and in the history of the merge: there the primary does."""
    ann, lead = [await api.contact(name=name, email=ANN, company="Lee") for name in ("Ann Lee", "A. Lee")]
    for contact, names in ((ann, ("Ann Lee", "A. Lee")), (lead, ("A. Lee", "Ann Lee"))):
        (one,) = await found(api, contact) or []
        (name,) = [evidence for evidence in one["evidence"] if evidence["field"] == "name"]
        assert (name["left"], name["right"]) == names
    done = await api.merge(lead)
    query = f"query ($id: ID!) {{ merge(id: $id) {{ sources {{ {EVIDENCE} }} }} }}"
    (source,) = (await api.ask(query, id=done["merge"]["id"]))["merge"]["sources"]
    assert ("A. Lee", "Ann Lee") in [(one["left"], one["right"]) for one in source["evidence"]]


async def test_only_what_is_worth_a_look_is_listed(api: Api) -> None:
    """Without minProbability AUTO_MERGE and REVIEW; with it everybody from there on; `first` at most."""
    ann, lead, bob = await household(api)
    assert await decisions(api, ann) == [(lead, "AUTO_MERGE", [])]
    assert len(await decisions(api, ann, **{"from": 0})) == 2
    assert len(await decisions(api, ann, **{"from": 0}, first=1)) == 1
    assert await decisions(api, bob) == []
    nested = await get(api, ann, "duplicates(first: 5) { contact { id duplicates { contact { id } } } }")
    assert nested["duplicates"] == [{"contact": {"id": lead, "duplicates": [{"contact": {"id": ann}}]}}]


async def test_whose_duplicates(api: Api) -> None:
    """An old id stands for its survivor; null for one that is unknown, malformed, foreign or erased."""
    ann, lead, _ = await household(api)
    old = await api.contact(name="Ann Lee")
    await api.merge(ann, old)
    assert [one["contact"]["id"] for one in await found(api, old) or []] == [lead]
    assert await found(api, unknown_id(api)) is None
    assert await found(api, "x") is None
    assert await found(await neighbour(api), ann) is None
    await api.done("deleteContact", "deletedContactIds", id=ann)
    assert await found(api, ann) is None
    assert await found(api, lead) == []


@pytest.mark.parametrize("arguments", ["first: 0", "first: 101", "minProbability: -0.1", "minProbability: 1.01"])
async def test_bad_arguments(api: Api, arguments: str) -> None:
    """BAD_USER_INPUT, with the argument named."""
    ann = await api.contact(name="Ann Lee")
    answer = await api.send(f'{{ duplicates(contactId: "{ann}", {arguments}) {{ probability }} }}')
    assert answer["data"] == {"duplicates": None}
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert arguments.partition(":")[0] in error["message"]


async def test_what_is_kept_follows_every_write(api: Api) -> None:
    """Created, edited, identified, reached by a channel, merged, undone, imported: a candidate is one from then on."""
    ann = await api.contact(name="Ann Lee", email=ANN)

    async def partners() -> list[str]:
        return [other for other, decision, _ in await decisions(api, ann) if decision == "AUTO_MERGE"]

    other = await api.contact(name="Ann Lee")
    assert await partners() == [], "a name alone is no reason"
    await api.done("addIdentifier", "contact { id }", contactId=other, identifier={"kind": "EMAIL", "value": ANN})
    assert await partners() == [other]
    await api.done("updateContact", "contact { id }", id=other, name="Zoe Quist")
    assert await partners() == []
    await api.done("updateContact", "contact { id }", id=other, name="Ann Lee")
    assert await partners() == [other]
    await api.done("removeIdentifier", "contact { id }", contactId=other, kind="EMAIL", value=ANN)
    assert await partners() == []
    channel = {"type": "TELEGRAM", "userId": "tg-7"}
    for contact in (ann, other):
        await api.done("addChannel", "channel { id }", contactId=contact, channel=channel)
    assert await partners() == [other]
    hub = await api.contact(name="Ann Lee")
    merged = await api.merge(hub, other)
    assert await partners() == [hub]
    await api.done("undoMerge", "primary { id }", mergeId=merged["merge"]["id"])
    assert await partners() == [other]
    rows = await api.done("importContacts", "results { contact { id } }", contacts=[{"name": "Ann Lee", "email": ANN}])
    assert await partners() == [other, rows["results"][0]["contact"]["id"]]


async def test_a_merge_keeps_why(api: Api) -> None:
    """Merge.sources has probability and evidence of what was detected, none of what was named; erasure takes it."""
    ann, lead, bob = await household(api)
    done = await api.merge(ann)
    assert (done["mergedContactIds"], done["remainingDuplicates"]) == ([lead], 0)
    sources = f"sources {{ contactId probability {EVIDENCE} }}"
    query = f"query ($id: ID!) {{ merge(id: $id) {{ {sources} }} }}"
    (source,) = (await api.ask(query, id=done["merge"]["id"]))["merge"]["sources"]
    assert (source["contactId"], source["probability"] > 0.98) == (lead, True)
    assert [(one["field"], one["right"]) for one in source["evidence"]] == [("email", ANN)]
    named = await api.merge(ann, bob)
    (source,) = (await api.ask(query, id=named["merge"]["id"]))["merge"]["sources"]
    assert (source["probability"], source["evidence"]) == (None, [])
    await api.done("deleteContact", "deletedContactIds", id=ann)
    for merge in (done, named):
        (source,) = (await api.ask(query, id=merge["merge"]["id"]))["merge"]["sources"]
        assert source["evidence"] == []


async def test_a_nameless_caller_of_two_people_is_merged_into_neither(api: Api) -> None:
    """AMBIGUOUS: shown for review, and counted as left over."""
    caller = await api.contact(phone="+4915112345678", identifiers=[{"kind": "EMAIL", "value": ANN}])
    ann = await api.contact(name="Ann Lee", email=ANN)
    bob = await api.contact(name="Bob Ray", phone="+4915112345678")
    assert sorted(await decisions(api, caller)) == sorted(
        [(ann, "REVIEW", ["AMBIGUOUS"]), (bob, "REVIEW", ["AMBIGUOUS"])]
    )
    done = await api.merge(caller)
    assert (done["mergedContactIds"], done["remainingDuplicates"]) == ([], 2)
    assert (await api.merge(ann))["mergedContactIds"] == [caller], "from Ann's side there is one"


async def test_a_guard_is_opened_by_no_probability(api: Api) -> None:
    """minProbability lowers the threshold of one call; a pair with a guard stays, and is counted."""
    ann = await api.contact(name="Ann Lee", email=ANN)
    blocked = await api.contact(name="Ann Lee", email=ANN, blocked=True)
    assert await decisions(api, ann) == [(blocked, "REVIEW", ["BLOCKED_DIFFERS"])]
    for least in (None, 0.5, 0):
        done = await api.merge(ann, **({} if least is None else {"minProbability": least}))
        assert (done["mergedContactIds"], done["remainingDuplicates"]) == ([], 1)
    await api.done("updateContact", "contact { id }", id=blocked, blocked=False)
    assert (await api.merge(ann))["mergedContactIds"] == [blocked]


async def test_a_higher_threshold_takes_less(api: Api) -> None:
    """An exact phone alone is worth .98 and not .995, whether the call or the organization says so."""
    ann, lead = [await api.contact(name=name, phone="+4915112345678") for name in ("Ann Lee", None)]
    assert (await api.merge(ann, minProbability=0.995))["mergedContactIds"] == []
    await settings(api, autoMergeProbability=0.995)
    assert await decisions(api, ann) == [(lead, "REVIEW", [])]
    assert (await api.merge(ann))["mergedContactIds"] == []
    await settings(api, autoMergeProbability=None)
    assert (await api.merge(ann))["mergedContactIds"] == [lead]


@pytest.mark.parametrize("least", [-0.01, 1.01])
async def test_min_probability_is_one(api: Api, least: float) -> None:
    """Outside 0 to 1, or beside named sources: refused, nothing written."""
    ann, other = [await api.contact(name="Ann Lee", email=ANN) for _ in range(2)]
    wrong = [("BAD_USER_INPUT", ["minProbability"], None)]
    assert await refused(api, "mergeContacts", primaryContactId=ann, minProbability=least) == wrong
    named = {"primaryContactId": ann, "sourceContactIds": [other], "minProbability": 0.9}
    assert await refused(api, "mergeContacts", **named) == wrong


async def test_the_settings_of_matching(api: Api) -> None:
    """The model's thresholds unless chosen; guards may be added, never taken away; a field's evidence ignored."""
    chosen = "autoMergeProbability reviewProbability extraGuards ignoredFields"
    query = f"{{ mergeSettings {{ {chosen} }} }}"
    default = {"autoMergeProbability": 0.98, "reviewProbability": 0.5, "extraGuards": [], "ignoredFields": []}
    assert (await api.ask(query))["mergeSettings"] == default
    wanted = {
        "autoMergeProbability": 0.99,
        "reviewProbability": 0.6,
        "extraGuards": ["STALE_PHONE"],
        "ignoredFields": ["company", "address"],
    }
    await settings(api, **wanted)
    assert (await api.ask(query))["mergeSettings"] == wanted | {"ignoredFields": ["address", "company"]}
    await settings(api, defaultRegion="DE")
    assert (await api.ask(query))["mergeSettings"]["autoMergeProbability"] == 0.99
    await settings(api, **dict.fromkeys(wanted))
    assert (await api.ask(query))["mergeSettings"] == default


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"autoMergeProbability": 1.5}, ["autoMergeProbability"]),
        ({"reviewProbability": -1}, ["reviewProbability"]),
        ({"reviewProbability": 0.99}, ["autoMergeProbability"]),
        ({"autoMergeProbability": 0.4}, ["autoMergeProbability"]),
        ({"extraGuards": ["STALE_PHONE", "NAME_CONFLICT"]}, ["extraGuards", "1"]),
        ({"ignoredFields": ["shoeSize"]}, ["ignoredFields", "0"]),
    ],
)
async def test_settings_of_matching_that_are_refused(api: Api, sent: dict[str, Any], field: list[str]) -> None:
    """Each with its field, and nothing written."""
    assert await refused(api, "updateMergeSettings", **sent) == [("BAD_USER_INPUT", field, None)]


async def test_an_ignored_field_is_no_evidence_but_speaks_against(api: Api) -> None:
    """Without the address Ann and the lead have nothing; a name that differs goes on holding apart."""
    ann, lead, bob = await household(api)
    await settings(api, ignoredFields=["email"])
    assert await decisions(api, ann) == []
    assert (await api.merge(ann))["mergedContactIds"] == []
    await settings(api, ignoredFields=["name", "birthdate"])
    assert (await api.merge(ann))["mergedContactIds"] == [lead]
    assert [(one, guards[:1]) for one, _, guards in await decisions(api, ann, **{"from": 0})] == [
        (bob, ["NAME_CONFLICT"])
    ]


async def test_a_stale_phone_only_where_it_is_asked_for(api: Api) -> None:
    """A number alone with two years between the two: merged, unless the organization adds the guard."""
    ann = await api.contact(
        name="Ann Lee",
        phone="+4915112345678",
        createdAt="2021-01-01T00:00:00Z",
        lastActivityAt="2021-03-01T00:00:00Z",
    )
    caller = await api.contact(phone="+4915112345678", createdAt="2026-01-01T00:00:00Z")
    await settings(api, extraGuards=["STALE_PHONE"])
    assert await decisions(api, ann) == [(caller, "REVIEW", ["STALE_PHONE"])]
    await settings(api, extraGuards=[])
    assert (await api.merge(ann))["mergedContactIds"] == [caller]


async def test_leads_into_users_only(api: Api) -> None:
    """ROLE_RULE on every pair that is not one lead and one user."""
    await settings(api, roleRule="LEAD_INTO_USER")
    user, other = [await api.contact(role="USER", email=ANN) for _ in range(2)]
    lead = await api.contact(role="LEAD", email=ANN)
    assert await decisions(api, user) == [(other, "REVIEW", ["ROLE_RULE"]), (lead, "AUTO_MERGE", [])]
    assert [one[0] for one in await decisions(api, lead)] == [user, other]


async def test_a_preview_of_a_detected_merge_says_what_is_left(api: Api) -> None:
    """The same sources and the same rest as the merge; its hash binds the merge to them."""
    ann, lead, _ = await household(api)
    query = """query ($input: MergeContactsInput!) { mergePreview(input: $input) {
      allowed hash mergedContactIds remainingDuplicates } }"""
    seen = (await api.ask(query, input={"primaryContactId": ann, "minProbability": 0.9}))["mergePreview"]
    assert (seen["allowed"], seen["mergedContactIds"], seen["remainingDuplicates"]) == (True, [lead], 0)
    done = await api.merge(ann, expectedPreviewHash=seen["hash"])
    assert done["mergedContactIds"] == [lead]
