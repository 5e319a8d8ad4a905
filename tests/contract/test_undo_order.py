"""Undo where edits and merges of one survivor alternate: each edit keeps its place among the merges."""

from typing import Any

from tests.contract.steps import get, settings
from tests.contract.test_undo import merge_of, undo
from tests.support.api import Api


async def edit(api: Api, contact: str, **values: Any) -> None:
    """An edit that must succeed."""
    await api.done("updateContact", "contact { id }", id=contact, **values)


async def test_a_blank_that_was_made_by_an_edit_is_filled_by_a_later_merge(api: Api) -> None:
    """A <- B brings a title; it is cleared; A <- C fills it. Without B it still was cleared, then filled."""
    a, b, c = await api.contact(), await api.contact(title="Mr"), await api.contact(title="Dr")
    first = await merge_of(api, a, b)
    await edit(api, a, title=None)
    await merge_of(api, a, c)
    await undo(api, first)
    assert (await get(api, a, "title"))["title"] == "Dr"


async def test_an_edit_before_the_undone_merge_is_no_later_edit(api: Api) -> None:
    """It is beneath the merge, and what the merge put over it gives way to it again."""
    await settings(api, survivorship=[{"field": "TITLE", "rule": "MOST_RECENT"}])
    a = await api.contact(title="Mr")
    await edit(api, a, title="Dr")
    api.clock.advance(minutes=1)
    b = await api.contact(title="Prof")
    merge = await merge_of(api, a, b)
    assert (await get(api, a, "title"))["title"] == "Prof"
    assert (await undo(api, merge))["keptEdits"] == []
    assert (await get(api, a, "title"))["title"] == "Dr"


async def test_an_object_that_an_edit_emptied_stays_empty(api: Api) -> None:
    """As by RFC 7396: removing its last member leaves {}, with the merge and without it."""
    a = await api.contact(customAttributes={"k": {"a": 1}})
    b = await api.contact(customAttributes={"k": {"b": 2}})
    merge = await merge_of(api, a, b)
    await edit(api, a, customAttributes={"k": {"a": None}})
    assert (await get(api, a, "customAttributes"))["customAttributes"] == {"k": {"b": 2}}
    await undo(api, merge)
    assert (await get(api, a, "customAttributes"))["customAttributes"] == {"k": {}}


async def test_an_object_that_an_edit_removed_is_not_brought_back_by_a_later_merge_decided_anew(api: Api) -> None:
    """B's number stood in the way of C's object; then the key was removed. Without B, C's object came first."""
    a = await api.contact()
    b, c = await api.contact(customAttributes={"k": 1}), await api.contact(customAttributes={"k": {"x": 2}})
    first = await merge_of(api, a, b)
    await merge_of(api, a, c)
    await edit(api, a, customAttributes={"k": None, "other": 1})
    done = await undo(api, first)
    assert {kept["field"]: kept["value"] for kept in done["keptEdits"]} == {
        "customAttributes/k": None,
        "customAttributes/other": 1,
    }
    assert (await get(api, a, "customAttributes"))["customAttributes"] == {"other": 1}


async def test_a_value_in_the_way_gives_way_to_an_edit_inside_it(api: Api) -> None:
    """Without B, C's number would stand where the edit wrote an object: the edit wins."""
    a = await api.contact()
    b, c = await api.contact(customAttributes={"k": {"m": 1}}), await api.contact(customAttributes={"k": 7})
    first = await merge_of(api, a, b)
    await merge_of(api, a, c)
    await edit(api, a, customAttributes={"k": {"n": 2}})
    await undo(api, first)
    assert (await get(api, a, "customAttributes"))["customAttributes"] == {"k": {"n": 2}}


async def test_provenance_stays_true_after_edits_merges_and_undos(api: Api) -> None:
    """Each value with whose it is and by which rule, at every step."""
    a = await api.contact(name="Ada")
    b, c = await api.contact(company="Acme"), await api.contact(company="Bolt", title="Dr")

    async def told() -> dict[str, tuple[Any, str, str]]:
        fields = (await get(api, a, "provenance { field value contactId rule }"))["provenance"]
        wanted = ("company", "title", "name")
        return {f["field"]: (f["value"], f["contactId"], f["rule"]) for f in fields if f["field"] in wanted}

    first = await merge_of(api, a, b)
    second = await merge_of(api, a, c)
    own = ("Ada", a, "PRIMARY")
    dr = ("Dr", c, "FILLED_FROM_SOURCE")
    assert await told() == {"name": own, "company": ("Acme", b, "FILLED_FROM_SOURCE"), "title": dr}
    await undo(api, first)
    assert await told() == {"name": own, "company": ("Bolt", c, "FILLED_FROM_SOURCE"), "title": dr}
    await edit(api, a, company="Mine")
    assert await told() == {"name": own, "company": ("Mine", a, "EDITED_AFTER_MERGE"), "title": dr}
    await undo(api, second)
    assert await told() == {"name": own, "company": ("Mine", a, "PRIMARY")}
