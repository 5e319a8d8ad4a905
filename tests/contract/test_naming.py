"""updateSegment, updateLabel and updateInbox: another name or colour under everybody who has it."""

import asyncio
from typing import Any

import pytest

from tests.contract.steps import get, refused
from tests.contract.test_segments import enter
from tests.support.api import Api

TAGS = [("Segment", "segments"), ("Label", "labels")]


async def _two(api: Api, kind: str, lists: str) -> tuple[str, list[dict[str, Any]]]:
    """A contact with a tag "Trial" and a tag "VIP", and these."""
    contact = await api.contact()
    fields = f"contact {{ {lists} {{ id name color }} }}"
    payload = await api.done(f"set{kind}s", fields, contactId=contact, names=["VIP", "Trial"])
    return contact, payload["contact"][lists]


@pytest.mark.parametrize(("kind", "lists"), TAGS)
async def test_a_name_and_a_colour_are_changed(api: Api, kind: str, lists: str) -> None:
    """Everybody who has it shows it at once; the contact itself is not changed; null takes the colour away."""
    contact, (trial, vip) = await _two(api, kind, lists)
    was = await get(api, contact, "version updatedAt")
    fields = f"{kind.lower()} {{ id name color }}"
    changed = (await api.done(f"update{kind}", fields, id=vip["id"], name=" Best ", color="#1f93FF"))[kind.lower()]
    assert changed == {"id": vip["id"], "name": "Best", "color": "#1f93FF"}
    shown = await get(api, contact, f"{lists} {{ id name color }} version updatedAt")
    assert shown == {lists: [changed, trial], **was}
    again = (await api.done(f"update{kind}", fields, id=vip["id"], name="BEST"))[kind.lower()]
    assert again == {**changed, "name": "BEST"}, "another spelling of its own name"
    bare = (await api.done(f"update{kind}", fields, id=vip["id"], color=None))[kind.lower()]
    assert bare == {**again, "color": None}
    found = await api.done(f"set{kind}s", f"contact {{ {lists} {{ id }} }}", contactId=contact, names=["best"])
    assert found["contact"][lists] == [{"id": vip["id"]}], "found by its new name"


@pytest.mark.parametrize(("kind", "lists"), TAGS)
async def test_what_is_wrong_is_told(api: Api, kind: str, lists: str) -> None:
    """A name that another has, in any case; a blank or null name; no colour; a foreign kind of id."""
    _, (trial, vip) = await _two(api, kind, lists)
    field = ("BAD_USER_INPUT", ["name"], None)
    for name in ("TRIAL", " ", None, "x" * 101):
        assert await refused(api, f"update{kind}", id=vip["id"], name=name) == [field]
    told = await api.refused(f"update{kind}", id=vip["id"], name="trial")
    assert trial["id"] in told[0]["message"]
    for color in ("#12", "1f93ff", "red; x", "url(#a)", "x" * 33):
        wrong = await refused(api, f"update{kind}", id=vip["id"], name="New", color=color)
        assert wrong == [("BAD_USER_INPUT", ["color"], None)]
    contact = await api.contact()
    assert await refused(api, f"update{kind}", id=contact, name="x") == [("BAD_USER_INPUT", ["id"], None)]


async def test_a_segment_says_when_it_was_changed(api: Api) -> None:
    """Not when nothing was."""
    _, (_, vip) = await _two(api, "Segment", "segments")
    fields = "segment { createdAt updatedAt }"
    api.clock.advance(minutes=1)
    same = (await api.done("updateSegment", fields, id=vip["id"], name="VIP"))["segment"]
    assert same["updatedAt"] == same["createdAt"]
    changed = (await api.done("updateSegment", fields, id=vip["id"], color="red"))["segment"]
    assert changed["updatedAt"] > changed["createdAt"]


async def test_two_who_want_one_name(api: Api) -> None:
    """At once: one gets it, the other is told; and whoever makes it meanwhile finds it."""
    contact, (trial, vip) = await _two(api, "Segment", "segments")
    payloads = await asyncio.gather(
        api.act("updateSegment", "segment { id }", id=trial["id"], name="Both"),
        api.act("updateSegment", "segment { id }", id=vip["id"], name="both"),
        api.act("setSegments", "contact { segments { name } }", contactId=contact, names=["BOTH"]),
    )
    assert payloads[2]["userErrors"] == []
    names = [row["name"].lower() for row in (await api.ask("{ segments { name } }"))["segments"]]
    assert names.count("both") == 1
    for payload in payloads[:2]:
        assert [error["field"] for error in payload["userErrors"]] in ([], [["name"]])


async def test_an_inbox_is_changed(api: Api) -> None:
    """Addresses and conversations show it; one with its channel id and name may not be there."""
    contact = await api.contact()
    web, other = await enter(api, contact, "s1"), await enter(api, contact, "s2", channelId="7")
    fields = "inbox { id name channelId avatarUrl channelType provider }"
    values = {"name": "Chat", "avatarUrl": "https://x.test/a.png", "channelType": "Channel::Api", "provider": "p"}
    changed = (await api.done("updateInbox", fields, id=web, **values))["inbox"]
    assert changed == {"id": web, "channelId": None, **values}
    assert (await get(api, contact, "inboxes { inbox { name } }"))["inboxes"][0]["inbox"]["name"] == "Chat"
    cleared = (await api.done("updateInbox", fields, id=web, provider=None))["inbox"]
    assert cleared == {**changed, "provider": None}
    taken = {"name": "web", "channelId": "7"}
    assert await refused(api, "updateInbox", id=web, **taken) == [("BAD_USER_INPUT", ["name"], None)]
    assert other in (await api.refused("updateInbox", id=web, **taken))[0]["message"]
    assert await refused(api, "updateInbox", id=web, name=None) == [("BAD_USER_INPUT", ["name"], None)]
    assert await refused(api, "updateInbox", id=web, provider="x" * 101) == [("BAD_USER_INPUT", ["provider"], None)]
