"""One organisation never learns of another: a foreign id and an id that nobody has give the same answer."""

from typing import Any

from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from resolvers.ids import (
    CALL,
    CHANNEL,
    CONTACT,
    CONVERSATION,
    DELIVERY,
    INBOX,
    JOB,
    KEY,
    LABEL,
    MERGE,
    NOTE,
    ORGANIZATION,
    SEGMENT,
    WEBHOOK,
    encode_id,
)
from schema.build import build_schema
from tests.contract.steps import api_answer, neighbour, unchanged
from tests.contract.tenant_cases import CASES, MAIL
from tests.contract.test_bulk import people
from tests.contract.test_conversation_merges import join
from tests.contract.test_history import converse
from tests.support.api import Api
from tests.support.deliveries import delivered
from tests.support.jobs import start

# Asked by a stream, and so tested where streams are: tests/contract/test_subscriptions.py.
SUBSCRIBING = {
    *("Subscription.contactMerged.organizationId", "Subscription.contactMerged.afterEvent"),
    "Subscription.jobProgress.id",  # tests/contract/test_job_progress.py
}


def _places() -> set[str]:
    """Every argument and input field of the schema whose type is ID or a list of IDs."""
    schema = build_schema()._schema
    found = set()
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                for argument, value in field.args.items():
                    if get_named_type(value.type).name == "ID":
                        found.add(f"{kind.name}.{name}.{argument}")
        elif isinstance(kind, GraphQLInputObjectType):
            found |= {f"{kind.name}.{name}" for name, f in kind.fields.items() if get_named_type(f.type).name == "ID"}
    return found


def test_every_place_that_takes_an_id_is_tested_here() -> None:
    """A new argument or input field of the type ID needs a line in CASES; a job reports on its groups when it works on
    them (tests/contract/test_bulk.py)."""
    groups = {f"ContactGroup.{name}" for name in ("primaryContactId", "sourceContactIds")}
    groups |= {f"ConversationGroup.{name}" for name in ("primaryConversationId", "sourceConversationIds")}
    assert _places() - groups == set(CASES) | SUBSCRIBING


async def enter(api: Api, contact: str) -> str:
    """The id of the inbox in which a contact has the address "s"."""
    given = {"contactId": contact, "sourceId": "s", "inbox": {"name": "Web"}}
    payload = await api.done("addInbox", "contact { inboxes { inbox { id } } }", **given)
    return str(payload["contact"]["inboxes"][0]["inbox"]["id"])


async def _theirs(api: Api) -> tuple[Api, dict[str, list[str]]]:
    """Another organisation with everything in it that has an id: contacts living, merged away and erased, and more."""
    other = await neighbour(api)
    values = {"name": "Theirs", "email": "ann@lee.example", "idempotencyKey": "theirs"}
    living, merged, erased = await other.contact(**values), await other.contact(), await other.contact()
    labels = await other.done("setLabels", "contact { labels { id } }", contactId=living, names=["vip"])
    segments = await other.done("setSegments", "contact { segments { id } }", contactId=living, names=["vip"])
    mail = {"type": "EMAIL", "email": "ann@lee.example"}
    channel = await other.done("addChannel", "channel { id }", contactId=living, channel=mail)
    inbox = await enter(other, living)
    await other.done("remember", "landedOn", contactId=living, persona="Ada", facts=[{"key": "k", "value": "v"}])
    merge = (await other.merge(living, merged, reason="theirs"))["merge"]["id"]
    await other.done("deleteContact", "deletedContactIds", id=erased)
    conversation = await other.done("createConversation", "conversation { id }", contactId=living, subject="theirs")
    began = {"direction": "INBOUND", "startedAt": "2026-01-01T00:00:00Z"}
    call = await other.done("logCall", "call { id }", contactId=living, **began)
    note = await other.done("addNote", "note { id }", contactId=living, body="theirs")
    mine = people(living, merged)
    job = await start(other, "mergeContactsInBulk", groups=[mine])
    webhook, delivery = await delivered(other)
    return other, {
        WEBHOOK: [webhook],
        DELIVERY: [delivery],
        JOB: [job["id"]],
        KEY: [(await other.ask("{ viewer { keyId } }"))["viewer"]["keyId"]],
        CALL: [call["call"]["id"]],
        CONVERSATION: [conversation["conversation"]["id"]],
        NOTE: [note["note"]["id"]],
        CONTACT: [living, merged, erased],
        LABEL: [labels["contact"]["labels"][0]["id"]],
        SEGMENT: [segments["contact"]["segments"][0]["id"]],
        CHANNEL: [channel["channel"]["id"]],
        INBOX: [inbox],
        MERGE: [merge],
        ORGANIZATION: [other.org],
    }


