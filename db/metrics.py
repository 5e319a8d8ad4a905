"""What a process counts about itself, for /metrics (docs/metrics.md). Nothing of a person, of an organisation or of a
document is in a label; the names of operations are bounded.

One registry a process: what is counted stands where it happens, and this is the lowest room.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a third of all series, and nobody draws them
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)  # memory, CPU and open files, under their usual names
NAMES_KEPT = 100  # of operations: clients choose them, and each is a series
_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

MERGES = Counter(
    "onefold_merges", "Calls that merge, by what and how they ended.", ("kind", "outcome"), registry=REGISTRY
)
MERGE_SECONDS = Histogram(
    "onefold_merge_seconds", "How long a call that merges took.", ("kind",), registry=REGISTRY, buckets=_QUICK
)
UNDOS = Counter("onefold_undos", "Calls of undoMerge by how they ended.", ("outcome",), registry=REGISTRY)
JOB_ITEMS = Counter(
    "onefold_job_items", "What jobs have worked on, by kind and outcome.", ("kind", "outcome"), registry=REGISTRY
)
DELIVERIES = Counter(
    "onefold_deliveries", "Attempts to deliver to webhooks, by outcome.", ("outcome",), registry=REGISTRY
)
OPERATIONS = Counter(
    "onefold_operations",
    f"Queries and mutations by the name of the operation and outcome; past {NAMES_KEPT} names it is 'other'.",
    ("operation", "outcome"),
    registry=REGISTRY,
)
OPERATION_SECONDS = Histogram(
    "onefold_operation_seconds",
    "How long queries and mutations took.",
    ("operation",),
    registry=REGISTRY,
    buckets=(0.005, 0.025, 0.1, 0.5, 2.5, 10.0),
)
STREAMS = Gauge("onefold_streams", "Subscriptions that are open.", registry=REGISTRY)
_WAITS = Histogram(
    "onefold_pool_wait_seconds",
    "Waiting for a connection with a transaction begun, and on SQLite for the one writer's turn.",
    ("what",),
    registry=REGISTRY,
    buckets=_QUICK,
)
WAIT_TO_READ, WAIT_TO_WRITE, WAIT_FOR_TURN = (_WAITS.labels(what) for what in ("read", "write", "turn"))
POOL_IN_USE = Gauge("onefold_pool_connections_in_use", "Connections that are at work.", registry=REGISTRY)

# Of the whole database, looked up at each scrape.
OUTBOX_LAG = Gauge(
    "onefold_outbox_lag_seconds",
    "Age of the oldest event that an active webhook has not taken up; 0 when there is none.",
    registry=REGISTRY,
)
DELIVERY_LAG = Gauge(
    "onefold_delivery_lag_seconds",
    "For how long the oldest delivery of an active webhook has been tried; 0 when there is none.",
    registry=REGISTRY,
)
DELIVERIES_WAITING = Gauge(
    "onefold_deliveries_waiting", "Deliveries of active webhooks that are still to be made.", registry=REGISTRY
)
JOB_AGE = Gauge(
    "onefold_job_age_seconds",
    "For how long the job that waits longest for a worker has waited; 0 when there is none.",
    registry=REGISTRY,
)
DATABASE_UP = Gauge("onefold_database_up", "Whether the database answered this scrape in time.", registry=REGISTRY)
OF_DATABASE = (OUTBOX_LAG, DELIVERY_LAG, DELIVERIES_WAITING, JOB_AGE)

_names: set[str] = set()


def shown_operation(name: str | None) -> str:
    """The label of an operation: its name while there are not too many, `anonymous` without one."""
    if name is None:
        return "anonymous"
    if name not in _names:
        if len(_names) >= NAMES_KEPT or len(name) > 64:
            return "other"
        _names.add(name)
    return name
