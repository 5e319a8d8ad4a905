"""All commands of `onefold` under one name."""

import typer

from gateway.commands.backing_up import backup_command
from gateway.commands.database import demo_command, migrate_command
from gateway.commands.doctoring import doctor_command
from gateway.commands.importing import import_command
from gateway.commands.jobs import jobs_app
from gateway.commands.keys import key_app, org_app
from gateway.commands.matching import match_app
from gateway.commands.serving import serve_command, worker_command
from gateway.commands.webhooks import webhook_app

app = typer.Typer(
    help="onefold merges contacts: a GraphQL gateway. Start with `onefold demo`, then `onefold serve`.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # locals hold keys and personal data
)
app.command("serve")(serve_command)
app.command("worker")(worker_command)
app.command("migrate")(migrate_command)
app.command("demo")(demo_command)
app.command("import")(import_command)
app.command("backup")(backup_command)
app.command("doctor")(doctor_command)
app.add_typer(org_app, name="org")
app.add_typer(key_app, name="key")
app.add_typer(match_app, name="match")
app.add_typer(jobs_app, name="jobs")
app.add_typer(webhook_app, name="webhook")
