"""`onefold` as people run it: a process of its own, in a folder of its own, told where its database is."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from db.engine import Database
from gateway.clock import system_clock
from resolvers.ids import ORGANIZATION, IdSource, encode_id
from resolvers.organizations import create_organization
from tests.support.forks import run_onefold
from tests.support.state import dump

T = TypeVar("T")
SECRET = "geheim-4711"  # planted in addresses of databases: nothing may ever print it


@dataclass(frozen=True)
class Answer:
    """What a finished process said."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line of stdout: where ids and tokens stand alone."""
        return self.out.splitlines()[-1]

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object that is the whole of stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    def check_manners(self) -> None:
        """No traceback, no SQL, no secret, whatever went wrong."""
        said = self.out + self.err
        for bad in ("Traceback", "❱", "site-packages", "[SQL", "sqlalche.me", SECRET):
            assert bad not in said, f"{bad} in: {said[:200]} … {said[-300:]}"


@dataclass(frozen=True)
class Shell:
    """Runs `onefold` in `folder` on the database at `url`; `script`: by its console script, and not as a fork of what
    has imported everything already."""

    folder: Path
    url: str
    settings: dict[str, str] = field(default_factory=dict)
    script: bool = False

    @property
    def by_script(self) -> "Shell":
        """The same, as people start it: once for each command."""
        return replace(self, script=True)

    def run(self, *arguments: str | Path, **settings: str) -> Answer:
        """Any outcome; its manners are checked."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("ONEFOLD_")}
        own.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling everything anew would be a third of each process
        env = {**own, "ONEFOLD_DATABASE_URL": self.url, "COLUMNS": "400", **self.settings, **settings}
        done = run_onefold(*map(str, arguments), cwd=self.folder, env=env, script=self.script)
        answer = Answer(done.returncode, done.stdout, done.stderr)
        answer.check_manners()
        return answer

    def done(self, *arguments: str | Path) -> Answer:
        """A success."""
        answer = self.run(*arguments)
        assert answer.code == 0, answer.err
        return answer

    def failed(self, *arguments: str | Path, code: int = 1, **settings: str) -> str:
        """What stderr says of a failure, on one line; stdout is empty."""
        answer = self.run(*arguments, **settings)
        assert answer.code == code, answer
        assert answer.out == ""
        return " ".join(answer.err.split())

    def organization(self, name: str = "Test") -> str:
        """The id of a new organisation, made here: a command of its own takes seconds (test_setting_up tries it)."""

        async def make(db: Database) -> str:
            org_id = IdSource(system_clock)()
            await create_organization(db, org_id, name, system_clock())
            return encode_id(ORGANIZATION, org_id)

        return self.ask(make)

    def ask(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """The answer of the database."""

        async def opened() -> T:
            database = Database(self.url)
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(opened())

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        return self.ask(dump)
