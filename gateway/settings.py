"""Every setting, read here and nowhere else: environment variables named ONEFOLD_…, or a .env file.

docs/configuration.md is made from these fields (a test compares them).
"""

from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from db.engine import url_problem
from schema.extensions.limits import LIMITS

DEFAULT_DATABASE_URL = "sqlite+aiosqlite:///./data/onefold.db"


class Settings(BaseSettings):
    """The settings of one process."""

    @field_validator("database_url", "database_direct_url")
    @classmethod
    def _known_database(cls, url: str | None) -> str | None:
        problem = url_problem(url) if url is not None else None
        if problem is not None:
            raise ValueError(problem)
        return url

    @field_validator("rate_limit")
    @classmethod
    def _affordable(cls, text: str) -> str:
        capacity, _, rate = text.partition("/")
        if text != "off" and (int(capacity) < LIMITS.points or int(rate) < 1):
            raise ValueError(f"write off, or POINTS/RATE with at least {LIMITS.points} points and 1 a second")
        return text

    model_config = SettingsConfigDict(env_prefix="ONEFOLD_", env_file=".env", extra="ignore")

    database_url: str = Field(
        default=DEFAULT_DATABASE_URL,
        description="Where the data lies: `sqlite+aiosqlite:///./data/onefold.db` (three slashes: relative to where "
        "onefold runs) or `postgresql+asyncpg://user:password@host/name`.",
    )
    database_direct_url: str | None = Field(
        default=None,
        description="PostgreSQL behind a pooler such as PgBouncer: the URL of the database itself, for LISTEN, which a "
        "pooler swallows without a word: subscriptions and webhooks would hear of other processes 15 seconds late.",
    )
    database_pool_size: int = Field(default=10, ge=1, le=200, description="Connections kept by one process.")
    database_statement_timeout_ms: int = Field(
        default=15_000,
        ge=100,
        description="PostgreSQL: a statement that runs longer is stopped and answered UNAVAILABLE.",
    )
    database_lock_timeout_ms: int = Field(
        default=10_000, ge=100, description="PostgreSQL: waiting longer for a lock is answered UNAVAILABLE."
    )
    operation_timeout_seconds: float = Field(
        default=30,
        gt=0,
        le=600,
        description="An operation that runs longer is answered TIMEOUT; it may still be carried out.",
    )
    job_workers: int = Field(
        default=1,
        ge=0,
        le=16,
        description="How many jobs `onefold serve` works on at a time. 0: none, where `onefold worker` does it.",
    )
    job_lease_seconds: float = Field(
        default=30,
        ge=1,
        le=3_600,
        description="How long after the last word of a worker that was killed another one takes its job over.",
    )
    webhook_delivery: bool = Field(
        default=True,
        description="Whether `onefold serve` delivers to webhooks. False, where only `onefold worker` may reach out.",
    )
    webhook_allow_private: bool = Field(
        default=False,
        description="Whether webhooks may lead to loopback and private addresses, by plain http and to any port. For "
        "trying things out, and for networks of your own: whoever may make webhooks can reach what this machine can.",
    )
    webhook_timeout_seconds: float = Field(
        default=10, ge=0.1, le=60, description="A receiver has so long to answer a delivery."
    )
    webhook_retry_hours: float = Field(
        default=72,
        gt=0,
        le=720,
        description="For how long a delivery that fails is tried again; a webhook at which every one fails for so long "
        "is switched off.",
    )
    event_days: int = Field(
        default=30,
        ge=1,
        le=3_650,
        description="How long events and the log of deliveries are kept: so long after, a subscription can go on from "
        "an event, and a webhook that was switched off can catch up.",
    )
    body_limit_bytes: int = Field(
        default=4_000_000,
        ge=1_000,
        description="A larger request body is refused with 413. 10,000 groups of three take about 2,000,000.",
    )
    body_timeout_seconds: float = Field(
        default=10, gt=0, description="A body that arrives more slowly is refused with 408."
    )
    rate_limit: str = Field(
        default="10000/500",
        pattern=r"^(off|\d{1,9}/\d{1,9})$",
        description="Points that a key may spend at once, and how many it gets back a second; `off` refuses nobody for "
        "coming too often. At least 5000 points, the price of the dearest operation. Each process counts for itself.",
    )
    public_introspection: bool = Field(
        default=True,
        description="Whether the schema may be read without a key (`__schema`, `__type`, `__typename` only).",
    )
    graphiql: bool = Field(default=True, description="Whether a browser at `/graphql` gets the GraphiQL page.")
    metrics: bool = Field(
        default=True,
        description="Whether `/metrics` is answered, to anybody who reaches it. There is no id and no value in it.",
    )
    allowed_origins: list[str] = Field(
        default_factory=list,
        description="Pages of other origins that may ask from a browser (CORS) and open a WebSocket, as JSON: "
        '`["https://app.example.com"]`. None unless named.',
    )
    forwarded_allow_ips: str = Field(
        default="127.0.0.1",
        description="Proxies whose X-Forwarded-… headers are believed, separated by commas; never `*`.",
    )
    demo_key_file: str = Field(
        default="./data/demo.key",
        description="Where `onefold demo` keeps its key. GraphiQL gets it on this machine, for the demo alone.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged.")
    log_format: Literal["json", "text"] = Field(
        default="json", description="One JSON object a line, or text for people."
    )


def as_markdown() -> str:
    """docs/configuration.md."""
    lines = [
        "# Settings",
        "",
        "Environment variables, or the same names in a file `.env` where onefold runs. "
        "Made by `python -m gateway.settings`; a test compares.",
        "",
        "| variable | default | what it does |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        lines.append(f"| `ONEFOLD_{name.upper()}` | `{default}` | {field.description} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(as_markdown())  # noqa: T201 - written to docs/configuration.md
