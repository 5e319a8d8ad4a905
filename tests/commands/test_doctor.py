"""`onefold doctor`: what is wrong is found and has its cure; whatever is there, nothing is changed."""

import asyncio
import fcntl
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from db import standing
from db.findings import Finding, Verdict
from db.migrate import head_revision
from db.sqlite_checkup import file_findings
from db.standing import judge_standing
from gateway.place_checks import file_system_finding, lock_findings, place_findings
from tests.commands.process import SECRET, Shell
from tests.support.databases import run_sql
from tests.support.postgres import PostgresServer


def file_of(shell: Shell) -> Path:
    """The SQLite file behind a shell."""
    return Path(shell.url.partition(":///")[2])


def lying_in(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its rights and its content."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def judged(shell: Shell, code: int, *options: str) -> dict[str, dict[str, Any]]:
    """The checks by their names, of a run that ends so; a verdict that is not OK has a cure, and no file changed."""
    before = lying_in(shell.folder)
    answer = shell.run("doctor", "--json", *options)
    assert lying_in(shell.folder) == before
    assert (answer.code, answer.json["ok"]) == (code, code == 0), answer
    checks: list[dict[str, Any]] = answer.json["checks"]
    assert all(check["seen"] and bool(check["cure"]) == (check["verdict"] != "OK") for check in checks)
    return {check["check"]: check for check in checks}


def failing(checks: dict[str, dict[str, Any]]) -> list[str]:
    """The names of what fails."""
    return [name for name, check in checks.items() if check["verdict"] == "FAIL"]


def one(findings: list[Finding], check: str) -> Finding:
    """The finding of that check."""
    return next(finding for finding in findings if finding.check == check)


def test_all_is_well(bare_shell: Shell) -> None:
    """On what `onefold demo` made, on each database: exit 0, nothing fails, nothing is changed; a line each."""
    bare_shell.done("demo")
    state = bare_shell.state()
    for options in ((), ("--deep",)):
        checks = judged(bare_shell, 0, *options)
        assert {"Python", "database", "migrations", "write lock", "clock", "demo key"} <= checks.keys()
        assert head_revision() in checks["migrations"]["seen"]
    assert bare_shell.state() == state
    shown = bare_shell.by_script.done("doctor").out
    assert shown.count("\n") >= len(checks) + 1
    assert "0 failed" in shown
    (bare_shell.folder / "data" / "demo.key").chmod(0o644)
    warned = judged(bare_shell, 0)["demo key"]
    assert (warned["verdict"], warned["cure"]) == ("WARN", "chmod 600 data/demo.key")


def test_what_is_new_is_for_its_owner(tmp_path: Path) -> None:
    """A fresh database gives no warning of rights; one that everybody may read gives one."""
    shell = Shell(tmp_path, f"sqlite+aiosqlite:///{tmp_path}/data/onefold.db")
    tmp_path.chmod(0o755)
    shell.done("migrate")
    assert judged(shell, 0)["rights"]["verdict"] == "OK"
    file_of(shell).chmod(0o644)
    assert judged(shell, 0)["rights"]["cure"] == f"chmod 600 {file_of(shell)}"


def test_no_database(bare_shell: Shell) -> None:
    """The way to make it; neither file nor folder appears."""
    checks = judged(bare_shell, 1)
    assert "onefold migrate" in " ".join(check["cure"] for check in checks.values())
    assert list(bare_shell.folder.iterdir()) == []


def test_a_folder_a_letter_and_a_damaged_file(sqlite_shell: Shell) -> None:
    """Each is called what it is."""
    folder = sqlite_shell.folder
    (folder / "folder.db").mkdir()
    (folder / "letter.db").write_text("Dear Sir or Madam, " * 1_000)
    whole = file_of(sqlite_shell).read_bytes()
    (folder / "torn.db").write_bytes(whole[:8192] + b"\xa5" * 40_000 + whole[48_192:])
    (folder / "empty.db").touch()
    told = {}
    for name in ("folder", "letter", "torn", "empty"):
        checks = judged(replace(sqlite_shell, url=f"sqlite+aiosqlite:///{folder}/{name}.db"), 1)
        told[name] = " ".join(checks[found]["seen"] for found in failing(checks))
    assert "is a folder" in told["folder"]
    assert "no SQLite database" in told["letter"]
    assert "amaged" in told["torn"] or "malformed" in told["torn"]
    assert "is empty" in told["empty"]


@pytest.mark.parametrize(
    ("revision", "tables", "seen", "cure"),
    [
        ("2", {"contact"}, "Current", ""),
        ("1", {"contact"}, "1 behind", "onefold migrate"),
        ("9", {"contact", "organization_lock", "import_ref"}, "a newer one made it", "Install the onefold"),
        ("9", {"orders"}, "none of onefold's", "ONEFOLD_DATABASE_URL"),
        (None, set(), "empty", "onefold migrate"),
        (None, {"orders"}, "none of onefold's", "ONEFOLD_DATABASE_URL"),
    ],
)
def test_migrations(
    monkeypatch: pytest.MonkeyPatch, revision: str | None, tables: set[str], seen: str, cure: str
) -> None:
    """Current, behind, ahead, or none of ours."""
    monkeypatch.setattr(standing, "known_revisions", lambda: ["2", "1"])
    finding = judge_standing(revision, tables)
    assert seen in finding.seen
    assert cure in finding.cure
    assert (finding.verdict is Verdict.OK) == (seen == "Current")


def test_somebody_elses_and_broken_references(shell: Shell) -> None:
    """A revision that nobody knows fails on both databases."""
    if shell.url.startswith("sqlite"):
        with closing(sqlite3.connect(file_of(shell))) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
            connection.execute("INSERT INTO organization_lock VALUES ('00')")
            connection.commit()
        checks = judged(shell, 1)
        assert failing(checks) == ["migrations", "references"]
    else:
        run_in(shell, "UPDATE alembic_version SET version_num = '9999'")
        assert failing(judged(shell, 1)) == ["migrations"]


def run_in(shell: Shell, statement: str) -> None:
    """One statement on the shell's PostgreSQL database."""
    asyncio.run(run_sql(shell.url.replace("+asyncpg", ""), statement))


def test_the_write_lock(sqlite_template: Path, tmp_path: Path) -> None:
    """Free; held by another onefold; held by another program: named, each within the time given."""
    path = tmp_path / "onefold.db"
    path.write_bytes(sqlite_template.read_bytes())
    assert lock_findings(path, 0.1).verdict is Verdict.OK
    assert [found.name for found in tmp_path.iterdir()] == ["onefold.db"]
    with (tmp_path / "onefold.db.lock").open("w") as queue:
        fcntl.flock(queue, fcntl.LOCK_EX)
        held = lock_findings(path, 0.1)
        assert held.verdict is Verdict.FAIL
        assert f"process {os.getpid()} (" in held.seen
    assert lock_findings(path, 0.1).verdict is Verdict.OK
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert f"process {os.getpid()} (" in lock_findings(path, 0.1).seen
        connection.execute("ROLLBACK")
        assert lock_findings(path, 0.1).verdict is Verdict.OK


def test_a_file_that_is_locked_from_reading(sqlite_template: Path, tmp_path: Path) -> None:
    """Said in a sentence, after some seconds."""
    path = tmp_path / "onefold.db"
    path.write_bytes(sqlite_template.read_bytes())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        (finding,) = file_findings(path, seconds=1)
    assert "locked" in finding.seen


def test_a_file_that_is_too_large_to_read_through(sqlite_shell: Shell) -> None:
    """Out of time: a warning that names --deep; what comes before is told."""
    shell = sqlite_shell
    shell.done("demo")
    findings = file_findings(file_of(shell), seconds=0)
    assert "--deep" in one(findings, "contents").cure
    assert one(findings, "migrations").verdict is Verdict.OK


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter: pytest's own is shut."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.parametrize("shut", ["file", "folder"])
def test_rights(open_folder: Path, sqlite_template: Path, shut: str) -> None:
    """A file or a folder that may only be read fails with the command that opens it."""
    path = open_folder / "onefold.db"
    path.write_bytes(sqlite_template.read_bytes())
    path.chmod(0o444 if shut == "file" else 0o666)
    open_folder.chmod(0o555)
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(65534)  # rights do not bind root
    try:
        findings = {finding.check: finding for finding in place_findings(path)}
    finally:
        os.seteuid(mine)
        open_folder.chmod(0o755)
    assert findings["folder"].verdict is Verdict.FAIL
    assert findings["folder"].cure.endswith(f"chown $(id -u) {open_folder}")
    assert (findings["rights"].verdict is Verdict.FAIL) == (shut == "file")


MOUNTS = """22 1 8:1 / / rw - ext4 /dev/sda1 rw
30 22 0:40 / {home} rw,relatime - {kind} server:/export rw
31 22 0:41 / /elsewhere rw - nfs4 server:/x rw
"""


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("nfs4", Verdict.FAIL),
        ("cifs", Verdict.FAIL),
        ("fuse.sshfs", Verdict.FAIL),
        ("virtiofs", Verdict.WARN),
        ("xfs", Verdict.OK),
    ],
)
def test_network_file_systems(tmp_path: Path, kind: str, verdict: Verdict) -> None:
    """By the mount that the folder lies on, also when a path has a blank; not by another one."""
    home = tmp_path / "my data"
    home.mkdir()
    mounts = MOUNTS.format(home=str(home.resolve()).replace(" ", "\\040"), kind=kind)
    assert file_system_finding(home, mounts).verdict is verdict
    assert file_system_finding(tmp_path, mounts).verdict is Verdict.OK


def test_postgresql_that_cannot_be_had(postgres: PostgresServer, tmp_path: Path) -> None:
    """Down, no such database, a user that is refused, a name that is nobody's: each said, none shows the password."""
    at = f"127.0.0.1:{postgres.port}"
    for place, seen in {
        f"postgres:{SECRET}@127.0.0.1:1/x": "no answer",
        f"postgres:{SECRET}@{at}/nowhere": "there is no such database",
        f"nobody:{SECRET}@{at}/postgres": "refuses user nobody",
        f"postgres:{SECRET}@nowhere.invalid/x": "no answer",
    }.items():
        checks = judged(Shell(tmp_path, f"postgresql+asyncpg://{place}"), 1)
        assert seen in checks["database"]["seen"]
        assert failing(checks) == ["database"]


def test_an_empty_postgresql_database(postgres: PostgresServer, tmp_path: Path) -> None:
    """Behind everything; what is wrong with the server itself is told beside it."""
    checks = judged(Shell(tmp_path, postgres.url("postgres")), 1)
    assert failing(checks) == ["migrations"]
    assert checks["fsync"]["verdict"] == "WARN", "the tests' server runs without"
    assert json.dumps(checks).count("onefold migrate") >= 1
