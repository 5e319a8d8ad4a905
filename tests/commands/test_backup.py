"""`onefold backup`: a whole copy, for its owner alone, under its name only when it is good."""

import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.commands.process import SECRET, Shell
from tests.support.postgres import PostgresServer


def restored(shell: Shell, copy: Path) -> Shell:
    """A shell on what the backup holds."""
    if shell.url.startswith("sqlite"):
        return replace(shell, url=f"sqlite+aiosqlite:///{copy}")
    server, _, name = shell.url.replace("+asyncpg", "").rpartition("/")
    subprocess.run(["createdb", f"--maintenance-db={server}/postgres", f"{name}_again"], check=True)
    subprocess.run(["pg_restore", "--no-owner", f"--dbname={server}/{name}_again", copy], check=True)
    return replace(shell, url=f"{shell.url}_again")


def names(folder: Path) -> set[str]:
    """What lies in the folder."""
    return {found.name for found in folder.iterdir()}


def test_a_backup_holds_all(shell: Shell) -> None:
    """Every row of every table, on each database; a file for its owner; nothing else appears; it is current."""
    shell.done("demo")
    before = names(shell.folder)
    state = shell.state()
    copy = shell.folder / "copy of it.backup"
    said = shell.by_script.done("backup", copy, "--json").json
    assert said["bytes"] == copy.stat().st_size > 10_000
    assert said["target"] == str(copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert names(shell.folder) == before | {copy.name}
    again = restored(shell, copy)
    assert again.state() == state
    assert "current" in again.done("migrate").out


def test_what_is_there_is_not_replaced_unasked(shell: Shell) -> None:
    """Without --force the old file stays as it was; with it, it is the new backup."""
    copy = shell.folder / "copy"
    copy.write_text("dear to me")
    assert "--force" in shell.failed("backup", copy)
    assert copy.read_text() == "dear to me"
    shell.organization("Acme")
    answer = shell.done("backup", copy, "--force")
    assert answer.out.startswith(f"Wrote {copy}: ")
    assert [row[1] for row in restored(shell, copy).state()["organization"]] == ["Acme"]


def test_refused(sqlite_shell: Shell) -> None:
    """A folder, one that is not there, the database itself, a database in use: a sentence each, nothing changed."""
    folder = sqlite_shell.folder
    source = Path(sqlite_shell.url.partition(":///")[2])
    (folder / "in-use.db").touch()
    (folder / "in-use.db-wal").touch()
    before = {path: path.read_bytes() for path in folder.iterdir()}
    for target, said in {
        folder: "is a folder",
        folder / "none" / "x": "There is no folder",
        source: "is the database itself",
        folder / "in-use.db": "is a database in use",
    }.items():
        assert said in sqlite_shell.failed("backup", target, "--force")
    missing = replace(sqlite_shell, url=f"sqlite+aiosqlite:///{folder}/none.db")
    assert "There is no database" in missing.failed("backup", folder / "x")
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_source_that_is_not_whole(sqlite_shell: Shell) -> None:
    """A letter, and a damaged database: refused, with the way on, and no file is left behind."""
    folder = sqlite_shell.folder
    whole = Path(sqlite_shell.url.partition(":///")[2]).read_bytes()
    (folder / "letter.db").write_text("Dear Sir or Madam, " * 1_000)
    (folder / "torn.db").write_bytes(whole[:8192] + b"\xa5" * 80_000 + whole[88_192:])
    before = names(folder)
    for name in ("letter", "torn"):
        shell = replace(sqlite_shell, url=f"sqlite+aiosqlite:///{folder}/{name}.db")
        assert "onefold doctor" in shell.failed("backup", folder / "copy")
    assert names(folder) == before


def test_the_copy_is_of_one_moment(sqlite_shell: Shell) -> None:
    """What stands in the log and not yet in the file is in the copy; what an open transaction has written is not."""
    source = Path(sqlite_shell.url.partition(":///")[2])
    with closing(sqlite3.connect(source, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.execute("CREATE TABLE mark (x)")
        writer.execute("INSERT INTO mark VALUES ('committed')")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO mark VALUES ('not yet')")
        sqlite_shell.done("backup", sqlite_shell.folder / "copy")
        writer.execute("COMMIT")
    with closing(sqlite3.connect(sqlite_shell.folder / "copy")) as copy:
        assert copy.execute("SELECT x FROM mark").fetchall() == [("committed",)]
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_pg_dump_is_told_in_secret(postgres: PostgresServer, tmp_path: Path) -> None:
    """The password is in the environment, in no argument; without pg_dump the command is named without it."""
    place = f"postgres:{SECRET}@127.0.0.1:{postgres.port}/postgres"
    shell = Shell(tmp_path, f"postgresql+asyncpg://{place}")
    programs = tmp_path / "programs"
    programs.mkdir()
    spy = programs / "pg_dump"
    spy.write_text(
        '#!/bin/sh\nfor a in "$@"; do echo "$a"; case "$a" in --file=*) echo x > "${a#--file=}";; esac; done'
        f" > {tmp_path}/arguments\nenv > {tmp_path}/environment\n"
    )
    (programs / "pg_restore").write_text("#!/bin/sh\nexit 0\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    assert shell.run("backup", "copy", PATH=f"{programs}:/usr/bin:/bin").code == 0
    assert SECRET not in (tmp_path / "arguments").read_text()
    assert f"PGPASSWORD={SECRET}\n" in (tmp_path / "environment").read_text()
    told = shell.failed("backup", "copy2", PATH=str(tmp_path))
    assert f"PGHOST=127.0.0.1 PGPORT={postgres.port} PGUSER=postgres PGDATABASE=postgres pg_dump" in told
    assert "--file=copy2" in told


@pytest.mark.parametrize("place", ["127.0.0.1:1/x", "127.0.0.1:{port}/nowhere"])
def test_a_server_that_cannot_be_had(postgres: PostgresServer, tmp_path: Path, place: str) -> None:
    """Down, or without the database: pg_dump's own sentence, no file."""
    assert shutil.which("pg_dump"), "the tests need PostgreSQL's client programs"
    address = place.format(port=postgres.port)
    shell = Shell(tmp_path, f"postgresql+asyncpg://postgres:{SECRET}@{address}")
    assert "pg_dump failed" in shell.failed("backup", "copy")
    assert list(tmp_path.iterdir()) == []
