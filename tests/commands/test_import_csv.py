"""`onefold import` of CSV: what a spreadsheet saves, and what goes wrong with it."""

import json
from typing import Any

import pytest

from db.engine import Database
from resolvers.ids import CONTACT, decode_id
from tests.commands.import_files import Imported, import_bytes
from tests.commands.process import Shell

HEADER = (
    "ref;role;name;email;phone;address.city;address.country;unsubscribed;isAdmin;customAttributes.plan;"
    "customAttributes.utm.source;identifiers.EXTERNAL_ID.crm;identifiers.EXTERNAL_ID.shop;identifiers.EMAIL;;createdAt"
)
# As a spreadsheet saves it: a BOM, CRLF, quotes doubled, line breaks in a value, accents, a column without a name.
SHEET = (
    f"\ufeff{HEADER}\r\n"
    '007;USER;"Ana ""La Jefa"" Pérez\r\nGarcía";ana@perez.example;+34 612 345 678;León;ES;TRUE;;pro;fair;C-1;;'
    "a.p@perez.example;;2024-02-29T08:00:00Z\r\n"
    ";;;;;;;;;;;;;;;\r\n"
    "8;LEAD;Søren;;;;;false;;;;;S-8;;;\r\n"
)


def import_csv(shell: Shell, org: str, content: bytes, *options: str) -> Imported:
    """Imports these bytes as CSV, whatever the file is called."""
    return import_bytes(shell, org, content, "--format", "csv", *options)


async def people(db: Database) -> list[dict[str, Any]]:
    """The contacts' columns, by name."""
    rows = await db.inspect(_rows)
    return sorted(rows, key=lambda row: str(row["name"]))


def _rows(connection: Any) -> list[dict[str, Any]]:
    found = connection.exec_driver_sql("SELECT * FROM contact")
    return [dict(row._mapping) for row in found]


def test_what_a_spreadsheet_saves(shell: Shell) -> None:
    """Every value in its place, text kept as text (a leading nought stays); a blank record is none; again: skipped."""
    org = shell.organization()
    imported = import_csv(shell, org, SHEET.encode())
    assert (imported.code, imported.counts) == (0, (2, 0, 0)), imported.errors
    ana, soeren = shell.ask(people)
    assert ana["name"].split() == ["Ana", '"La', 'Jefa"', "Pérez", "García"]
    attributes, address = as_object(ana["custom_attributes"]), as_object(ana["address"])
    assert attributes == {"plan": "pro", "utm": {"source": "fair"}}
    assert (address["city"], address["country"]) == ("León", "ES")
    assert (bool(ana["unsubscribed"]), bool(ana["is_admin"]), ana["role"]) == (True, False, "USER")
    assert (soeren["name"], soeren["role"], bool(soeren["unsubscribed"])) == ("Søren", "LEAD", False)
    held = {(row["kind"], row["system"], row["normalized"].casefold()) for row in shell.ask(identifiers)}
    assert held == {
        ("EMAIL", "", "ana@perez.example"),
        ("EMAIL", "", "a.p@perez.example"),
        ("PHONE", "", "+34612345678"),
        ("EXTERNAL_ID", "crm", "c-1"),
        ("EXTERNAL_ID", "shop", "s-8"),
    }
    assert import_csv(shell, org, SHEET.encode()).counts == (0, 2, 0)
    # The same lines as JSON are the same lines.
    as_json = json.dumps({"ref": "007", "name": "x"}).encode() + b"\n"
    assert import_bytes(shell, org, as_json).counts == (0, 1, 0)


def as_object(value: Any) -> Any:
    """JSON as the drivers give it."""
    return json.loads(value) if isinstance(value, str) else value


async def identifiers(db: Database) -> list[dict[str, Any]]:
    """The identifiers' columns, by name."""
    return await db.inspect(
        lambda connection: [
            dict(row._mapping) for row in connection.exec_driver_sql("SELECT kind, system, normalized FROM identifier")
        ]
    )


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_header_says_what_parts_columns(sqlite_shell: Shell, mark: str) -> None:
    """Comma, semicolon, tab; a name in quotes; and no line break behind the last record."""
    content = f'"ref"{mark}name{mark}email\n1{mark}"A{mark} B"{mark}a@b.example'
    assert import_csv(sqlite_shell, sqlite_shell.organization(), content.encode()).counts == (1, 0, 0)
    (found,) = sqlite_shell.ask(people)
    assert found["name"].replace("\t", "").replace(" ", "") == f"A{mark}B".replace("\t", "")


