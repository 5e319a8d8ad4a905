"""What `onefold key list` prints, loaded only by it."""

import json
from uuid import UUID

import typer
from rich import box
from rich.table import Table

from gateway.commands.shell import out, read_settings, run
from resolvers.keys import all_keys, key_data


def list_all(org_id: UUID | None, as_json: bool) -> None:
    """The keys that see one organisation, or all."""
    rows = [key_data(row) for row in run(read_settings(), lambda db: all_keys(db, org_id))]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("key", "name", "organizations", "scopes", "last used", "state"):
        table.add_column(name, overflow="fold")
    for row in rows:
        shown = (row["id"], row["name"] or "", "\n".join(row["organizations"]), ", ".join(row["scopes"]))
        table.add_row(*shown, row["lastUsedAt"] or "never", _state(row))
    out.print(table if rows else "There is no key.")


def _state(row: dict[str, str | None]) -> str:
    if row["revokedAt"]:
        return f"revoked {row['revokedAt']}"
    return f"until {row['expiresAt']}" if row["expiresAt"] else "good"
