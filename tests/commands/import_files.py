"""Files for `onefold import`, and its answers."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.commands.process import Shell

# As the README shows one.
ADA = {
    "ref": "crm-1",
    "role": "USER",
    "name": "Ada Lovelace",
    "email": "ada@acme.com",
    "phone": "+4930123456",
    "address": {"line1": "Unter den Linden 1", "city": "Berlin", "postalCode": "10117", "country": "de"},
    "identifiers": [{"kind": "EXTERNAL_ID", "system": "crm", "value": "C-1", "verified": True}],
    "customAttributes": {"plan": "pro", "seats": 3},
    "createdAt": "2024-02-29T08:00:00+01:00",
    "unsubscribed": True,
    "unsubscribedAt": "2025-01-01T00:00:00Z",
}


def as_line(row: Any) -> bytes:
    """A line of a file."""
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


@dataclass(frozen=True)
class Imported:
    """What an import answered, and its errors file (None when there is none)."""

    code: int
    created: int
    skipped: int
    failed: int
    errors: list[dict[str, Any]] | None

    @property
    def counts(self) -> tuple[int, int, int]:
        """(created, here before, failed)."""
        return self.created, self.skipped, self.failed


def import_bytes(shell: Shell, org: str, content: bytes, *options: str) -> Imported:
    """Imports a file of these bytes."""
    file = shell.folder / "contacts.jsonl"
    file.write_bytes(content)
    answer = shell.run("import", file, "--org", org, *options, "--json")
    errors_file = Path(f"{file}.errors.jsonl")
    said = answer.json
    assert said["errorsFile"] == (str(errors_file) if said["failed"] else None)
    errors = None
    if errors_file.exists():
        errors = [json.loads(line) for line in errors_file.read_text().splitlines()]
    return Imported(answer.code, said["created"], said["skipped"], said["failed"], errors)


def import_rows(shell: Shell, org: str, rows: Iterable[Any], *options: str) -> Imported:
    """Imports a file of these rows."""
    return import_bytes(shell, org, b"".join(map(as_line, rows)), *options)
