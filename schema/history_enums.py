"""The closed sets of conversations, messages and calls."""

from enum import StrEnum

from schema.described import enum


class ConversationStatus(StrEnum):
    """schema.graphql: ConversationStatus."""

    OPEN = "OPEN"
    PENDING = "PENDING"
    SNOOZED = "SNOOZED"
    CLOSED = "CLOSED"


class ChannelType(StrEnum):
    """schema.graphql: ChannelType."""

    INTERNAL = "INTERNAL"
    EMAIL = "EMAIL"
    SMS = "SMS"
    WHATSAPP = "WHATSAPP"
    WEB_CHAT = "WEB_CHAT"
    MESSENGER = "MESSENGER"
    INSTAGRAM = "INSTAGRAM"
    TELEGRAM = "TELEGRAM"
    VOICE = "VOICE"
    API = "API"
    OTHER = "OTHER"


class MessageAuthor(StrEnum):
    """schema.graphql: MessageAuthor."""

    CONTACT = "CONTACT"
    AGENT = "AGENT"
    BOT = "BOT"
    SYSTEM = "SYSTEM"


class CallDirection(StrEnum):
    """schema.graphql: CallDirection."""

    INBOUND = "INBOUND"
    OUTBOUND = "OUTBOUND"


enum(
    ConversationStatus,
    "Where a conversation stands.",
    {
        "OPEN": "Somebody is to answer.",
        "PENDING": "Waiting for the contact.",
        "SNOOZED": "Put off until later.",
        "CLOSED": "Over.",
    },
)
enum(
    ChannelType,
    "The way that was taken to talk.",
    {
        "INTERNAL": "Among colleagues.",
        "EMAIL": "E-mail.",
        "SMS": "Text messages.",
        "WHATSAPP": "WhatsApp.",
        "WEB_CHAT": "The chat of a web site.",
        "MESSENGER": "Facebook Messenger.",
        "INSTAGRAM": "Instagram.",
        "TELEGRAM": "Telegram.",
        "VOICE": "A phone or a voice agent.",
        "API": "A program of yours.",
        "OTHER": "Another way.",
    },
)
enum(
    MessageAuthor,
    "On which side a message was written.",
    {
        "CONTACT": "By the contact.",
        "AGENT": "By a person on your side.",
        "BOT": "By a program on your side.",
        "SYSTEM": "By the platform itself.",
    },
)
enum(CallDirection, "Who called.", {"INBOUND": "The contact.", "OUTBOUND": "Your side."})