def test_bad_records_are_told_by_their_lines(shell: Shell) -> None:
    """Each with the line that it begins on, also behind values of several lines; the good ones land."""
    org = shell.organization()
    content = (
        b"ref,name,email,unsubscribed\n"
        b'1,"two\nlines",a@b.example,\n'  # lines 2 and 3
        b"2,Bad,nobody,\n"  # 4
        b"3,Short\n"  # 5
        b"4,Long,c@b.example,,more\n"  # 6
        b"5,\xff,d@b.example,\n"  # 7
        b"6,Maybe,e@b.example,perhaps\n"  # 8
        b'7,"open,f@b.example,\n'  # 9
        b"8,Good,g@b.example,true\n"  # 10
        b"9,Cut o"  # 11
    )
    imported = import_csv(shell, org, content)
    assert (imported.code, imported.counts) == (1, (2, 0, 7))
    errors = imported.errors or []
    assert [entry["line"] for entry in errors] == [4, 5, 6, 7, 8, 9, 11]
    told = [entry["errors"][0]["message"] for entry in errors]
    assert "2 values and the header 4 columns" in told[1]
    assert "UTF-8" in told[3]
    assert errors[4]["errors"][0]["field"] == ["unsubscribed"]
    assert "Not CSV" in told[5]
    assert errors[1]["row"] == "3,Short\n"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("ref,e-mail", "Column 2, 'e-mail', is no field of a contact. Did you mean email?"),
        ("ref,Name", "Did you mean name?"),
        ("ref,plan", "customAttributes.NAME"),
        ("ref,address.zip", "Column 2"),
        ("ref,identifiers.FAX", "Column 2"),
        ("ref,customAttributes", "Column 2"),
        ("name,name", "Column 2, name, is there twice"),
        ("", "first line must name its columns"),
        ('"ref', "first line must name its columns"),
    ],
)
def test_a_header_that_is_wrong(sqlite_shell: Shell, header: str, said: str) -> None:
    """Refused before anything is imported, with what was probably meant."""
    org = sqlite_shell.organization()
    file = sqlite_shell.folder / "people.csv"
    file.write_text(f"{header}\n1,x\n" if header else "")
    state = sqlite_shell.state()
    assert said in sqlite_shell.failed("import", file, "--org", org)
    assert sqlite_shell.state() == state


def test_an_open_quote_does_not_swallow_the_file(sqlite_shell: Shell) -> None:
    """One bad record, and thousands of good ones behind it land; memory is bounded by a record's limit."""
    lines = [b'1,"open\n', *(b"%d,Name %d\n" % (number, number) for number in range(2, 5_002))]
    imported = import_csv(sqlite_shell, sqlite_shell.organization(), b"ref,name\n" + b"".join(lines))
    assert imported.counts == (5_000, 0, 1)
    assert [entry["line"] for entry in imported.errors or []] == [2]


def test_by_the_name_of_the_file(sqlite_shell: Shell) -> None:
    """`.csv` is CSV; --format wins over the name; the map names each ref's contact, the same when run again."""
    org = sqlite_shell.organization()
    file = sqlite_shell.folder / "people.CSV"
    file.write_text("ref,name,email\nb,B,b@x.example\n,No ref,\nc,C,nobody\n")
    maps = []
    for name in ("one.jsonl", "two.jsonl", "three.csv"):
        answer = sqlite_shell.run("import", file, "--org", org, "--map", name)
        assert answer.code == 1
        assert answer.err.startswith("line 4: email: email is not an e-mail address")
        maps.append((sqlite_shell.folder / name).read_text())
    first = [json.loads(line) for line in maps[0].splitlines()]
    assert [(entry["line"], entry["ref"]) for entry in first] == [(2, "b"), (3, None)]
    assert all(decode_id(CONTACT, entry["contactId"]) for entry in first)
    assert maps[1] == maps[0]
    rows = [f"{entry['line']},{entry['ref'] or ''},{entry['contactId']}" for entry in first]
    assert maps[2].splitlines() == ["line,ref,contactId", *rows]


def test_a_dry_run_writes_nothing(shell: Shell) -> None:
    """The counts and the errors of the real run, which comes after it; the database is as before to the byte."""
    org = shell.organization()
    rows = "".join(f"{number},Name {number},n{number}@x.example\n" for number in range(4_500))
    content = f"ref,name,email\n{rows}3,Twice,\nx,Bad,nobody\n".encode()
    before = shell.state()
    dry = import_csv(shell, org, content, "--dry-run")
    assert shell.state() == before
    real = import_csv(shell, org, content)
    assert dry == real
    assert real.counts == (4_500, 1, 1)
    assert "nothing to write to --map" in shell.failed(
        "import", "contacts.jsonl", "--org", org, "--dry-run", "--map", "m"
    )
