"""`onefold migrate` and `onefold demo`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from db.engine import Database
from db.migrate import current_revision, head_revision
from gateway.commands.shell import AsJson, counting, err, fail, out, read_settings, run
from gateway.demo import Demo, demo_size, prepare_demo, reset_demo
from gateway.settings import Settings
from gateway.upgrading import upgrade
from resolvers.duplicates.rebuild import is_current


def migrate_command(as_json: AsJson = False) -> None:
    """Bring the database to this version; a SQLite file is made when it is not there."""
    settings = read_settings()

    with counting("Matching", quiet=as_json) as show:
        before, after, made = run(settings, lambda db: upgrade(db, show), create=True)
    if as_json:
        typer.echo(json.dumps({"before": before, "revision": after, "rebuilt": made or 0}))
        return
    if before == after:
        out.print(f"The database is current (migration {after}).", markup=False)
    else:
        out.print(f"Migrated the database from {before or 'nothing'} to {after}.", markup=False)
    if made:
        out.print(f"Made what matching keeps of {made:,} contacts by the rules of this version.", markup=False)


def demo_command(
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="Do nothing when the demo is there (what `make run` calls).")
    ] = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="Bring the demo back to its first state: all its contacts are made anew.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --reset: do not ask.")] = False,
    port: Annotated[int, typer.Option(help="The port that the printed addresses shall have.")] = 8000,
    as_json: AsJson = False,
) -> None:
    """Make a demo organization of made-up people with known duplicates, and a key to try things with."""
    settings = read_settings()

    async def work(db: Database) -> Demo:
        if await current_revision(db) != head_revision() or not await is_current(db):
            await upgrade(db, lambda _: None)
        if reset:
            await _confirm(db, yes)
            return await reset_demo(db, Path(settings.demo_key_file))
        return await prepare_demo(db, Path(settings.demo_key_file), skip_import=if_missing)

    demo = run(settings, work, create=True)
    if as_json:
        data = {"organization": demo.organization_id, "token": demo.token, "contacts": demo.contacts}
        typer.echo(json.dumps(data))
        return
    _show(settings, demo, port)


async def _confirm(db: Database, yes: bool) -> None:
    """Before contacts are deleted; where nobody can answer, --yes has to be there."""
    contacts = await demo_size(db)
    if contacts is None or yes:
        return
    if not sys.stdin.isatty():
        fail(f"--reset deletes the demo organization's {contacts} contacts and merges. Add --yes.")
    question = (
        f"Delete the demo organization's {contacts} contacts and merges, and make it anew? Others stay as they are."
    )
    if not typer.confirm(question, err=True):
        fail("Nothing was changed.")


def _show(settings: Settings, demo: Demo, port: int) -> None:
    base = f"http://127.0.0.1:{port}"
    if settings.graphiql:
        err.print(f"GraphiQL, ready to merge:  {base}/graphiql/", markup=False)
    err.print(f"GraphQL endpoint:          {base}/graphql", markup=False)
    err.print(f"Demo organization:         {demo.organization_id} ({demo.contacts} contacts)", markup=False)
    err.print("Demo key (Authorization: Bearer …), also in " + settings.demo_key_file + ":", markup=False)
    typer.echo(demo.token)
