"""A setting that cannot be used is named; what it holds (often a password) is not shown, nor a traceback."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.commands.app import app
from tests.commands.process import SECRET, Shell

SETTINGS = {
    "ONEFOLD_DATABASE_POOL_SIZE": SECRET,
    "ONEFOLD_DATABASE_STATEMENT_TIMEOUT_MS": "-1",
    "ONEFOLD_LOG_LEVEL": SECRET,
    "ONEFOLD_ALLOWED_ORIGINS": SECRET,
    "ONEFOLD_GRAPHIQL": SECRET,
    "ONEFOLD_BODY_LIMIT_BYTES": "1e6",
}
URLS = {
    "no url": SECRET,
    "blank": "",
    "another database": f"mysql://user:{SECRET}@127.0.0.1/x",
    "no driver": f"postgresql://user:{SECRET}@127.0.0.1/x",
    "a driver that is not asynchronous": f"postgresql+psycopg2://user:{SECRET}@127.0.0.1/x",
    "SQLite without its driver": f"sqlite:///./{SECRET}.db",
    "SQLite in memory": "sqlite+aiosqlite://",
    "a parameter that is none": f"postgresql+asyncpg://user:{SECRET}@127.0.0.1/x?sslmode=require",
    "a port that is none": f"postgresql+asyncpg://user:{SECRET}@127.0.0.1:port/x",
}


def said_in_process(folder: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """What `onefold migrate` says of a failure, without a process for each: there are many."""
    monkeypatch.chdir(folder)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    answer = CliRunner().invoke(app, ["migrate"])
    assert isinstance(answer.exception, SystemExit), f"a traceback: {answer.exception!r}"
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert SECRET not in answer.stderr
    return " ".join(answer.stderr.split())


@pytest.mark.parametrize("name", SETTINGS)
def test_a_bad_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """By the name of its variable, without its value, with exit 1 and before anything is made."""
    url = {"ONEFOLD_DATABASE_URL": "sqlite+aiosqlite:///./x.db"}
    said = said_in_process(tmp_path, url | {name: SETTINGS[name]}, monkeypatch)
    assert said.startswith("A setting cannot be used. ")
    assert name in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", URLS)
def test_a_bad_address_of_a_database_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """The variable and the two forms that are right, not what stood there."""
    said = said_in_process(tmp_path, {"ONEFOLD_DATABASE_URL": URLS[what]}, monkeypatch)
    assert "ONEFOLD_DATABASE_URL" in said
    assert "sqlite+aiosqlite:///" in said
    assert "postgresql+asyncpg://" in said
    assert list(tmp_path.iterdir()) == []


def test_bad_settings_in_a_process_of_their_own(tmp_path: Path) -> None:
    """The same as people see it: exit 1, one line, no traceback."""
    shell = Shell(tmp_path, URLS["another database"], script=True)
    assert "ONEFOLD_DATABASE_URL" in shell.failed("org", "create", "x")
    assert "ONEFOLD_ALLOWED_ORIGINS" in shell.failed("migrate", ONEFOLD_ALLOWED_ORIGINS=SECRET)


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    """Exit 2, since it may be well again later; the password is not shown."""
    shell = Shell(tmp_path, f"postgresql+asyncpg://user:{SECRET}@127.0.0.1:1/x")
    for command in (["migrate"], ["org", "create", "x"]):
        assert shell.failed(*command, code=2) == (
            "The database does not answer. Check ONEFOLD_DATABASE_URL and that the server runs."
        )
    assert shell.failed("serve", "--port", "0") == "Cannot serve: the database does not answer."


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """It is named and left as it is."""
    file = tmp_path / "letter.db"
    file.write_text("Dear Sir or Madam, " * 100)
    shell = Shell(tmp_path, "sqlite+aiosqlite:///./letter.db")
    for command in (["migrate"], ["org", "create", "x"], ["serve", "--port", "0"]):
        assert "letter.db" in shell.failed(*command)
    assert file.read_text() == "Dear Sir or Madam, " * 100


def test_a_folder_where_a_database_should_be(tmp_path: Path) -> None:
    """It is named."""
    (tmp_path / "folder.db").mkdir()
    answer = Shell(tmp_path, "sqlite+aiosqlite:///./folder.db").run("migrate")
    assert answer.code in (1, 2)
    assert "ONEFOLD_DATABASE_URL" in answer.err


def test_settings_may_stand_in_a_file(tmp_path: Path) -> None:
    """`.env` in the folder; the environment beats it."""
    (tmp_path / ".env").write_text("ONEFOLD_DATABASE_POOL_SIZE=0\n")
    shell = Shell(tmp_path, "sqlite+aiosqlite:///./x.db")
    assert "ONEFOLD_DATABASE_POOL_SIZE" in shell.failed("migrate")
    assert shell.run("migrate", ONEFOLD_DATABASE_POOL_SIZE="2").code == 0
