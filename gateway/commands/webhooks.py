"""`onefold webhook`: which there are, and whether one is reached."""

from importlib import import_module
from typing import Annotated

import typer

from gateway.commands.shell import AsJson

webhook_app = typer.Typer(help="Receivers of events. They are made by the API: createWebhook.", no_args_is_help=True)
WebhookId = Annotated[str, typer.Argument(help="A webhook's id, webhook_01j….")]
_Org = Annotated[str | None, typer.Option("--org", help="Only those of this organization.")]


@webhook_app.command("list")
def list_command(org: _Org = None, as_json: AsJson = False) -> None:
    """All webhooks, where they lead, and how they fare."""
    # By name: no other command needs an HTTP client.
    import_module("gateway.webhook_output").list_all(org, as_json)


@webhook_app.command("test")
def try_command(webhook: WebhookId, as_json: AsJson = False) -> None:
    """Send one signed event of the topic webhook.test now, by the rules of deliveries, and say what came back."""
    import_module("gateway.webhook_output").send_test(webhook, as_json)
