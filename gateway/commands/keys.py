"""`onefold org create`, and `onefold key create`, `list` and `revoke`."""

from importlib import import_module
from typing import Annotated
from uuid import UUID

import typer

from db.engine import Database
from db.organizations import KeyRow
from gateway.clock import system_clock
from gateway.commands.shell import AsJson, answer, fail, read_settings, run
from gateway.tokens import new_token, token_hash
from resolvers.access import ALL_SCOPES, DEFAULT_SCOPES, Scope
from resolvers.ids import KEY, ORGANIZATION, IdSource, decode_id, encode_id
from resolvers.keys import key_data, revoke_any_key
from resolvers.organizations import KeyRequest, create_key, create_organization

org_app = typer.Typer(help="Organizations: tenants that share nothing.", no_args_is_help=True)
key_app = typer.Typer(help="API keys.", no_args_is_help=True)


@org_app.command("create")
def org_create(name: Annotated[str, typer.Argument(help="Its name.")], as_json: AsJson = False) -> None:
    """Make an organization; its id stands on the last line."""
    settings = read_settings()
    org_id = IdSource(system_clock)()

    async def work(db: Database) -> None:
        await create_organization(db, org_id, name, system_clock())

    run(settings, work)
    shown = encode_id(ORGANIZATION, org_id)
    sentence = f"Made the organization. Next: onefold key create --org {shown}"
    answer(as_json, {"id": shown, "name": name}, shown, sentence)


@key_app.command("create")
def key_create(
    org: Annotated[list[str], typer.Option("--org", help="An organization that the key sees; may be repeated.")],
    org2: Annotated[list[str] | None, typer.Option("--org2", help="A second organization.")] = None,
    scope: Annotated[list[str] | None, typer.Option("--scope", help="What it may do; all but `keys`, if none.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="What the history of merges calls it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key; it stands on the last line and is never shown again."""
    settings = read_settings()
    orgs = tuple(dict.fromkeys(_organization(text) for text in (*org, *(org2 or ()))))
    scopes = frozenset(_scope(text) for text in scope) if scope else DEFAULT_SCOPES
    token = new_token()
    hashed = token_hash(token)
    assert hashed is not None, "a token of our own has its own checksum"
    key_id = IdSource(system_clock)()

    async def work(db: Database) -> None:
        await create_key(db, key_id, hashed, KeyRequest(orgs, scopes, name), system_clock())

    run(settings, work)
    data = {
        "id": encode_id(KEY, key_id),
        "token": token,
        "organizations": [encode_id(ORGANIZATION, org_id) for org_id in orgs],
        "scopes": sorted(scopes),
        "name": name,
    }
    answer(as_json, data, token, "Made the key. It is shown this once: send it as 'Authorization: Bearer …'.")


@key_app.command("list")
def key_list(
    org: Annotated[str | None, typer.Option("--org", help="Only those that see this organization.")] = None,
    as_json: AsJson = False,
) -> None:
    """All keys but their secrets, newest first: what they see and may do, and when they were last used."""
    # By name: the table is slow to load, and no other command here needs it.
    import_module("gateway.key_output").list_all(_organization(org) if org is not None else None, as_json)


@key_app.command("revoke")
def key_revoke(
    key: Annotated[str, typer.Argument(help="A key's id, key_01j…: onefold key list shows them.")],
    as_json: AsJson = False,
) -> None:
    """End a key at once, whatever it sees; a key that was revoked before stays so."""
    key_id = decode_id(KEY, key)
    if key_id is None:
        fail(f"{key} is no key's id: they look like key_01j… (onefold key list shows them).")

    async def work(db: Database) -> KeyRow:
        return await revoke_any_key(db, key_id, system_clock())

    row = run(read_settings(), work)
    answer(as_json, key_data(row), key, "Revoked the key. Its open sockets end within a minute.")


def _organization(text: str) -> UUID:
    org_id = decode_id(ORGANIZATION, text)
    if org_id is None:
        fail(f"{text} is no organization's id: they look like org_01j… (onefold org create NAME prints one).")
    return org_id


def _scope(text: str) -> Scope:
    if text not in ALL_SCOPES:
        fail(f"There is no scope {text}. Scopes: {', '.join(sorted(ALL_SCOPES))}.")
    return Scope(text)
