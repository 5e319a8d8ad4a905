"""`onefold serve` and `onefold worker`."""

from importlib import import_module
from typing import Annotated

import typer

from db.engine import Database
from gateway.commands.shell import err, fail, read_settings, run, sqlite_path
from gateway.health import readiness


def serve_command(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on.")] = 8000,
) -> None:
    """Serve the API, on a database whose migrations are current."""
    settings = read_settings()

    async def check(db: Database) -> str | None:
        return await readiness(db)

    problem = run(settings, check, migrated=False)
    if problem is not None:
        place = sqlite_path(settings)
        fail(f"Cannot serve{f' {place}' if place else ''}: {problem}.")
    err.print(f"onefold serves on http://{host}:{port} (Ctrl-C stops it)", markup=False)
    # By name: FastAPI, Strawberry and uvicorn would cost every other command more than half of its start.
    import_module("gateway.serving").serve(settings, host, port)


def worker_command(
    workers: Annotated[int, typer.Option("--workers", min=1, max=16, help="How many jobs at a time.")] = 1,
) -> None:
    """Work on jobs, and deliver to webhooks, in a process of its own, beside servers or instead of them, until Ctrl-C
    or SIGTERM.

    Any number of them may work on one database: no part of a job is done twice, whoever is killed when.
    """
    settings = read_settings()
    err.print(
        "onefold worker waits for jobs and deliveries (Ctrl-C stops it between two pieces of work)",
        markup=False,
    )
    run(settings, import_module("gateway.working").working_on_jobs(settings, workers))
