"""Where a database stands among the migrations that this version knows."""

from collections.abc import Collection

from alembic.script import ScriptDirectory

from db.findings import Finding, failure, fine
from db.migrate import configuration

CHECK = "migrations"
_MIGRATE = "Run: onefold migrate"
_OTHER = "Point ONEFOLD_DATABASE_URL at a database of onefold's own, and make it: onefold migrate"


def known_revisions() -> list[str]:
    """Every migration of this version, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()]


def judge_standing(revision: str | None, tables: Collection[str]) -> Finding:
    """Current, behind, ahead, empty, or somebody else's. `revision`: what stands in alembic_version, if anything."""
    known = known_revisions()
    if revision is None:
        if tables:
            return failure(CHECK, "The database holds tables, and none of onefold's migrations.", _OTHER)
        return failure(CHECK, "The database is empty.", _MIGRATE)
    if revision in known:
        behind = known.index(revision)
        if behind == 0:
            return fine(CHECK, f"Current (migration {revision}).")
        return failure(CHECK, f"At migration {revision}, {behind} behind this version's {known[0]}.", _MIGRATE)
    if {"contact", "organization_lock", "import_ref"} <= set(tables):
        seen = f"At migration {revision}, which this version (newest {known[0]}) does not know: a newer one made it."
        return failure(CHECK, seen, "Install the onefold that last ran here, or a newer one; there is no way back.")
    return failure(CHECK, f"At migration {revision}, which is none of onefold's.", _OTHER)
