"""Lines of an import file for channels, segments, labels and memories, beside their contacts, read back by the API."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.importer import ImportReport, ImportTarget, import_file
from tests.contract.steps import act_of, get, unchanged
from tests.contract.test_undo import merge_of, undo
from tests.db.world import World, check_invariants
from tests.support.api import Api
from tests.support.statements import recorded

SAID = "2026-05-01T10:0{}:00Z"
HANGING = """channels { type phone userId contactId } segments { name color } labels { name color }
    memories { persona facts { key value contactId } recentMessages { text } summaries { text } }"""
ANN = {"ref": "p-1", "name": "Ann"}
CHANNEL = {"type": "channel", "ref": "ch-1", "contactRef": "p-1", "channel": {"type": "SMS", "phone": "+4930123456"}}
MEMORY = {
    "type": "memory",
    "ref": "me-1",
    "contactRef": "p-1",
    "persona": "Ada",
    "facts": [{"key": "plan", "value": "pro"}],
    "messages": [{"role": "user", "text": "Hi", "at": SAID.format(2)}],
    "summaries": [{"text": "said hi", "at": SAID.format(3)}],
}
LINES: list[dict[str, Any]] = [
    CHANNEL,
    {"type": "segment", "name": "VIP", "color": "#d4a017"},
    {"type": "segment", "ref": "s-1", "contactRef": "p-1", "names": ["vip", "Trial"]},
    {"type": "label", "contactRef": "p-1", "names": ["late payer"]},
    {"type": "label", "name": "Late payer", "color": "red"},
    MEMORY,
    ANN,
]


class Files:
    """Imports files into the API's organisation."""

    def __init__(self, api: Api, folder: Path) -> None:
        self.api, self.file, self.errors_file = api, folder / "lines.jsonl", folder / "errors.jsonl"

    async def bring(self, *lines: dict[str, Any], source: str = "crm", keep: bool = True) -> tuple[int, int, int]:
        """(created, here before, failed)."""
        self.file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        target = ImportTarget(self.api.db, act_of(self.api), self.api.org_id, source, keep=keep)
        report: ImportReport = await import_file(target, self.file, errors_file=self.errors_file)
        await check_invariants(World(self.api.db, self.api.org_id, act_of(self.api)))
        return report.created, report.skipped, report.failed

    def told(self) -> list[tuple[int, str, list[str], str]]:
        """(line, code, field, message) of the first mistake of each bad line."""
        rows = [json.loads(line) for line in self.errors_file.read_text().splitlines()]
        firsts = [(row["line"], row["errors"][0]) for row in rows]
        return [(line, first["code"], first["field"], first["message"]) for line, first in firsts]


@pytest.fixture
def files(api: Api, tmp_path: Path) -> Files:
    """For each test its own."""
    return Files(api, tmp_path)


async def _named(api: Api, name: str) -> str:
    nodes = (await api.ask("{ contacts { nodes { id name } } }"))["contacts"]["nodes"]
    return str(next(node["id"] for node in nodes if node["name"] == name))


async def test_a_file_with_all_that_hangs_on_a_contact(api: Api, files: Files) -> None:
    """In any order within a batch; the first spelling of a name stays, its colour is the one given."""
    assert await files.bring(*LINES) == (7, 0, 0)
    ann = await _named(api, "Ann")
    assert await get(api, ann, HANGING) == {
        "channels": [{"type": "SMS", "phone": "+4930123456", "userId": None, "contactId": ann}],
        "segments": [{"name": "Trial", "color": None}, {"name": "VIP", "color": "#d4a017"}],
        "labels": [{"name": "Late payer", "color": "red"}],
        "memories": [
            {
                "persona": "Ada",
                "facts": [{"key": "plan", "value": "pro", "contactId": ann}],
                "recentMessages": [{"text": "Hi"}],
                "summaries": [{"text": "said hi"}],
            }
        ],
    }


async def test_the_same_file_twice_changes_nothing(api: Api, files: Files) -> None:
    """Every line is known by its kind and ref, or by its content."""
    assert await files.bring(*LINES) == (7, 0, 0)
    async with unchanged(api):
        assert await files.bring(*LINES) == (0, 7, 0)
        assert await files.bring(*LINES, keep=False) == (0, 7, 0)


async def test_a_dry_run_counts_and_writes_nothing(api: Api, files: Files) -> None:
    """Also a channel that stands in the file twice, which the real run refuses."""
    lines = [*LINES, {**CHANNEL, "ref": "ch-2"}]
    async with unchanged(api):
        assert await files.bring(*lines, keep=False) == (7, 0, 1)
    assert await files.bring(*lines) == (7, 0, 1)
    assert files.told() == [(8, "BAD_USER_INPUT", ["channel", "phone"], files.told()[0][3])]
    assert "has this channel already: channel_" in files.told()[0][3]


