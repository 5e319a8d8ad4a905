"""rebuildMatching: what matching keeps made anew, as a job beside everything else."""

from unittest.mock import patch

from resolvers.duplicates.rebuild import CONTACTS_OF_A_PART
from resolvers.jobs.working import claim_job, work_piece
from tests.contract.steps import get, settings
from tests.contract.test_bulk import contacts
from tests.support.api import Api
from tests.support.jobs import finished, read_job, start, work

REBUILD = "rebuildMatching"


async def duplicates(api: Api, contact: str) -> list[str]:
    """Whom detection takes for the same person."""
    found = (await get(api, contact, "duplicates { contact { id } }"))["duplicates"]
    return [one["contact"]["id"] for one in found]


async def test_a_new_region_holds_for_old_contacts_after_a_rebuild(api: Api) -> None:
    """As documented: until then a number without a country may be of any."""
    ann = await api.contact(name="Ann Lee", phone="+43 664 1234567")
    lead = await api.contact(name="Ann Lee", phone="0664 1234567")
    await settings(api, defaultRegion="DE")
    assert await duplicates(api, lead) == [ann]
    job = await finished(api, REBUILD)
    assert (job["kind"], job["status"], job["total"], job["done"], job["failed"]) == (
        "REBUILD_MATCHING", "SUCCEEDED", 1, 1, 0,
    )  # fmt: skip
    assert await duplicates(api, lead) == []
    assert [error["code"] for error in await api.refused("undoJob", id=job["id"])] == ["NOT_UNDOABLE"]


async def test_a_large_organization_is_done_part_by_part(api: Api) -> None:
    """Each part once, whoever is replaced in the middle; contacts that come later or are merged away do no harm."""
    with patch("resolvers.duplicates.rebuild.CONTACTS_OF_A_PART", 3):
        ids = await contacts(api, 7)
        lead = await api.contact(name="Ann Lee", phone="0664 1234567")
        ids += await contacts(api, 1)
        await settings(api, defaultRegion="DE")
        job = await start(api, REBUILD)
    assert job["total"] == 3
    held = await claim_job(api.db, api.clock())
    assert held is not None
    await work_piece(api.db, held, api.clock(), api.new_id, 100)
    await api.merge(ids[3], ids[4])
    ann = await api.contact(name="Ann Lee", phone="+43 664 1234567")
    assert await duplicates(api, ann) == [lead]
    assert (await read_job(api, job["id"]))["done"] == 1
    api.clock.advance(minutes=5)
    await work(api)
    job = await read_job(api, job["id"])
    assert (job["status"], job["done"], job["failed"]) == ("SUCCEEDED", 3, 0)
    assert await duplicates(api, ann) == []


async def test_one_that_waits_to_begin_is_enough(api: Api) -> None:
    """Asked for twice, it is the same; at work, there is another. An organisation without contacts is done at once."""
    assert (await start(api, REBUILD))["status"] == "SUCCEEDED"
    await contacts(api, CONTACTS_OF_A_PART + 1)
    first = await start(api, REBUILD)
    assert (await start(api, REBUILD))["id"] == first["id"]
    held = await claim_job(api.db, api.clock())
    assert held is not None
    assert not (await work_piece(api.db, held, api.clock(), api.new_id, 100)).is_last
    assert (await start(api, REBUILD))["id"] != first["id"]


async def test_what_is_left_of_an_earlier_one_is_not_enough(api: Api) -> None:
    """One that was cancelled in the middle and tried again waits to begin with its rest: all of them are asked for."""
    await contacts(api, CONTACTS_OF_A_PART + 1)
    first = await start(api, REBUILD)
    held = await claim_job(api.db, api.clock())
    assert held is not None
    await work_piece(api.db, held, api.clock(), api.new_id, 100)
    await api.done("cancelJob", "job { id }", id=first["id"])
    await api.done("retryJob", "job { id }", id=first["id"])
    again = await start(api, REBUILD)
    assert (again["id"] != first["id"], again["total"]) == (True, 2)
