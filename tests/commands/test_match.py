"""onefold match evaluate (what it prints, draws and refuses; it needs no database) and onefold match rebuild."""

import gzip
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlalchemy import select, update

from db.engine import Database
from db.matching import match_features
from gateway.labelled import BadFolder, read_folder
from resolvers.matching.score import MODEL
from tests.commands.process import Shell

CONTACTS = [
    {"id": "a", "name": "Ann Lee", "emails": [{"value": "ann@firm.org", "verified": True}], "created_at": "2020-01-01"},
    {"id": "b", "name": "LEE, Ann", "emails": [{"value": "Ann@firm.org"}], "birthdate": "1999-13-45"},
    {"id": "c", "emails": [{"value": "not an address"}], "phones": [{"value": "0151 12345670"}], "country": "DE"},
    {"id": "d", "name": "Bea Lee", "emails": [{"value": "ann@firm.org"}],
     "channels": [{"type": "whatsapp", "user_id": "4915112345670"}]},
]  # fmt: skip
TRUTH = "id,entity\na,1\nb,1\nc,2\nd,3\n"
TRAPS = '{"a": "d", "b": "c", "trap": "bridge_phone"}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small set, packed in part."""
    made = tmp_path / "set"
    made.mkdir()
    with gzip.open(made / "contacts.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in CONTACTS)
    (made / "truth.csv").write_text(TRUTH)
    (made / "traps.jsonl").write_text(TRAPS)
    return made


def test_it_prints_the_quality_at_both_thresholds(sqlite_shell: Shell, folder: Path) -> None:
    answer = sqlite_shell.by_script.run("match", "evaluate", str(folder))
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert [line.strip() for line in lines] == [
        "4 contacts of 3 people; 4 pairs compared, of 1 pairs that are one person.",
        "AUTO_MERGE (from 0.98)    precision 0.5000  recall 1.0000  right 1  wrong 1",
        "1 bridge_phone",
        "with REVIEW (from 0.5)    precision 0.5000  recall 1.0000  right 1  wrong 1",
        "1 bridge_phone",
        "in one cluster            precision 0.5000  recall 1.0000  right 1  wrong 1",
        "1 bridge_phone",
    ]


def test_it_answers_programs_and_draws_the_curve(sqlite_shell: Shell, folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "curve.svg"
    data = sqlite_shell.run("match", "evaluate", str(folder), "--json", "--plot", str(picture)).json
    assert (data["contacts"], data["people"], data["compared"]) == (4, 3, 4)
    assert data["review"]["existing"] == 1
    assert data["automatic"]["falseByTrap"] == {"bridge_phone": 1}
    assert data["thresholds"] == {"automatic": 0.98, "review": 0.5}
    drawn = ElementTree.parse(picture).getroot()
    assert len(drawn.findall("{http://www.w3.org/2000/svg}polyline")) == 4
    assert "set: 4 contacts" in picture.read_text()


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("contacts.jsonl", '{"id": "a"}\n{"id": \n', "contacts.jsonl, line 2"),
        ("contacts.jsonl", '{"name": "a"}\n', "contacts.jsonl, line 1"),
        ("contacts.jsonl", '["a"]\n', "contacts.jsonl, line 1"),
        ("contacts.jsonl", '{"id": "z"}\n', "has no line for z (1 contacts are missing)"),
        ("truth.csv", "a,1\n", "must begin with the line id,entity"),
        ("traps.jsonl", '{"a": "d"}\n', "traps.jsonl, line 1"),
    ],
)
def test_a_folder_that_cannot_be_read_is_named(folder: Path, file: str, content: str, complaint: str) -> None:
    (folder / file).write_text(content)
    with pytest.raises(BadFolder) as caught:
        read_folder(folder)
    assert complaint in str(caught.value)


def test_what_is_missing_is_an_error_and_no_traceback(sqlite_shell: Shell, folder: Path, tmp_path: Path) -> None:
    (folder / "truth.csv").unlink()
    answer = sqlite_shell.run("match", "evaluate", str(folder))
    assert (answer.code, answer.out) == (1, "")
    assert "There is no" in answer.err
    assert "truth.csv" in answer.err
    (folder / "truth.csv").write_text(TRUTH)
    answer = sqlite_shell.run("match", "evaluate", str(folder), "--plot", str(tmp_path / "nowhere" / "curve.svg"))
    assert answer.code == 1
    assert "Cannot write" in answer.err


def test_a_set_without_traps(folder: Path) -> None:
    (folder / "traps.jsonl").unlink()
    assert read_folder(folder).traps == {}


def test_a_rebuild_is_a_job_for_each_organization(shell: Shell) -> None:
    """Worked on by the command itself where nobody else does; seen like any job."""
    orgs = [shell.organization(name) for name in ("one", "other")]
    lines = "".join(json.dumps({"ref": str(n), "name": f"N{n}"}) + "\n" for n in range(120))
    (shell.folder / "people.jsonl").write_text(lines)
    shell.done("import", "people.jsonl", "--org", orgs[0])
    shell.ask(_spoil)
    found = shell.run("match", "rebuild", "--json").json
    assert found["contacts"] == 120
    assert shell.ask(_versions) == {MODEL.version}
    listed = {job["id"]: job for job in json.loads(shell.done("jobs", "list", "--json").out)}
    assert set(listed) == set(found["jobs"])
    seen = {job["organizationId"]: (job["kind"], job["status"], job["done"], job["actor"]) for job in listed.values()}
    assert seen == {
        orgs[0]: ("REBUILD_MATCHING", "SUCCEEDED", 2, "command line"),
        orgs[1]: ("REBUILD_MATCHING", "SUCCEEDED", 0, "command line"),
    }
    assert shell.done("match", "rebuild").last == "Made what matching keeps of 120 contacts anew."


async def _spoil(db: Database) -> None:
    await db.write(lambda tx: tx.run(update(match_features).values(model_version=0)))


async def _versions(db: Database) -> set[int]:
    rows = await db.read(lambda tx: tx.rows(select(match_features.c.model_version).distinct()))
    return {row[0] for row in rows}
