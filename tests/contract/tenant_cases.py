"""Every place of the schema that takes an id, with documents that put one there (tests/contract/test_tenants.py)."""

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
)

_ERRORS = "userErrors { code message field contactId }"
_PAYLOAD = f"{{ contact {{ id }} {_ERRORS} }}"
_MERGED = f"{{ merged {{ id }} {_ERRORS} }}"
MAIL = 'kind: EMAIL, value: "ann@lee.example"'

# Every place of the schema that takes an id -> what kind of id, and documents that put it there.
CASES: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "Query.contact.id": (
        (CONTACT,),
        ["{ contact(id: $id) { name } }", "{ contact(id: $id, followMerges: true) { name } }"],
    ),
    "Query.resolveContact.id": ((CONTACT,), ["{ resolveContact(id: $id) { id status contact { name } path { id } } }"]),
    "Query.node.id": (
        (CALL, CHANNEL, CONTACT, CONVERSATION, INBOX, JOB, KEY, LABEL, MERGE, NOTE, ORGANIZATION, SEGMENT),
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
        [f"{{ contactByIdentifier({MAIL}, organizationId: $id) {{ name }} }}"],
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
            f"upsertContact(input: {{by: {{{MAIL}}}, contact: {{organizationId: $id}}}}) {_PAYLOAD}",
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
        [f"addIdentifier(input: {{contactId: $id, identifier: {{{MAIL}}}}}) {_PAYLOAD}"],
    ),
    "RemoveIdentifierInput.contactId": (
        (CONTACT,),
        [f"removeIdentifier(input: {{contactId: $id, {MAIL}}}) {_PAYLOAD}"],
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
    "UndoMergeInput.sourceConversationIds": (
        (CONVERSATION,),
        [f'undoMerge(input: {{mergeId: "MY_JOIN", sourceConversationIds: [$id]}}) {{ merge {{ id }} {_ERRORS} }}'],
    ),
    "MergeConversationsInput.primaryConversationId": (
        (CONVERSATION,),
        [
            'mergeConversations(input: {primaryConversationId: $id, sourceConversationIds: ["MY_THREAD"]})'
            f" {{ merge {{ id }} {_ERRORS} }}"
        ],
    ),
    "MergeConversationsInput.sourceConversationIds": (
        (CONVERSATION,),
        [
            'mergeConversations(input: {primaryConversationId: "MY_THREAD", sourceConversationIds: [$id]})'
            f" {{ merge {{ id }} {_ERRORS} }}"
        ],
    ),
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
    "Query.job.id": ((JOB,), ["{ job(id: $id) { status } }"]),
    "Query.jobs.organizationId": ((ORGANIZATION,), ["{ jobs(organizationId: $id) { totalCount nodes { id } } }"]),
    "MergeFilter.jobId": ((JOB,), ["{ merges(filter: {jobId: $id}) { totalCount nodes { id } } }"]),
    "JobInput.id": (
        (JOB,),
        [f"{name}(input: {{id: $id}}) {{ job {{ id }} {_ERRORS} }}" for name in ("cancelJob", "retryJob", "undoJob")],
    ),
    "RebuildMatchingInput.organizationId": (
        (ORGANIZATION,),
        [f"rebuildMatching(input: {{organizationId: $id}}) {{ job {{ id }} {_ERRORS} }}"],
    ),
    "MergeContactsInBulkInput.organizationId": (
        (ORGANIZATION,),
        [
            "mergeContactsInBulk(input: {organizationId: $id, groups:"
            f' [{{primaryContactId: "MINE", sourceContactIds: ["MINE"]}}]}}) {{ job {{ id }} {_ERRORS} }}'
        ],
    ),
    "MergeConversationsInBulkInput.organizationId": (
        (ORGANIZATION,),
        [
            "mergeConversationsInBulk(input: {organizationId: $id, groups:"
            ' [{primaryConversationId: "MY_THREAD", sourceConversationIds: ["MY_THREAD"]}]})'
            f" {{ job {{ id }} {_ERRORS} }}"
        ],
    ),
    "Query.webhook.id": ((WEBHOOK,), ["{ webhook(id: $id) { url } }"]),
    "Query.webhooks.organizationId": ((ORGANIZATION,), ["{ webhooks(organizationId: $id) { id } }"]),
    "Query.webhookDeliveries.webhookId": ((WEBHOOK,), ["{ webhookDeliveries(webhookId: $id) { totalCount } }"]),
    "CreateWebhookInput.organizationId": (
        (ORGANIZATION,),
        [
            'createWebhook(input: {organizationId: $id, url: "https://hooks.example.com/", topics: ["contact.merged"]})'
            f" {{ secret {_ERRORS} }}"
        ],
    ),
    "UpdateWebhookInput.id": ((WEBHOOK,), [f"updateWebhook(input: {{id: $id, active: false}}) {{ {_ERRORS} }}"]),
    "WebhookInput.id": (
        (WEBHOOK,),
        [f"{name}(input: {{id: $id}}) {{ {_ERRORS} }}" for name in ("deleteWebhook", "rotateWebhookSecret")],
    ),
    "Query.apiKeys.organizationId": ((ORGANIZATION,), ["{ apiKeys(organizationId: $id) { name } }"]),
    "CreateApiKeyInput.organizationIds": (
        (ORGANIZATION,),
        [f'createApiKey(input: {{name: "x", organizationIds: [$id]}}) {{ token apiKey {{ name }} {_ERRORS} }}'],
    ),
    "RevokeApiKeyInput.id": ((KEY,), [f"revokeApiKey(input: {{id: $id}}) {{ apiKey {{ name }} {_ERRORS} }}"]),
    "RedeliverInput.deliveryId": ((DELIVERY,), [f"redeliverWebhook(input: {{deliveryId: $id}}) {{ {_ERRORS} }}"]),
    "MergeContactsInput.sourceContactIds": (
        (CONTACT,),
        [f'mergeContacts(input: {{primaryContactId: "MINE", sourceContactIds: [$id]}}) {_MERGED}'],
    ),
}