async def test_a_foreign_id_is_answered_like_one_that_nobody_has(api: Api) -> None:
    """Byte for byte but for the id, and without a trace of anything written, for every foreign thing of the kind."""
    _, theirs = await _theirs(api)
    mine = await api.contact(name="Mine", email="ann@lee.example")
    merge = (await api.merge(mine, await api.contact()))["merge"]["id"]
    thread, source = [await converse(api, mine) for _ in range(2)]
    own = {
        "MINE": mine,
        "MY_MERGE": merge,
        "MY_INBOX": await enter(api, mine),
        "MY_THREAD": thread,
        "MY_JOIN": (await join(api, thread, source))["merge"]["id"],
    }
    async with unchanged(api):
        for place, (kinds, documents) in CASES.items():
            for document in documents:
                written = document
                for name, value in own.items():
                    written = written.replace(name, value)
                query = f"query ($id: ID!) {written}" if written[0] == "{" else f"mutation ($id: ID!) {{ {written} }}"
                for kind in kinds:
                    nobody = encode_id(kind, api.new_id())
                    expected = str(api_answer(await api.send(query, {"id": nobody}))).replace(nobody, "ID")
                    assert "INTERNAL" not in expected, place
                    for foreign in theirs[kind]:
                        found = str(api_answer(await api.send(query, {"id": foreign}))).replace(foreign, "ID")
                        assert found == expected, (place, document)


async def test_lists_and_searches_hold_ones_own_alone(api: Api) -> None:
    """Every list, filter, search and lookup shows this organisation's entries, though both hold the same values."""
    other, _ = await _theirs(api)
    mine = await api.contact(name="Theirs", email="ann@lee.example", customAttributes={"a": 1})
    label = await api.done("setLabels", "contact { labels { id } }", contactId=mine, names=["vip"])
    query = f"""query ($label: ID) {{ all: contacts {{ totalCount nodes {{ id }} }}
      search: contacts(filter: {{search: "theirs"}}) {{ totalCount nodes {{ id }} }}
      email: contacts(filter: {{email: "ann@lee.example"}}) {{ totalCount nodes {{ id }} }}
      labelled: contacts(filter: {{labelId: $label}}) {{ totalCount nodes {{ id }} }}
      contactByIdentifier({MAIL}) {{ id }} labels {{ id }} merges {{ totalCount nodes {{ id }} }}
      viewer {{ organizations {{ id }} }} mergeSettings {{ organizationId }} }}"""
    label_id = label["contact"]["labels"][0]["id"]
    one: dict[str, Any] = {"totalCount": 1, "nodes": [{"id": mine}]}
    assert await api.ask(query, label=label_id) == {
        "all": one,
        "search": one,
        "email": one,
        "labelled": one,
        "contactByIdentifier": [{"id": mine}],
        "labels": [{"id": label_id}],
        "merges": {"totalCount": 0, "nodes": []},
        "viewer": {"organizations": [{"id": api.org}]},
        "mergeSettings": {"organizationId": api.org},
    }
    assert (await other.ask("{ contacts { totalCount } }"))["contacts"]["totalCount"] == 1


async def test_idempotency_keys_and_label_names_are_ones_own(api: Api) -> None:
    """The same key and the same label name in two organisations are two."""
    other, theirs = await _theirs(api)
    mine = await api.contact(name="Mine", idempotencyKey="theirs")
    await api.done("setLabels", "contact { id }", contactId=mine, names=["vip"])
    assert mine not in theirs[CONTACT]
    found = [(await who.ask("{ labels { id name } }"))["labels"] for who in (api, other)]
    assert [[label["name"] for label in labels] for labels in found] == [["vip"], ["vip"]]
    assert found[0][0]["id"] != found[1][0]["id"]


async def test_a_value_that_is_unique_elsewhere_is_free_here(api: Api) -> None:
    """The identifier rule looks at one's own organisation: no IDENTIFIER_TAKEN tells of another's holder."""
    await _theirs(api)
    await api.done("updateMergeSettings", "mergeSettings { organizationId }", identifierRule="UNIQUE")
    assert await api.contact(email="ann@lee.example")
