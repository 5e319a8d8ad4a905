"""The fixtures of tests/db, for events."""

from tests.db.conftest import postgres_url, postgres_world, sqlite_path, sqlite_url, sqlite_world, world

__all__ = ["postgres_url", "postgres_world", "sqlite_path", "sqlite_url", "sqlite_world", "world"]
