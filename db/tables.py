"""All tables, imported once: the metadata that migrations and the drift check compare with."""

from db.activity import ContactActivity
from db.base import metadata
from db.calls import Call
from db.channels import Channel
from db.contacts import Contact
from db.conversations import Conversation, Message
from db.deliveries import WebhookDelivery
from db.distinct import DistinctPair
from db.erasures import Erasure
from db.idempotency import Idempotency
from db.identifiers import Identifier
from db.imports import ImportRef
from db.inboxes import ContactInbox, Inbox
from db.job_queue import JobQueue
from db.jobs import Job, JobChunk, JobError
from db.labels import ContactLabel, Label
from db.matching import MatchFeatures, MatchKey, MatchModel
from db.memories import Memory, MemoryFact, MemoryMessage, MemorySummary
from db.merges import MergeEvent, MergeSource
from db.notes import Note
from db.organizations import ApiKey, ApiKeyOrganization, MergeSettings, Organization, OrganizationLock
from db.outbox import Outbox, OutboxPosition
from db.segments import ContactSegment, Segment
from db.webhook_leases import WebhookLease
from db.webhooks import Webhook

__all__ = [
    "ApiKey",
    "ApiKeyOrganization",
    "Call",
    "Channel",
    "Contact",
    "ContactActivity",
    "ContactInbox",
    "ContactLabel",
    "ContactSegment",
    "Conversation",
    "DistinctPair",
    "Erasure",
    "Idempotency",
    "Identifier",
    "ImportRef",
    "Inbox",
    "Job",
    "JobChunk",
    "JobError",
    "JobQueue",
    "Label",
    "MatchFeatures",
    "MatchKey",
    "MatchModel",
    "Memory",
    "MemoryFact",
    "MemoryMessage",
    "MemorySummary",
    "MergeEvent",
    "MergeSettings",
    "MergeSource",
    "Message",
    "Note",
    "Organization",
    "OrganizationLock",
    "Outbox",
    "OutboxPosition",
    "Segment",
    "Webhook",
    "WebhookDelivery",
    "WebhookLease",
    "metadata",
]
