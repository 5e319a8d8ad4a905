"""What an undo leaves standing or brings back beside the fields: late writes, removals, consent, clashes, pairs."""

from tests.contract.steps import get, refused, settings
from tests.contract.test_undo import WHOLE, at_now, merge_of, rich, undo
from tests.support.api import Api


async def test_what_was_written_to_an_old_id_goes_back_with_it(api: Api) -> None:
    """An identifier that was sent to the source's id; one that was sent to the survivor stays there."""
    a, b = await api.contact(name="A", email="a@x.test"), await api.contact(name="B", email="b@x.test")
    merge = await merge_of(api, a, b)
    for contact, value in ((b, "late@x.test"), (a, "stays@x.test")):
        given = {"kind": "EMAIL", "value": value}
        payload = await api.done("addIdentifier", "landedOn", contactId=contact, identifier=given)
        assert payload["landedOn"] == (a if contact == b else None)
    await undo(api, merge)
    assert await _emails(api, a) == ["a@x.test", "stays@x.test"]
    assert await _emails(api, b) == ["b@x.test", "late@x.test"]


async def _emails(api: Api, contact: str) -> list[str]:
    return [found["normalized"] for found in (await get(api, contact, "identifiers { normalized }"))["identifiers"]]


async def test_what_was_taken_off_through_the_survivor_comes_back(api: Api) -> None:
    """Identifiers and labels of the source alike."""
    a, b = await rich(api, 1), await rich(api, 2)
    before = await get(api, b, WHOLE)
    merge = await merge_of(api, a, b)
    taken = {"contactId": a, "kind": "EMAIL", "value": "p2@example.org"}
    await api.done("removeIdentifier", "contact { id }", **taken)
    await api.done("setLabels", "contact { id }", contactId=a, names=[])
    await undo(api, merge)
    assert await get(api, b, WHOLE) == before
    assert (await get(api, a, "labels { name }"))["labels"] == []


async def test_an_opt_out_of_the_survivor_holds_for_all(api: Api) -> None:
    """With its time and words, and told; a block too. An opt-in is not handed on."""
    a, b, c = await api.contact(name="A"), await api.contact(name="B"), await api.contact(name="C", unsubscribed=True)
    merge = await merge_of(api, a, b, c)
    api.clock.advance(hours=1)
    await api.done("updateContact", "contact { id }", id=a, unsubscribed=False, blocked=True)
    api.clock.advance(hours=1)
    said = {"unsubscribed": True, "unsubscribeReason": "too many", "unsubscribeFeedback": "Stop."}
    await api.done("updateContact", "contact { id }", id=a, **said)
    at = at_now(api)
    api.clock.advance(hours=1)
    done = await undo(api, merge)
    fields = "unsubscribed unsubscribedAt unsubscribeReason unsubscribeFeedback blocked"
    assert await get(api, b, fields) == {**said, "unsubscribedAt": at, "blocked": True}
    assert (await get(api, c, fields))["unsubscribedAt"] != at, "its own opt-out came before"
    kept = {(edit["contactId"], edit["field"]) for edit in done["keptEdits"]}
    assert kept == {(a, "unsubscribed"), (a, "blocked"), (b, "unsubscribed"), (b, "blocked"), (c, "blocked")}


async def test_an_opt_in_is_not_handed_on(api: Api) -> None:
    """C had opted out; the survivor opted in since. C alone again is opted out as it was."""
    a, c = await api.contact(name="A"), await api.contact(name="C", unsubscribed=True)
    merge = await merge_of(api, a, c)
    await api.done("updateContact", "contact { id }", id=a, unsubscribed=False)
    await undo(api, merge)
    assert (await get(api, a, "unsubscribed"))["unsubscribed"] is False
    assert (await get(api, c, "unsubscribed"))["unsubscribed"] is True


async def test_an_opt_out_said_again_outlives_the_undo(api: Api) -> None:
    """The survivor was opted out by the merge; then somebody said so. Taking the merge back must not loosen it."""
    a, c = await api.contact(name="A"), await api.contact(name="C", unsubscribed=True)
    merge = await merge_of(api, a, c)
    await api.done("updateContact", "contact { id }", id=a, unsubscribed=True)
    await undo(api, merge)
    assert (await get(api, a, "unsubscribed"))["unsubscribed"] is True


async def test_an_identifier_that_two_hold_now_is_told(api: Api) -> None:
    """Under UNIQUE since the merge: the undo succeeds and names the clash."""
    shared = [{"kind": "EXTERNAL_ID", "system": "crm", "value": "C-1"}]
    a, b = await api.contact(name="A", identifiers=shared), await api.contact(name="B", identifiers=shared)
    merge = await merge_of(api, a, b)
    await settings(api, identifierRule="UNIQUE_EXTERNAL_IDS")
    done = await undo(api, merge)
    assert [(edit["contactId"], edit["field"], edit["value"]) for edit in done["keptEdits"]] == [
        (b, "identifiers", "C-1")
    ]
    assert a in done["keptEdits"][0]["reason"]


async def test_keep_apart_marks_the_pair(api: Api) -> None:
    """So that they are not merged again by mistake."""
    a, b = await api.contact(name="A", email="x@x.test"), await api.contact(name="B", email="x@x.test")
    merge = await merge_of(api, a, b)
    await undo(api, merge, keepApart=True, reason="Father and son")
    assert (await api.merge(a))["mergedContactIds"] == []
    again = await refused(api, "mergeContacts", primaryContactId=a, sourceContactIds=[b])
    assert again == [("MARKED_DISTINCT", ["sourceContactIds", "0"], b)]
    await api.merge(a, b, allowMarkedDistinct=True)
