"""`onefold demo`: an organisation to try things on, made once, whatever is run again."""

import stat

import pytest

from gateway.demo import CONTACTS
from tests.commands.process import Shell


def mode(shell: Shell) -> int:
    """Of the file that keeps the key."""
    return stat.S_IMODE((shell.folder / "data" / "demo.key").stat().st_mode)


def test_the_demo_is_made_once(bare_shell: Shell) -> None:
    """From nothing on each database: the token alone on stdout, kept in a file for its owner alone; run again, with
    and without --if-missing and with --json, it changes nothing and says the same."""
    first = bare_shell.done("demo", "--port", "9123")
    token = first.last
    assert first.out == f"{token}\n"
    assert "http://127.0.0.1:9123/graphiql/" in first.err
    key_file = bare_shell.folder / "data" / "demo.key"
    assert key_file.read_text() == f"{token}\n"
    assert mode(bare_shell) == 0o600
    state = bare_shell.state()
    assert len(state["contact"]) == len(CONTACTS.read_text().splitlines())
    assert len(state["merge_event"]) == 1

    key_file.chmod(0o644)
    assert bare_shell.done("demo").out == f"{token}\n"
    assert bare_shell.done("demo", "--if-missing").out == f"{token}\n"
    said = bare_shell.done("demo", "--json").json
    assert (said["token"], said["contacts"]) == (token, len(state["contact"]) - 1)
    assert bare_shell.state() == state


def test_a_lost_key_is_made_anew(shell: Shell) -> None:
    """Without its file the demo gets another key, and keeps its organisation and its contacts."""
    one = shell.done("demo", "--json").json
    (shell.folder / "data" / "demo.key").unlink()
    two = shell.done("demo", "--if-missing", "--json").json
    assert one["token"] != two["token"]
    assert (two["organization"], two["contacts"]) == (one["organization"], one["contacts"])
    assert mode(shell) == 0o600


@pytest.mark.parametrize("text", ["", "nonsense\n", "ofk_" + "0" * 59])
def test_a_spoilt_key_file_is_written_anew(sqlite_shell: Shell, text: str) -> None:
    """Whatever stood in it: the new key works, and nobody but the owner can read it."""
    folder = sqlite_shell.folder / "data"
    folder.mkdir()
    (folder / "demo.key").write_text(text)
    (folder / "demo.key").chmod(0o666)
    token = sqlite_shell.done("demo").last
    assert (folder / "demo.key").read_text() == f"{token}\n"
    assert mode(sqlite_shell) == 0o600
