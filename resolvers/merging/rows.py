"""A merge as it is recorded, before anything is said of what it merges."""

from uuid import UUID

from db.merges import MergeRow
from resolvers.access import Act


def new_merge(act: Act, org_id: UUID, kind: str, reason: str | None) -> MergeRow:
    """By whom, when and why; `kind`: one of db.merges.MERGE_KINDS."""
    return MergeRow(
        org_id=org_id,
        id=act.new_id(),
        kind=kind,
        primary_contact_id=None,
        primary_conversation_id=None,
        primary_version=None,
        detected=False,
        policy={},
        overrides=[],
        min_probability=None,
        before={},
        after={},
        actor=act.actor.label,
        actor_key_id=act.actor.key_id,
        reason=reason,
        model_version=None,
        job_id=act.job_id,
        request_id=act.request_id or None,
        created_at=act.now,
        undone_at=None,
        undone_by=None,
    )
