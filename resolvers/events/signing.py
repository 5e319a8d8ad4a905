"""What a receiver gets: the body of an event, and its signature by the Standard Webhooks specification.

Pure but for the making of secrets.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

import orjson

from db.outbox import EventRow
from resolvers.ids import EVENT, ORGANIZATION, encode_id

PREFIX = "whsec_"


def new_secret() -> str:
    """32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def message(event: EventRow) -> bytes:
    """The body: the same bytes at every attempt. `number`: 1, 2, 3 and so on in the organisation, over all topics."""
    return orjson.dumps(
        {
            "type": event.topic,
            "timestamp": event.created_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "id": encode_id(EVENT, event.id),
            "number": event.number,
            "organizationId": encode_id(ORGANIZATION, event.org_id),
            "data": event.payload,
        }
    )


def signed_headers(event_id: str, now: datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The headers of one attempt: the id is the event's and the same at every attempt, the time the attempt's; one
    signature for each secret that holds."""
    stamp = str(int(now.timestamp()))
    signed = f"{event_id}.{stamp}.".encode() + body
    signatures = [f"v1,{_signature(key, signed)}" for key in keys]
    return {"webhook-id": event_id, "webhook-timestamp": stamp, "webhook-signature": " ".join(signatures)}


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
