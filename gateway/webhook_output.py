"""What `onefold webhook` does, loaded only by it."""

import json
from typing import Any

import typer
from rich import box
from rich.table import Table

from db.engine import Database
from db.outbox import EventRow
from db.webhooks import WebhookRow
from gateway.commands.shell import fail, out, read_settings, run
from gateway.courier import address_rules
from gateway.operator import operators_act
from gateway.webhook_client import Answer, WebhookClient
from resolvers.events.signing import message, signed_headers
from resolvers.events.webhooks import list_webhooks, webhook_by_id
from resolvers.ids import EVENT, ORGANIZATION, WEBHOOK, decode_id, encode_id


def list_all(org: str | None, as_json: bool) -> None:
    """The webhooks of one organisation or of all."""
    asked = decode_id(ORGANIZATION, org) if org is not None else None
    if org is not None and asked is None:
        fail(f"{org} is no organization's id: they look like org_01j….")

    async def work(db: Database) -> list[WebhookRow]:
        act = await operators_act(db)
        orgs = act.actor.organizations if asked is None else [one for one in act.actor.organizations if one == asked]
        return [row for one in orgs for row in await list_webhooks(db, act, one)]

    rows = run(read_settings(), work)
    if as_json:
        typer.echo(json.dumps([_plain(row) for row in rows]))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("webhook", "url", "topics", "state"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(encode_id(WEBHOOK, row.id), row.url, ", ".join(row.topic_list), _state(row))
    out.print(table if rows else "There is no webhook.")


def send_test(webhook: str, as_json: bool) -> None:
    """Sends it; exit code 1 unless the receiver answered 2xx."""
    settings = read_settings()

    async def work(db: Database) -> tuple[WebhookRow, str, Answer]:
        act = await operators_act(db)
        hook = await webhook_by_id(db, act, webhook)
        if hook is None:
            fail(f"There is no webhook {webhook}. onefold webhook list shows all.")
        event = EventRow(hook.org_id, act.new_id(), 0, "webhook.test", {"webhookId": webhook}, act.now)
        body, shown = message(event), encode_id(EVENT, event.id)
        client = WebhookClient(address_rules(settings), settings.webhook_timeout_seconds)
        try:
            headers = signed_headers(shown, act.now, body, hook.keys(act.now))
            return hook, shown, await client.send(hook.url, headers, body)
        finally:
            await client.close()

    hook, event_id, answer = run(settings, work)
    taken = answer.status is not None and 200 <= answer.status < 300
    if as_json:
        found = {"delivered": taken, "eventId": event_id, "status": answer.status, "problem": answer.problem}
        typer.echo(json.dumps(found))
    elif taken:
        out.print(f"{hook.url} took {event_id}: it answered {answer.status}.", markup=False)
    else:
        out.print(f"{hook.url} did not take it. {answer.problem}", markup=False)
    if not taken:
        raise typer.Exit(1)


def _state(row: WebhookRow) -> str:
    if not row.active:
        return f"off: {row.inactive_reason}"
    return f"failing since {row.failing_since:%F %T}" if row.failing_since else "well"


def _plain(row: WebhookRow) -> dict[str, Any]:
    return {
        "id": encode_id(WEBHOOK, row.id),
        "organizationId": encode_id(ORGANIZATION, row.org_id),
        "url": row.url,
        "topics": row.topic_list,
        "active": row.active,
        "inactiveReason": row.inactive_reason,
        "failingSince": row.failing_since.isoformat() if row.failing_since else None,
    }
