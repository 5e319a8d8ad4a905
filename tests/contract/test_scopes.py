"""Each field asks for its scope, and keys that are over are over."""

from datetime import timedelta
from typing import Any

from graphql import GraphQLField, GraphQLObjectType
from sqlalchemy import Update, update

from db.engine import Transaction
from db.organizations import api_key
from resolvers.access import ALL_SCOPES, Scope
from schema.build import build_schema
from schema.described import ANY_KEY, NEEDS
from tests.contract.scope_things import id_of_key, nobodys
from tests.contract.scope_things import things as one_of_everything
from tests.contract.steps import unchanged, with_key
from tests.contract.test_tenants import enter
from tests.support.api import Api

_MAIL = '{kind: EMAIL, value: "ann@lee.example"}'
# Root field -> the scope it needs (None: any key) and how to ask for it. CONTACT, MERGE and so on are filled in.
FIELDS: dict[str, tuple[Scope | None, str]] = {
    "Query.viewer": (None, "{ viewer { scopes organizations { id } } }"),
    "Query.node": (Scope.CONTACTS_READ, '{ node(id: "CONTACT") { id } }'),
    "Query.contact": (Scope.CONTACTS_READ, '{ contact(id: "CONTACT") { id } }'),
    "Query.contacts": (Scope.CONTACTS_READ, "{ contacts { nodes { id } } }"),
    "Query.contactByIdentifier": (
        Scope.CONTACTS_READ,
        '{ contactByIdentifier(kind: EMAIL, value: "ann@lee.example") { id } }',
    ),
    "Query.resolveContact": (Scope.CONTACTS_READ, '{ resolveContact(id: "CONTACT") { id } }'),
    "Query.duplicates": (Scope.CONTACTS_READ, '{ duplicates(contactId: "CONTACT") { probability } }'),
    "Query.merge": (Scope.CONTACTS_READ, '{ merge(id: "MERGE") { id } }'),
    "Query.merges": (Scope.CONTACTS_READ, "{ merges { nodes { id } } }"),
    "Query.labels": (Scope.CONTACTS_READ, "{ labels { id } }"),
    "Query.segments": (Scope.CONTACTS_READ, "{ segments { id } }"),
    "Query.inboxes": (Scope.CONTACTS_READ, "{ inboxes { id } }"),
    "Query.mergeSettings": (Scope.CONTACTS_READ, "{ mergeSettings { roleRule } }"),
    "Mutation.createContact": (Scope.CONTACTS_WRITE, 'createContact(input: {name: "x"})'),
    "Mutation.updateContact": (Scope.CONTACTS_WRITE, 'updateContact(input: {id: "CONTACT", name: "x"})'),
    "Mutation.upsertContact": (Scope.CONTACTS_WRITE, f"upsertContact(input: {{by: {_MAIL}, contact: {{}}}})"),
    "Mutation.importContacts": (Scope.CONTACTS_WRITE, "importContacts(input: {contacts: [{}]})"),
    "Mutation.setLabels": (Scope.CONTACTS_WRITE, 'setLabels(input: {contactId: "CONTACT", names: ["x"]})'),
    "Mutation.setSegments": (Scope.CONTACTS_WRITE, 'setSegments(input: {contactId: "CONTACT", names: ["x"]})'),
    "Mutation.updateSegment": (Scope.CONTACTS_WRITE, 'updateSegment(input: {id: "SEGMENT", color: "red"})'),
    "Mutation.updateLabel": (Scope.CONTACTS_WRITE, 'updateLabel(input: {id: "LABEL", color: "red"})'),
    "Mutation.updateInbox": (Scope.CONTACTS_WRITE, 'updateInbox(input: {id: "INBOX", name: "x"})'),
    "Mutation.addChannel": (
        Scope.CONTACTS_WRITE,
        'addChannel(input: {contactId: "CONTACT", channel: {type: SMS, phone: "+4930123456"}})',
    ),
    "Mutation.updateChannel": (Scope.CONTACTS_WRITE, 'updateChannel(input: {id: "CHANNEL", name: "x"})'),
    "Mutation.removeChannel": (Scope.CONTACTS_WRITE, 'removeChannel(input: {id: "CHANNEL"})'),
    "Mutation.addInbox": (
        Scope.CONTACTS_WRITE,
        'addInbox(input: {contactId: "CONTACT", sourceId: "x", inbox: {name: "Web"}})',
    ),
    "Mutation.removeInbox": (
        Scope.CONTACTS_WRITE,
        'removeInbox(input: {contactId: "CONTACT", inboxId: "INBOX", sourceId: "s"})',
    ),
    "Mutation.remember": (
        Scope.CONTACTS_WRITE,
        'remember(input: {contactId: "CONTACT", persona: "Ada", facts: [{key: "k", value: "v"}]})',
    ),
    "Mutation.forget": (Scope.CONTACTS_WRITE, 'forget(input: {contactId: "CONTACT", persona: "Bob"})'),
    "Mutation.addIdentifier": (
        Scope.CONTACTS_WRITE,
        f'addIdentifier(input: {{contactId: "CONTACT", identifier: {_MAIL}}})',
    ),
    "Mutation.removeIdentifier": (
        Scope.CONTACTS_WRITE,
        'removeIdentifier(input: {contactId: "CONTACT", kind: EMAIL, value: "ann@lee.example"})',
    ),
    "Mutation.mergeContacts": (Scope.MERGE, 'mergeContacts(input: {primaryContactId: "CONTACT"})'),
    "Query.conversation": (Scope.CONTACTS_READ, '{ conversation(id: "CONVERSATION") { id } }'),
    "Query.conversations": (Scope.CONTACTS_READ, "{ conversations { nodes { id } } }"),
    "Mutation.createConversation": (Scope.CONTACTS_WRITE, 'createConversation(input: {contactId: "CONTACT"})'),
    "Mutation.updateConversation": (Scope.CONTACTS_WRITE, 'updateConversation(input: {id: "CONVERSATION"})'),
    "Mutation.mergeConversations": (
        Scope.MERGE,
        'mergeConversations(input: {primaryConversationId: "CONVERSATION", sourceConversationIds: ["THREAD"]})',
    ),
    "Mutation.addMessage": (
        Scope.CONTACTS_WRITE,
        'addMessage(input: {conversationId: "CONVERSATION", body: "x", author: BOT})',
    ),
    "Mutation.logCall": (
        Scope.CONTACTS_WRITE,
        'logCall(input: {contactId: "CONTACT", direction: INBOUND, startedAt: "2026-01-01T00:00:00Z"})',
    ),
    "Mutation.updateCall": (Scope.CONTACTS_WRITE, 'updateCall(input: {id: "CALL", summary: "x"})'),
    "Mutation.removeCall": (Scope.CONTACTS_WRITE, 'removeCall(input: {id: "CALL"})'),
    "Mutation.addNote": (Scope.CONTACTS_WRITE, 'addNote(input: {contactId: "CONTACT", body: "x"})'),
    "Mutation.updateNote": (Scope.CONTACTS_WRITE, 'updateNote(input: {id: "NOTE", body: "x"})'),
    "Mutation.removeNote": (Scope.CONTACTS_WRITE, 'removeNote(input: {id: "NOTE"})'),
    "Query.mergePreview": (
        Scope.CONTACTS_READ,
        '{ mergePreview(input: {primaryContactId: "CONTACT"}) { hash } }',
    ),
    "Mutation.undoMerge": (Scope.UNDO, 'undoMerge(input: {mergeId: "MERGE"})'),
    "Mutation.markDistinct": (Scope.MERGE, 'markDistinct(input: {contactIds: ["CONTACT", "OTHER"]})'),
    "Mutation.unmarkDistinct": (Scope.MERGE, 'unmarkDistinct(input: {contactIds: ["CONTACT", "OTHER"]})'),
    "Mutation.updateMergeSettings": (
        Scope.SETTINGS,
        "updateMergeSettings(input: {identifierRule: UNIQUE_EXTERNAL_IDS})",
    ),
    "Mutation.deleteContact": (Scope.ERASE, 'deleteContact(input: {id: "CONTACT"})'),
    "Query.job": (Scope.CONTACTS_READ, '{ job(id: "JOB") { id } }'),
    "Query.jobs": (Scope.CONTACTS_READ, "{ jobs { nodes { id } } }"),
    "Mutation.mergeContactsInBulk": (
        Scope.MERGE,
        'mergeContactsInBulk(input: {groups: [{primaryContactId: "CONTACT", sourceContactIds: ["OTHER"]}]})',
    ),
    "Mutation.mergeConversationsInBulk": (
        Scope.MERGE,
        "mergeConversationsInBulk(input: {groups:"
        ' [{primaryConversationId: "CONVERSATION", sourceConversationIds: ["THREAD"]}]})',
    ),
    "Mutation.cancelJob": (Scope.MERGE, 'cancelJob(input: {id: "JOB"})'),
    "Mutation.retryJob": (Scope.MERGE, 'retryJob(input: {id: "CANCELLED_JOB"})'),
    "Mutation.rebuildMatching": (Scope.SETTINGS, "rebuildMatching(input: {})"),
    "Mutation.undoJob": (Scope.UNDO, 'undoJob(input: {id: "JOB_OVER"})'),
    "Query.webhook": (Scope.WEBHOOKS, '{ webhook(id: "WEBHOOK") { id } }'),
    "Query.webhooks": (Scope.WEBHOOKS, "{ webhooks { id } }"),
    "Query.webhookDeliveries": (Scope.WEBHOOKS, '{ webhookDeliveries(webhookId: "WEBHOOK") { nodes { id } } }'),
    "Mutation.createWebhook": (
        Scope.WEBHOOKS,
        'createWebhook(input: {url: "https://hooks.example.com/", topics: ["contact.merged"]})',
    ),
    "Mutation.updateWebhook": (Scope.WEBHOOKS, 'updateWebhook(input: {id: "WEBHOOK", active: true})'),
    "Mutation.rotateWebhookSecret": (Scope.WEBHOOKS, 'rotateWebhookSecret(input: {id: "WEBHOOK"})'),
    "Mutation.redeliverWebhook": (Scope.WEBHOOKS, 'redeliverWebhook(input: {deliveryId: "DELIVERY"})'),
    "Query.apiKeys": (Scope.KEYS, "{ apiKeys { id } }"),
    "Mutation.createApiKey": (Scope.KEYS, 'createApiKey(input: {name: "x", organizationIds: ["ORG"]})'),
    "Mutation.revokeApiKey": (Scope.KEYS, 'revokeApiKey(input: {id: "KEY"})'),
    "Mutation.deleteWebhook": (Scope.WEBHOOKS, 'deleteWebhook(input: {id: "WEBHOOK"})'),
}

