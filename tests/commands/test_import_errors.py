"""What is wrong in a file is told line by line, and the rest lands."""

import json
from pathlib import Path
from typing import Any

from tests.commands.import_files import as_line, import_bytes, import_rows
from tests.commands.process import Shell

STRANGER = "org_01h455vb4pex5vsknk084sn02q"


def test_each_bad_line_is_reported_with_all_that_is_wrong(shell: Shell) -> None:
    """The number of the line, the row as it was, a code, the field and a sentence for each fault; good lines land;
    once the file is mended the errors file is gone."""
    org = shell.organization()
    good = [{"ref": "a", "name": "Ada"}, {"ref": "z", "name": "Zoe", "organizationId": org}]
    two_faults = {"ref": "b", "email": "nobody", "phone": "call me", "name": "B"}
    bad: list[tuple[bytes, list[list[str] | None]]] = [
        (as_line(two_faults), [["email"], ["phone"]]),
        (b'{"ref": "c", "name": \n', [None]),
        (b"[1, 2]\n", [None]),
        (b'"text"\n', [None]),
        (b'{"ref": "d", "name": "\xff"}\n', [None]),
        (b'{"ref": "e", "name": "a", "name": "b"}\n', [None]),
        (b'{"ref": "f", "customAttributes": {"a": NaN}}\n', [None]),
        (b'{"ref": "g", "name": "\\u0000"}\n', [None]),
        (b'{"ref": "h", "name": "\\ud800"}\n', [None]),
        (as_line({"ref": "i", "nmae": "Typo", "Email": "x"}), [["Email"], ["nmae"]]),
        (as_line({"ref": "j", "organizationId": STRANGER}), [["organizationId"]]),
        (as_line({"ref": 1.5}), [["ref"]]),
        (as_line({"ref": True}), [["ref"]]),
        (as_line({"ref": ""}), [["ref"]]),
        (as_line({"ref": ["a"]}), [["ref"]]),
        (as_line({"ref": "k", "name": 5, "role": "BOSS", "blocked": "yes"}), [["name"], ["role"], ["blocked"]]),
        (as_line({"ref": "l", "createdAt": "2999-01-01T00:00:00Z"}), [["createdAt"]]),
        (as_line({"ref": "m", "identifiers": [{"kind": "EMAIL", "value": "no"}]}), [["identifiers", "0", "value"]]),
        (as_line({"ref": "n", "address": {"country": "Germany", "zip": "1"}}), [["address", "country"]]),
        (b"x" * 2_000_000 + b"\n", [None]),
        (b'{"ref": "o", "name": "cut off', [None]),
    ]
    content = as_line(good[0]) + b"\n" + b"".join(line for line, _ in bad[:-1]) + as_line(good[1]) + bad[-1][0]
    imported = import_bytes(shell, org, content)
    assert (imported.code, imported.counts) == (1, (2, 0, len(bad)))
    errors = imported.errors or []
    assert [entry["line"] for entry in errors] == [*range(3, len(bad) + 2), len(bad) + 3]
    for entry, (line, fields) in zip(errors, bad, strict=True):
        assert {error["code"] for error in entry["errors"]} == {"BAD_USER_INPUT"}
        assert all(error["message"] for error in entry["errors"])
        told = [error["field"] for error in entry["errors"]]
        assert all(field in told for field in fields), (line[:80], told)
    assert errors[0]["row"] == two_faults
    assert len(json.dumps(errors)) < 100_000, "an overlong line is not copied"

    mended = import_rows(shell, org, [*good, two_faults | {"email": "b@acme.com", "phone": "+4930123456"}])
    assert (mended.code, mended.counts, mended.errors) == (0, (1, 2, 0), None)


def test_a_bad_line_writes_nothing(shell: Shell) -> None:
    """A file of bad lines alone: the whole database is as before, but for nothing."""
    org = shell.organization()
    state = shell.state()
    rows: list[dict[str, Any]] = [{"ref": "a", "email": "x"}, {"ref": "b", "customAttributes": [1]}]
    assert import_rows(shell, org, rows).counts == (0, 0, 2)
    assert shell.state() == state


def test_wrong_calls(sqlite_shell: Shell) -> None:
    """No file, a folder, an organisation that is none or nobody's, a source that is none: exit 1 and a sentence."""
    org = sqlite_shell.organization()
    file = sqlite_shell.folder / "contacts.jsonl"
    file.write_bytes(as_line({"ref": 1, "name": "A"}))
    state = sqlite_shell.state()
    assert "There is no file" in sqlite_shell.failed("import", "missing.jsonl", "--org", org)
    assert "acme is no organization's id" in sqlite_shell.failed("import", file, "--org", "acme")
    assert f"There is no organization {STRANGER}" in sqlite_shell.failed("import", file, "--org", STRANGER)
    assert "--source" in sqlite_shell.failed("import", file, "--org", org, "--source", " ")
    assert "--source" in sqlite_shell.failed("import", file, "--org", org, "--source", "s" * 65)
    assert sqlite_shell.state() == state


def test_a_place_where_errors_cannot_be_written(sqlite_shell: Shell) -> None:
    """A folder stands where the errors file should go: said in a sentence before anything is imported."""
    org = sqlite_shell.organization()
    file = sqlite_shell.folder / "contacts.jsonl"
    file.write_bytes(as_line({"ref": 1, "name": "A"}))
    Path(f"{file}.errors.jsonl").mkdir()
    state = sqlite_shell.state()
    assert "contacts.jsonl.errors.jsonl" in sqlite_shell.failed("import", file, "--org", org)
    assert sqlite_shell.state() == state


def test_for_people(sqlite_shell: Shell) -> None:
    """Without --json: how many, and where the errors are told."""
    org = sqlite_shell.organization()
    file = sqlite_shell.folder / "contacts.jsonl"
    file.write_bytes(as_line({"ref": 1, "name": "A"}) + as_line({"ref": 2, "email": "x"}))
    answer = sqlite_shell.run("import", file, "--org", org)
    assert answer.code == 1
    assert answer.out.startswith("1 created, 0 here before, 1 failed in ")
    assert answer.last.endswith(f"{file}.errors.jsonl")


def test_a_bad_line_does_not_use_up_its_ref(sqlite_shell: Shell) -> None:
    """A good line with the ref of a bad one before it lands: nothing was imported under that ref."""
    org = sqlite_shell.organization()
    rows = [{"ref": 1, "email": "nobody"}, {"ref": 1, "email": "ada@acme.com"}]
    assert import_rows(sqlite_shell, org, rows).counts == (1, 0, 1)
