"""One organisation never learns of another: a foreign id and an id that nobody has give the same answer."""

from typing import Any

from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from resolvers.ids import (
    CALL,
    CHANNEL,
    CONTACT,
    CONVERSATION,
    INBOX,
    LABEL,
    MERGE,
    NOTE,
    ORGANIZATION,
    SEGMENT,
    encode_id,
)
from schema.build import build_schema
from tests.contract.steps import api_answer, neighbour, unchanged
from tests.support.api import Api

_ERRORS = "userErrors { code message field contactId }"
_PAYLOAD = f"{{ contact {{ id }} {_ERRORS} }}"
_MERGED = f"{{ merged {{ id }} {_ERRORS} }}"
_MAIL = 'kind: EMAIL, value: "ann@lee.example"'

# Every place of the schema that takes an id -> what kind of id, and documents that put it there.
CASES: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "Query.contact.id": (
        (CONTACT,),
        ["{ contact(id: $id) { name } }", "{ contact(id: $id, followMerges: true) { name } }"],
    ),
    "Query.resolveContact.id": ((CONTACT,), ["{ resolveContact(id: $id) { id status contact { name } path { id } } }"]),
    "Query.node.id": (
        (CALL, CHANNEL, CONTACT, CONVERSATION, INBOX, LABEL, MERGE, NOTE, ORGANIZATION, SEGMENT),
        ["{ node(id: $id) { __typename id } }"],
    ),
    "Query.duplicates.contactId": (
        (CONTACT,),
        ["{ duplicates(contactId: $id, minProbability: 0) { contact { name } probability } }"],
    ),
    "Query.merge.id": ((MERGE,), ["{ merge(id: $id) { id reason } }"]),
    "Query.contacts.organizationId": (
        (ORGANIZATION,),
        ["{ contacts(organizationId: $id) { totalCount nodes { name } } }"],
    ),
    "Query.contactByIdentifier.organizationId": (
        (ORGANIZATION,),
        [f"{{ contactByIdentifier({_MAIL}, organizationId: $id) {{ name }} }}"],
    ),
    "Query.labels.organizationId": ((ORGANIZATION,), ["{ labels(organizationId: $id) { name } }"]),
    "Query.segments.organizationId": ((ORGANIZATION,), ["{ segments(organizationId: $id) { name contactsCount } }"]),
    "Query.inboxes.organizationId": ((ORGANIZATION,), ["{ inboxes(organizationId: $id) { name } }"]),
    "Query.mergeSettings.organizationId": ((ORGANIZATION,), ["{ mergeSettings(organizationId: $id) { roleRule } }"]),
    "Query.merges.organizationId": ((ORGANIZATION,), ["{ merges(organizationId: $id) { totalCount nodes { id } } }"]),
    "ContactFilter.labelId": ((LABEL,), ["{ contacts(filter: {labelId: $id}) { totalCount nodes { name } } }"]),
    "Query.conversation.id": (
        (CONVERSATION,),
        ["{ conversation(id: $id) { subject } }", "{ conversation(id: $id, followMerges: true) { subject } }"],
    ),
    "Query.conversations.organizationId": (
        (ORGANIZATION,),
        ["{ conversations(organizationId: $id) { totalCount nodes { id } } }"],
    ),
    "ConversationFilter.contactId": (
        (CONTACT,),
        ["{ conversations(filter: {contactId: $id}) { totalCount nodes { id } } }"],
    ),
    "CreateConversationInput.contactId": (
        (CONTACT,),
        [f"createConversation(input: {{contactId: $id}}) {{ conversation {{ id }} {_ERRORS} }}"],
    ),
    "UpdateConversationInput.id": (
        (CONVERSATION,),
        [f'updateConversation(input: {{id: $id, subject: "x"}}) {{ conversation {{ id }} {_ERRORS} }}'],
    ),
    "AddMessageInput.conversationId": (
        (CONVERSATION,),
        [f'addMessage(input: {{conversationId: $id, body: "x", author: BOT}}) {{ message {{ id }} {_ERRORS} }}'],
    ),
    "LogCallInput.contactId": (
        (CONTACT,),
        [
            'logCall(input: {contactId: $id, direction: INBOUND, startedAt: "2026-01-01T00:00:00Z"})'
            f" {{ call {{ id }} {_ERRORS} }}"
        ],
    ),
    "UpdateCallInput.id": ((CALL,), [f'updateCall(input: {{id: $id, summary: "x"}}) {{ call {{ id }} {_ERRORS} }}']),
    "RemoveCallInput.id": ((CALL,), [f"removeCall(input: {{id: $id}}) {{ removedId {_ERRORS} }}"]),
    "AddNoteInput.contactId": (
        (CONTACT,),
        [f'addNote(input: {{contactId: $id, body: "x"}}) {{ note {{ id }} {_ERRORS} }}'],
    ),
    "UpdateNoteInput.id": ((NOTE,), [f'updateNote(input: {{id: $id, body: "x"}}) {{ note {{ id }} {_ERRORS} }}']),
    "RemoveNoteInput.id": ((NOTE,), [f"removeNote(input: {{id: $id}}) {{ removedId {_ERRORS} }}"]),
    "ContactFilter.segmentId": ((SEGMENT,), ["{ contacts(filter: {segmentId: $id}) { totalCount nodes { name } } }"]),
    "MergeFilter.contactId": ((CONTACT,), ["{ merges(filter: {contactId: $id}) { totalCount nodes { id } } }"]),
    "CreateContactInput.organizationId": (
        (ORGANIZATION,),
        [
            f'createContact(input: {{organizationId: $id, name: "x"}}) {_PAYLOAD}',
            f"upsertContact(input: {{by: {{{_MAIL}}}, contact: {{organizationId: $id}}}}) {_PAYLOAD}",
        ],
    ),
    "ImportContactsInput.organizationId": (
        (ORGANIZATION,),
        [
            'importContacts(input: {organizationId: $id, contacts: [{name: "x"}]})'
            f" {{ results {_PAYLOAD} {_ERRORS} }}"
        ],
    ),
    "UpdateMergeSettingsInput.organizationId": (
        (ORGANIZATION,),
        [f"updateMergeSettings(input: {{organizationId: $id, roleRule: LEAD_INTO_USER}}) {{ {_ERRORS} }}"],
    ),
    "UpdateContactInput.id": (
        (CONTACT,),
        [
            f'updateContact(input: {{id: $id, name: "x"}}) {_PAYLOAD}',
            f'updateContact(input: {{id: $id, email: "x", expectedVersion: 9}}) {_PAYLOAD}',
        ],
    ),
    "DeleteContactInput.id": ((CONTACT,), [f"deleteContact(input: {{id: $id}}) {{ deletedContactIds {_ERRORS} }}"]),
    "SetLabelsInput.contactId": ((CONTACT,), [f'setLabels(input: {{contactId: $id, names: ["vip"]}}) {_PAYLOAD}']),
    "SetSegmentsInput.contactId": ((CONTACT,), [f'setSegments(input: {{contactId: $id, names: ["vip"]}}) {_PAYLOAD}']),
    "UpdateSegmentInput.id": (
        (SEGMENT,),
        [f'updateSegment(input: {{id: $id, name: "vip"}}) {{ segment {{ id }} {_ERRORS} }}'],
    ),
    "UpdateLabelInput.id": (
        (LABEL,),
        [f'updateLabel(input: {{id: $id, color: "red"}}) {{ label {{ id }} {_ERRORS} }}'],
    ),
    "UpdateInboxInput.id": (
        (INBOX,),
        [f'updateInbox(input: {{id: $id, name: "Web"}}) {{ inbox {{ id }} {_ERRORS} }}'],
    ),
    "AddChannelInput.contactId": (
        (CONTACT,),
        [f'addChannel(input: {{contactId: $id, channel: {{type: SMS, phone: "+4930123456"}}}}) {{ {_ERRORS} }}'],
    ),
    "UpdateChannelInput.id": ((CHANNEL,), [f'updateChannel(input: {{id: $id, name: "x"}}) {{ {_ERRORS} }}']),
    "RemoveChannelInput.id": ((CHANNEL,), [f"removeChannel(input: {{id: $id}}) {{ removedId {_ERRORS} }}"]),
    "AddInboxInput.contactId": (
        (CONTACT,),
        [f'addInbox(input: {{contactId: $id, sourceId: "s", inbox: {{name: "Web"}}}}) {_PAYLOAD}'],
    ),
    "RemoveInboxInput.contactId": (
        (CONTACT,),
        [f'removeInbox(input: {{contactId: $id, inboxId: "MY_INBOX", sourceId: "s"}}) {_PAYLOAD}'],
    ),
    "RemoveInboxInput.inboxId": (
        (INBOX,),
        [f'removeInbox(input: {{contactId: "MINE", inboxId: $id, sourceId: "s"}}) {_PAYLOAD}'],
    ),
    "CreateConversationInput.inboxId": (
        (INBOX,),
        [f'createConversation(input: {{contactId: "MINE", inboxId: $id}}) {{ {_ERRORS} }}'],
    ),
    "RememberInput.contactId": (
        (CONTACT,),
        [f'remember(input: {{contactId: $id, persona: "Ada", facts: [{{key: "k", value: "v"}}]}}) {_PAYLOAD}'],
    ),
    "ForgetInput.contactId": (
        (CONTACT,),
        [
            f'forget(input: {{contactId: $id, persona: "Ada"}}) {_PAYLOAD}',
            f'forget(input: {{contactId: $id, persona: "Ada", key: "k"}}) {_PAYLOAD}',
        ],
    ),
    "AddIdentifierInput.contactId": (
        (CONTACT,),
        [f"addIdentifier(input: {{contactId: $id, identifier: {{{_MAIL}}}}}) {_PAYLOAD}"],
    ),
    "RemoveIdentifierInput.contactId": (
        (CONTACT,),
        [f"removeIdentifier(input: {{contactId: $id, {_MAIL}}}) {_PAYLOAD}"],
    ),
    "MergeContactsInput.primaryContactId": (
        (CONTACT,),
        [
            f"mergeContacts(input: {{primaryContactId: $id}}) {_MERGED}",
            f'mergeContacts(input: {{primaryContactId: $id, sourceContactIds: ["MINE"]}}) {_MERGED}',
            f'mergeContacts(input: {{primaryContactId: $id, idempotencyKey: "theirs"}}) {_MERGED}',
        ],
    ),
    "FieldOverride.fromContactId": (
        (CONTACT,),
        [
            'mergeContacts(input: {primaryContactId: "MINE", overrides: [{field: NAME, fromContactId: $id}]})'
            f" {_MERGED}"
        ],
    ),
    "UndoMergeInput.mergeId": ((MERGE,), [f"undoMerge(input: {{mergeId: $id}}) {{ merge {{ id }} {_ERRORS} }}"]),
    "UndoMergeInput.sourceContactIds": (
        (CONTACT,),
        [f'undoMerge(input: {{mergeId: "MY_MERGE", sourceContactIds: [$id]}}) {{ merge {{ id }} {_ERRORS} }}'],
    ),
    "MarkDistinctInput.contactIds": (
        (CONTACT,),
        [
            f'markDistinct(input: {{contactIds: ["MINE", $id]}}) {{ pairs {_ERRORS} }}',
            f'unmarkDistinct(input: {{contactIds: [$id, "MINE"]}}) {{ pairs {_ERRORS} }}',
        ],
    ),
    "MergeContactsInput.sourceContactIds": (
        (CONTACT,),
        [f'mergeContacts(input: {{primaryContactId: "MINE", sourceContactIds: [$id]}}) {_MERGED}'],
    ),
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
    """A new argument or input field of the type ID needs a line in CASES."""
    assert _places() == set(CASES)


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
    return other, {
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
    inbox = await enter(api, mine)
    async with unchanged(api):
        for place, (kinds, documents) in CASES.items():
            for document in documents:
                written = document.replace("MINE", mine).replace("MY_MERGE", merge).replace("MY_INBOX", inbox)
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
      contactByIdentifier({_MAIL}) {{ id }} labels {{ id }} merges {{ totalCount nodes {{ id }} }}
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