# Root subscriptions -> the scope; tried by tests/contract/test_subscriptions.py over a stream.
STREAMS: dict[str, Scope | None] = {
    "Subscription.contactMerged": Scope.CONTACTS_READ,
    "Subscription.jobProgress": Scope.CONTACTS_READ,
}


def _document(text: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        text = text.replace(f'"{name}"', f'"{value}"')
    return text if text[0] == "{" else f"mutation {{ {text} {{ userErrors {{ code }} }} }}"


def _rule(field: GraphQLField) -> str | None:
    """The scope that the field's own declaration names."""
    declared = field.extensions.get("strawberry-definition")
    rule: str | None = declared.metadata.get(NEEDS) if declared else None
    return rule


def test_every_root_field_has_a_rule_that_is_tested_here() -> None:
    """A new field of a root is made by `@query`, `@mutation` or `@subscription` of schema/described.py, with `needs=`,
    and has a line in FIELDS that says the same: the tests below try it."""
    schema = build_schema()._schema
    roots = [root for root in (schema.query_type, schema.mutation_type, schema.subscription_type) if root is not None]
    fields = {f"{root.name}.{name}": field for root in roots for name, field in root.fields.items()}
    expected = {name: scope for name, (scope, _) in FIELDS.items()} | STREAMS
    assert set(fields) == set(expected), "the fields of the roots, and those of FIELDS and STREAMS"
    tried = {name: scope.value if scope else ANY_KEY for name, scope in expected.items()}
    assert {name: _rule(field) for name, field in fields.items()} == tried, "needs= of schema/, and FIELDS"


def test_each_field_says_which_scope_it_needs() -> None:
    """Roots always; fields below them where they need another scope than the root, which are these."""
    below = {}
    for kind in build_schema()._schema.type_map.values():
        for name, field in kind.fields.items() if isinstance(kind, GraphQLObjectType) else ():
            rule = _rule(field)
            if rule is not None:
                said = "Any key may ask." if rule == ANY_KEY else f"Needs the scope `{rule}`."
                assert str(field.description).endswith(said), f"{kind.name}.{name}"
                below[f"{kind.name}.{name}"] = rule
    assert {name: rule for name, rule in below.items() if name not in FIELDS | STREAMS} == {
        "Contact.duplicates": "contacts:read"
    }


async def test_an_act_shows_nobody_but_whom_it_is_about(api: Api) -> None:
    """With contacts:write alone the new contact is shown, and its duplicates, which are others, are FORBIDDEN."""
    await api.contact(name="Ann Lee", email="ann@lee.example")
    writer = await with_key(api, scopes=frozenset({Scope.CONTACTS_WRITE}))
    shown = "contact { name duplicates(minProbability: 0) { contact { name email } } } userErrors { code }"
    answer = await writer.send(f'mutation {{ createContact(input: {{email: "ann@lee.example"}}) {{ {shown} }} }}')
    assert [error["extensions"].get("requiredScope") for error in answer["errors"]] == ["contacts:read"]
    assert answer["data"]["createContact"] == {"contact": None, "userErrors": []}


async def _with_hanging(api: Api, contact: str, document: str) -> str:
    """The document with the ids of a channel and an inbox of the contact, of which Bob remembers something."""
    if "CHANNEL" in document:
        given = {"contactId": contact, "channel": {"type": "OTHER"}}
        channel = (await api.done("addChannel", "channel { id }", **given))["channel"]["id"]
        document = document.replace("CHANNEL", channel)
    for name, kind in (("SEGMENT", "Segments"), ("LABEL", "Labels")):
        if name in document:
            asked = f"contact {{ {kind.lower()} {{ id }} }}"
            tagged = await api.done(f"set{kind}", asked, contactId=contact, names=["vip"])
            document = document.replace(name, tagged["contact"][kind.lower()][0]["id"])
    if "INBOX" in document:
        document = document.replace("INBOX", await enter(api, contact))
    if '"Bob"' in document:
        await api.done("remember", "landedOn", contactId=contact, persona="Bob", facts=[{"key": "k", "value": "v"}])
    return document


async def test_each_missing_scope_is_forbidden_and_named(api: Api) -> None:
    """With all scopes but the one: FORBIDDEN, null and nothing written, for living and unknown ids."""
    things = await one_of_everything(api)
    keys = {scope: await with_key(api, scopes=ALL_SCOPES - {scope}) for scope in Scope}
    async with unchanged(api):
        for name, (scope, text) in FIELDS.items():
            if scope is None:
                continue
            for ids in (things, nobodys(api)):
                answer = await keys[scope].send(_document(text, ids))
                assert list(answer["data"].values()) == [None], name
                found = [(e["extensions"]["code"], e["extensions"]["requiredScope"]) for e in answer["errors"]]
                assert found == [("FORBIDDEN", scope.value)], name


async def test_the_one_scope_is_enough(api: Api) -> None:
    """A key with nothing but the field's own scope is answered."""
    keys = {scope: await with_key(api, scopes=frozenset({scope} if scope else ())) for scope in (None, *Scope)}
    things = await one_of_everything(api)
    for name in sorted(FIELDS, key=lambda name: name.startswith("Mutation.")):
        scope, text = FIELDS[name]
        if name.startswith("Mutation."):  # what one has done, the next must not meet; queries leave everything as it is
            await api.act("deleteContact", "deletedContactIds", id=things["CONTACT"])
            things = await one_of_everything(api)
        document = await _with_hanging(api, things["CONTACT"], _document(text, things))
        answer = await keys[scope].send(document)
        assert "errors" not in answer, (name, answer)
        payload: Any = next(iter(answer["data"].values()))
        assert payload is not None, name
        if name.startswith("Mutation."):
            assert payload["userErrors"] == [], name


async def test_a_refused_field_does_not_take_the_others_with_it(api: Api) -> None:
    """Root fields are nullable: the viewer answers beside a list that is forbidden."""
    key = await with_key(api, scopes=frozenset({Scope.MERGE}))
    answer = await key.send("{ viewer { scopes } contacts { nodes { id } } }")
    assert answer["data"] == {"viewer": {"scopes": ["merge"]}, "contacts": None}
    assert [error["path"] for error in answer["errors"]] == [["contacts"]]


async def _change(api: Api, statement: Update) -> None:
    async def run(tx: Transaction) -> None:
        await tx.run(statement)

    await api.db.write(run)


async def test_an_expired_key_is_unauthenticated(api: Api) -> None:
    """Up to its last moment it works; from then on 401, UNAUTHENTICATED, no data."""
    key_id = await id_of_key(api)
    end = api.clock() + timedelta(minutes=10)
    await _change(api, update(api_key).where(api_key.c.id == key_id).values(expires_at=end))
    api.clock.advance(minutes=9, seconds=59)
    assert await api.contact(name="Ann")
    api.clock.advance(seconds=1)
    await _locked_out(api)


async def test_a_revoked_key_is_unauthenticated_at_once(api: Api) -> None:
    """The next request after the revocation is 401; another key of the organisation goes on."""
    other = await with_key(api)
    key_id = await id_of_key(api)
    await _change(api, update(api_key).where(api_key.c.id == key_id).values(revoked_at=api.clock()))
    await _locked_out(api)
    assert await other.contact(name="Ann")


async def _locked_out(api: Api) -> None:
    async with unchanged(api):
        for query in ("{ viewer { name } }", 'mutation { createContact(input: {name: "x"}) { contact { id } } }'):
            headers = {"authorization": f"Bearer {api.token}"}
            answer = await api.http.post("/graphql", json={"query": query}, headers=headers)
            assert answer.status_code == 401
            assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["UNAUTHENTICATED"]
            assert answer.json().get("data") is None