async def test_lines_land_on_the_survivor_and_go_back_with_their_id(api: Api, files: Files) -> None:
    """By id or ref of a contact that was merged away; an undo parts them again. A later fact of an old id is seen."""
    assert await files.bring(*LINES, {"ref": "p-2", "name": "Bob"}) == (8, 0, 0)
    ann, bob = await _named(api, "Ann"), await _named(api, "Bob")
    before = await get(api, ann, HANGING)
    version = (await get(api, bob, "version"))["version"]
    merge = await merge_of(api, bob, ann)
    late = {"contactId": ann}
    lines: list[dict[str, Any]] = [
        {"type": "channel", **late, "channel": {"type": "OTHER", "userId": "u-9"}},
        {"type": "segment", **late, "names": ["Late"]},
        {"type": "label", **late, "names": ["late payer", "odd"]},
        {"type": "memory", "contactRef": "p-1", "persona": "ADA", "facts": [{"key": "plan", "value": "late"}]},
    ]
    assert await files.bring(*lines) == (4, 0, 0)
    seen = await get(api, bob, f"{HANGING} version")
    assert seen["version"] > version + 1, "what was added is a change of the survivor"
    assert [row["userId"] for row in seen["channels"]] == [None, "u-9"]
    assert [row["name"] for row in seen["segments"]] == ["Late", "Trial", "VIP"]
    assert [fact["value"] for fact in seen["memories"][0]["facts"]] == ["late"]
    await undo(api, merge)
    after = await get(api, ann, HANGING)
    assert after["segments"] == [{"name": "Late", "color": None}, *before["segments"]]
    assert len(after["channels"]) == 2
    assert await get(api, bob, HANGING) == {"channels": [], "segments": [], "labels": [], "memories": []}


async def test_what_was_taken_off_comes_back_by_a_line(api: Api, files: Files) -> None:
    """A channel with its id, a segment; a channel that the contact has is refused, whoever of the tree has it."""
    assert await files.bring(*LINES) == (7, 0, 0)
    ann = await _named(api, "Ann")
    first = (await get(api, ann, "channels { id }"))["channels"][0]["id"]
    await api.done("removeChannel", "removedId", id=first)
    await api.done("setSegments", "contact { id }", contactId=ann, names=[])
    again: list[dict[str, Any]] = [
        {**CHANNEL, "ref": "ch-9"},
        {"type": "segment", "ref": "s-9", "contactRef": "p-1", "names": ["Trial"]},
    ]
    assert await files.bring(*again) == (2, 0, 0)
    found = await get(api, ann, "channels { id } segments { name }")
    assert found == {"channels": [{"id": first}], "segments": [{"name": "Trial"}]}
    other = await api.contact(name="Other")
    await api.merge(other, ann)
    async with unchanged(api):
        assert await files.bring({"type": "channel", "contactId": other, "channel": CHANNEL["channel"]}) == (0, 0, 1)


async def test_a_colour_that_is_there_gives_way_to_the_one_given(api: Api, files: Files) -> None:
    """A definition without a colour, or of the same one, changes nothing; another colour is a change of the segment."""
    assert await files.bring({"type": "segment", "name": "VIP", "color": "red"}) == (1, 0, 0)
    query = "{ segments { id name color createdAt updatedAt } }"
    (was,) = (await api.ask(query))["segments"]
    api.clock.advance(minutes=1)
    assert await files.bring({"type": "segment", "name": "vip"}, {"type": "segment", "name": " VIP"}) == (2, 0, 0)
    assert (await api.ask(query))["segments"] == [was]
    assert await files.bring({"type": "segment", "name": "VIP", "color": "#1F93FF"}) == (1, 0, 0)
    (now,) = (await api.ask(query))["segments"]
    assert now == {**was, "color": "#1F93FF", "updatedAt": now["updatedAt"]}
    assert now["updatedAt"] > was["updatedAt"]


