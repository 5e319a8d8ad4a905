"""What a caller asks of a job, read from its input before anything is opened: a bad group is set aside, not a reason to
refuse the others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.jobs import Item
from resolvers.conversations.merge_request import read_note, read_tag, read_thread_group
from resolvers.errors import ErrorCode, Refused, UserError, refuse
from resolvers.jobs.kinds import group_item
from resolvers.merging.request import REASON_LENGTH, read_contact_group, read_key, read_text

MAXIMUM_GROUPS = 10_000
GROUPS = "groups"


@dataclass(frozen=True)
class BulkRequest:
    """A job to be made: its items, the groups that are wrong in themselves, and what holds for all."""

    kind: str
    items: Sequence[Item]
    bad: Mapping[int, Sequence[UserError]]
    terms: dict[str, Any]
    idempotency_key: str | None = None

    def canonical(self) -> dict[str, object]:
        """What makes two requests the same one."""
        return {
            "items": list(self.items),
            "bad": [[index, [str(error.code) for error in errors]] for index, errors in self.bad.items()],
            "terms": self.terms,
        }


def read_conversation_groups(raw: Mapping[str, Any]) -> BulkRequest:
    """Reads MergeConversationsInBulkInput. Raises Refused for what is wrong with the call as a whole."""
    terms = {
        "note": read_note(raw),
        "tag": read_tag(raw),
        "acrossContacts": bool(raw.get("acrossContacts")),
        "reason": read_text(raw.get("reason"), REASON_LENGTH, "reason"),
    }
    return _read("MERGE_CONVERSATIONS", raw, terms, read_thread_group)


def read_contact_groups(raw: Mapping[str, Any]) -> BulkRequest:
    """Reads MergeContactsInBulkInput. Raises Refused for what is wrong with the call as a whole."""
    terms = {
        "reason": read_text(raw.get("reason"), REASON_LENGTH, "reason"),
        "allowMarkedDistinct": bool(raw.get("allowMarkedDistinct")),
    }
    return _read("MERGE_CONTACTS", raw, terms, read_contact_group)


def _read(
    kind: str,
    raw: Mapping[str, Any],
    terms: dict[str, Any],
    read: Callable[[Mapping[str, Any]], tuple[UUID, list[UUID]]],
) -> BulkRequest:
    groups = raw[GROUPS]
    if not groups:
        raise refuse(ErrorCode.BAD_USER_INPUT, f"groups is empty. Name 1 to {MAXIMUM_GROUPS:,} groups.", GROUPS)
    if len(groups) > MAXIMUM_GROUPS:
        message = f"{len(groups):,} groups were sent; at most {MAXIMUM_GROUPS:,} fit. Send the rest in another call."
        raise refuse(ErrorCode.BAD_USER_INPUT, message, GROUPS)
    items: list[Item] = []
    bad: dict[int, Sequence[UserError]] = {}
    for index, group in enumerate(groups):
        try:
            items.append((index, group_item(*read(group))))
        except Refused as refused:
            bad[index] = refused.errors
    key = read_key(raw.get("idempotencyKey"))
    return BulkRequest(kind, items, bad, terms, key)
