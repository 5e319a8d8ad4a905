"""Acts on jobs, as tests/db/acts.py has those on contacts: asking, and one piece of work of each kind."""

from db.jobs import JobRow
from resolvers.ids import JOB, encode_id
from resolvers.jobs import acts
from resolvers.jobs.requests import read_contact_groups, read_conversation_groups
from resolvers.jobs.working import claim_job, work_piece
from tests.db.acts import Prepared
from tests.db.thread_acts import threads
from tests.db.world import World, shown

_NOBODY = "contact_00000000000000000000000000"


async def _start_contacts(world: World, size: int, **more: object) -> JobRow:
    ids = await world.contacts(2 * size)
    groups = [
        {"primaryContactId": shown(one), "sourceContactIds": [shown(other)]}
        for one, other in zip(ids[::2], ids[1::2], strict=True)
    ]
    bad = {"primaryContactId": shown(ids[0]), "sourceContactIds": [_NOBODY]}
    return await acts.start_bulk(world.db, world.act, read_contact_groups({"groups": [*groups, bad], **more}), None)


async def _start_conversations(world: World, size: int) -> JobRow:
    ids = await threads(world, 2 * size - 1)
    groups = [
        {"primaryConversationId": one, "sourceConversationIds": [other]}
        for one, other in zip(ids[::2], ids[1::2], strict=True)
    ]
    return await acts.start_bulk(world.db, world.act, read_conversation_groups({"groups": groups}), None)


async def _piece(world: World, size: int) -> Prepared:
    held = await claim_job(world.db, world.act.now)
    assert held is not None
    return lambda: work_piece(world.db, held, world.act.now, world.act.new_id, size)


async def ask_for_a_job(world: World, size: int) -> Prepared:
    """Of groups of conversations, with an idempotency key."""
    ids = await threads(world, size)
    groups = [{"primaryConversationId": ids[0], "sourceConversationIds": [one]} for one in ids[1:]]
    request = read_conversation_groups(
        {"groups": [*groups, {**groups[0], "sourceConversationIds": []}], "idempotencyKey": "k"}
    )
    return lambda: acts.start_bulk(world.db, world.act, request, None)


async def work_on_contacts(world: World, size: int) -> Prepared:
    """One piece: so many groups."""
    await _start_contacts(world, size)
    return await _piece(world, size)


async def work_on_conversations(world: World, size: int) -> Prepared:
    """One piece: so many groups."""
    await _start_conversations(world, size + 1)
    return await _piece(world, size)


async def ask_for_a_rebuild(world: World, size: int) -> Prepared:
    """Of so many contacts."""
    await world.contacts(size)
    return lambda: acts.start_rebuild(world.db, world.act, None)


async def rebuild_a_part(world: World, size: int) -> Prepared:
    """One piece: so many contacts."""
    await world.contacts(size)
    await acts.start_rebuild(world.db, world.act, None)
    return await _piece(world, 1)


async def ask_for_its_undo(world: World, size: int) -> Prepared:
    """Of a job that is over."""
    job = await _over(world, size)
    return lambda: acts.start_undo(world.db, world.act, job, None)


async def cancel_it(world: World, size: int) -> Prepared:
    """A job that nobody has begun."""
    job = encode_id(JOB, (await _start_contacts(world, size)).id)
    return lambda: acts.cancel_job(world.db, world.act, job)


async def try_it_again(world: World, size: int) -> Prepared:
    """One that was cancelled."""
    job = encode_id(JOB, (await _start_contacts(world, size)).id)
    await acts.cancel_job(world.db, world.act, job)
    return lambda: acts.retry_job(world.db, world.act, job)


async def _over(world: World, size: int) -> str:
    job = await _start_contacts(world, size)
    while (held := await claim_job(world.db, world.act.now)) is not None:
        while not (await work_piece(world.db, held, world.act.now, world.act.new_id, 100)).is_last:
            pass
    return encode_id(JOB, job.id)