_OF_ANN = {"contactRef": "p-1"}
_BAD: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"type": "channel", **_OF_ANN}, "BAD_USER_INPUT", ["channel"]),
    ({"type": "channel", **_OF_ANN, "channel": "SMS"}, "BAD_USER_INPUT", ["channel"]),
    ({"type": "channel", **_OF_ANN, "channel": {"phone": "+4930123456"}}, "BAD_USER_INPUT", ["channel", "type"]),
    ({"type": "channel", **_OF_ANN, "channel": {"type": "SMS", "fax": "1"}}, "BAD_USER_INPUT", ["channel", "fax"]),
    ({"type": "channel", **_OF_ANN, "channel": {"type": ["SMS"]}}, "BAD_USER_INPUT", ["channel", "type"]),
    ({"type": "channel", "channel": {"type": "SMS"}}, "BAD_USER_INPUT", ["contactRef"]),
    ({"type": "channel", "contactRef": "nobody", "channel": {"type": "SMS"}}, "NOT_FOUND", ["contactRef"]),
    ({"type": "channel", **_OF_ANN, "phone": "+4930123456"}, "BAD_USER_INPUT", ["phone"]),
    ({"type": "segment"}, "BAD_USER_INPUT", ["name"]),
    ({"type": "segment", "name": " "}, "BAD_USER_INPUT", ["name"]),
    ({"type": "segment", "name": 7}, "BAD_USER_INPUT", ["name"]),
    ({"type": "segment", "name": "VIP", "color": "#12"}, "BAD_USER_INPUT", ["color"]),
    ({"type": "segment", "name": "VIP", "color": "url(x)"}, "BAD_USER_INPUT", ["color"]),
    ({"type": "segment", **_OF_ANN}, "BAD_USER_INPUT", ["names"]),
    ({"type": "segment", **_OF_ANN, "names": "VIP"}, "BAD_USER_INPUT", ["names"]),
    ({"type": "segment", **_OF_ANN, "names": ["VIP", ""]}, "BAD_USER_INPUT", ["names", "1"]),
    ({"type": "segment", **_OF_ANN, "names": ["VIP"], "color": "red"}, "BAD_USER_INPUT", ["color"]),
    ({"type": "segment", "contactId": "contact_1", "names": ["VIP"]}, "BAD_USER_INPUT", ["contactId"]),
    ({"type": "label", "names": ["VIP"]}, "BAD_USER_INPUT", ["contactRef"]),
    ({"type": "memory", **_OF_ANN, "persona": "Ada"}, "BAD_USER_INPUT", ["facts"]),
    ({"type": "memory", **_OF_ANN, "facts": []}, "BAD_USER_INPUT", ["persona"]),
    ({"type": "memory", **_OF_ANN, "persona": "Ada", "facts": {"k": "v"}}, "BAD_USER_INPUT", ["facts"]),
    ({"type": "memory", **_OF_ANN, "persona": "Ada", "facts": [["k"]]}, "BAD_USER_INPUT", ["facts"]),
    (
        {"type": "memory", **_OF_ANN, "persona": "Ada", "facts": [{"key": "", "value": "v"}]},
        "BAD_USER_INPUT",
        ["facts", "0", "key"],
    ),
    (
        {"type": "memory", **_OF_ANN, "persona": "Ada", "facts": [{"key": "k"}]},
        "BAD_USER_INPUT",
        ["facts", "0", "value"],
    ),
    (
        {"type": "memory", **_OF_ANN, "persona": "Ada", "messages": [{"role": "user", "text": "Hi", "at": "today"}]},
        "BAD_USER_INPUT",
        ["messages", "0", "at"],
    ),
    (
        {"type": "memory", **_OF_ANN, "persona": "Ada", "summaries": [{"text": "s", "at": SAID.format(1), "who": 1}]},
        "BAD_USER_INPUT",
        ["summaries", "0", "who"],
    ),
]


async def test_bad_lines_are_told_by_number_and_field(api: Api, files: Files) -> None:
    """Each with a sentence; the good line lands, and of the bad ones nothing does, no name of a segment either."""
    assert await files.bring(ANN, *(line for line, _, _ in _BAD)) == (1, 0, len(_BAD))
    told = [(number, code, field) for number, code, field, message in files.told() if message]
    assert told == [(number, code, field) for number, (_, code, field) in enumerate(_BAD, 2)]
    assert await api.ask("{ segments { id } labels { id } }") == {"segments": [], "labels": []}
    assert await get(api, await _named(api, "Ann"), HANGING) == {
        "channels": [],
        "segments": [],
        "labels": [],
        "memories": [],
    }


async def test_a_batch_costs_the_same_for_one_contact_and_for_many(api: Api, files: Files) -> None:
    """No statement a line."""
    numbers = []
    for size in (1, 20):
        lines: list[dict[str, Any]] = []
        for index in range(size):
            of = {"contactRef": f"{size}-{index}"}
            lines += [
                {"ref": of["contactRef"], "name": "Ann"},
                {"type": "channel", **of, "channel": {"type": "OTHER", "userId": f"{size}-{index}"}},
                {"type": "segment", **of, "names": [f"s{size}-{index}", "all"]},
                {"type": "label", **of, "names": [f"l{size}-{index}"]},
                {"type": "segment", "name": f"s{size}-{index}", "color": "red"},
                {**MEMORY, "ref": f"{size}-{index}", **of},
            ]
        with recorded(api.db) as statements:
            assert await files.bring(*lines) == (len(lines), 0, 0)  # and so many to check what came of it
        numbers.append(len(statements))
    assert numbers[0] == numbers[1]
