"""Something of every kind for the fields of tests/contract/test_scopes.py, and ids that nobody has."""

from typing import Any

from resolvers.ids import (
    CALL,
    CONVERSATION,
    DELIVERY,
    JOB,
    KEY,
    MERGE,
    NOTE,
    ORGANIZATION,
    WEBHOOK,
    decode_id,
    encode_id,
)
from tests.contract.steps import unknown_id, with_key
from tests.contract.test_bulk import people
from tests.support.api import Api
from tests.support.deliveries import delivered
from tests.support.jobs import start, work


async def things(api: Api) -> dict[str, str]:
    """A contact with one of everything."""
    contact, other = await api.contact(email="ann@lee.example"), await api.contact()
    merge = (await api.merge(contact, await api.contact()))["merge"]["id"]
    conversation, thread = [
        await api.done("createConversation", "conversation { id }", contactId=contact) for _ in range(2)
    ]
    began = {"direction": "INBOUND", "startedAt": "2026-01-01T00:00:00Z"}
    call = await api.done("logCall", "call { id }", contactId=contact, **began)
    note = await api.done("addNote", "note { id }", contactId=contact, body="x")
    over, cancelled = await _job(api), await _job(api)
    for one in (await api.ask("{ webhooks { id } }"))["webhooks"]:
        await api.done("deleteWebhook", "webhook { id }", id=one["id"])
    webhook, delivery = await delivered(api)
    await api.done("cancelJob", "job { id }", id=cancelled)
    return {
        "KEY": encode_id(KEY, await id_of_key(await with_key(api))),
        "ORG": api.org,
        "WEBHOOK": webhook,
        "DELIVERY": delivery,
        "JOB": await _job(api),
        "CANCELLED_JOB": cancelled,
        "JOB_OVER": over,
        "CONTACT": contact,
        "OTHER": other,
        "MERGE": merge,
        "CONVERSATION": conversation["conversation"]["id"],
        "THREAD": thread["conversation"]["id"],
        "CALL": call["call"]["id"],
        "NOTE": note["note"]["id"],
    }


async def _job(api: Api) -> str:
    """A job, and those before it are over."""
    await work(api)
    pair = people(await api.contact(), await api.contact())
    return str((await start(api, "mergeContactsInBulk", groups=[pair]))["id"])


def nobodys(api: Api) -> dict[str, str]:
    """Ids of the same kinds that nobody has."""
    kinds = {"MERGE": MERGE, "CONVERSATION": CONVERSATION, "THREAD": CONVERSATION, "CALL": CALL, "NOTE": NOTE}
    kinds |= {"WEBHOOK": WEBHOOK, "DELIVERY": DELIVERY, "KEY": KEY, "ORG": ORGANIZATION}
    kinds |= dict.fromkeys(("JOB", "CANCELLED_JOB", "JOB_OVER"), JOB)
    return {name: encode_id(kind, api.new_id()) for name, kind in kinds.items()} | {
        "CONTACT": unknown_id(api),
        "OTHER": unknown_id(api),
    }


async def id_of_key(api: Api) -> Any:
    return decode_id(KEY, (await api.ask("{ viewer { keyId } }"))["viewer"]["keyId"])
