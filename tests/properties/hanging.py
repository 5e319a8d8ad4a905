"""What hangs on contacts in a generated life: written to ids at any depth, taken off again, read under survivors."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from db import channels, inboxes, memories
from db.calls import CALLS
from db.conversations import conversations_hanging
from db.engine import Database, Transaction
from db.labels import LABELS
from db.notes import NOTES
from db.segments import SEGMENTS
from db.trees import TreePage, pages_of_trees
from resolvers.access import Act
from resolvers.contacts.channels import remove_channel
from resolvers.contacts.importing import import_terms
from resolvers.contacts.inboxes import add_inbox, inboxes_of_organization, remove_inbox
from resolvers.contacts.preparing import ImportTerms
from resolvers.contacts.tags import set_labels, set_segments
from resolvers.contacts.values import moment_text
from resolvers.history.importing import import_lines
from resolvers.history.preparing import prepare_thing
from resolvers.ids import CHANNEL, INBOX, encode_id
from resolvers.memories.writing import forget
from tests.db.world import shown
from tests.properties.oracle import MARKS, Oracle

PERSONA = "Ada"
NAMES = ("x", "y", "z")
LINES = ("conversation", "call", "note", "memory", "memory", "channel", "channel", "segment", "label")
_TABLES = {"conversation": conversations_hanging(status=False, merged=False), "call": CALLS, "note": NOTES}
_ALL = TreePage(limit=100, newest_first=True)


@dataclass
class Hanging:
    """Writes to the product and to the oracle alike. `channels`: the id of each by owner and name."""

    db: Database
    org_id: UUID
    oracle: Oracle
    ids: Sequence[UUID]
    channels: dict[tuple[int, str], UUID] = field(default_factory=dict)
    terms: ImportTerms | None = None
    lines: int = 0

    async def bring(self, act: Act, wanted: Sequence[tuple[str, int, str]]) -> None:
        """A batch of an import: (type of the line, whom it names, a name)."""
        terms = self.terms = self.terms or await import_terms(self.db, self.org_id, "life")
        prepared = []
        for kind, number, name in wanted:
            self.lines += 1
            raw = {"contactId": shown(self.ids[number]), **self._fields(act, kind, name)}
            prepared.append(prepare_thing(act, terms, kind, raw, str(self.lines)))
        outcomes = await import_lines(self.db, act, terms, prepared)
        assert outcomes is not None
        for place, ((kind, number, name), outcome) in enumerate(zip(wanted, outcomes, strict=True)):
            said = self.lines - len(wanted) + place + 1
            if kind == "channel":
                self._channel(number, name, outcome.thing_id)
                continue
            assert outcome.thing_id is not None, outcome.errors
            if kind in ("segment", "label"):
                self.oracle.mark(f"{kind}s", number, name)
            elif kind == "memory":
                self.oracle.mark("facts", number, name)
                self.oracle.hang("said", number, str(said))
            else:
                self.oracle.hang(kind, number, outcome.thing_id)

    def _channel(self, number: int, name: str, made: UUID | None) -> None:
        """One that the tree has is refused; one that was taken off this very contact has its old id."""
        has = name in self.oracle.state.marks_of("channels", self.oracle.state.root(number))
        assert (made is None) == has
        if made is not None:
            assert self.channels.setdefault((number, name), made) == made
            self.oracle.mark("channels", number, name)

    def _fields(self, act: Act, kind: str, name: str) -> dict[str, Any]:
        at = moment_text(act.now)
        facts = [{"key": name, "value": str(self.lines)}]
        said = [{"role": "user", "text": str(self.lines), "at": at}]
        fields: dict[str, dict[str, Any]] = {
            "call": {"direction": "INBOUND", "startedAt": at},
            "note": {"body": name},
            "memory": {"persona": PERSONA, "facts": facts, "messages": said},
            "channel": {"channel": {"type": "OTHER", "userId": name}},
        }
        return fields.get(kind, {} if kind == "conversation" else {"names": [name]})

    async def set_tags(self, act: Act, kind: str, number: int, names: set[str]) -> None:
        """The whole set of labels or segments."""
        write = set_labels if kind == "labels" else set_segments
        await write(self.db, act, shown(self.ids[number]), sorted(names))
        self.oracle.set_marks(kind, number, names)

    async def address(self, act: Act, number: int, name: str) -> None:
        """An address in the one inbox."""
        given = {"contactId": shown(self.ids[number]), "sourceId": name, "inbox": {"name": "Web"}}
        await add_inbox(self.db, act, given)
        self.oracle.mark("inboxes", number, name)

    def held(self, number: int) -> list[tuple[str, str]]:
        """What can be taken off whom this number leads to: (kind, name)."""
        state = self.oracle.state
        root = state.root(number)
        return [(kind, name) for kind in MARKS for name in sorted(state.marks_of(kind, root))]

    async def take_off(self, act: Act, number: int, kind: str, name: str) -> None:
        """From the survivor and all that was merged into it."""
        state = self.oracle.state
        contact = shown(self.ids[number])
        if kind in ("labels", "segments"):
            await self.set_tags(act, kind, number, state.marks_of(kind, state.root(number)) - {name})
            return
        if kind == "channels":
            tree = state.tree(state.root(number))
            marks = state.marks["channels"].items()
            owner = next(own for (own, held), off in marks if own in tree and held == name and not off)
            await remove_channel(self.db, act, encode_id(CHANNEL, self.channels[owner, name]))
        elif kind == "inboxes":
            (web,) = await inboxes_of_organization(self.db, act, self.org_id)
            given = {"contactId": contact, "inboxId": encode_id(INBOX, web.id), "sourceId": name}
            await remove_inbox(self.db, act, given)
        else:
            await forget(self.db, act, {"contactId": contact, "persona": PERSONA, "key": name})
        self.oracle.unmark(kind, number, name)

    def expected(self, number: int) -> dict[str, set[Any]]:
        """What the oracle says that a survivor shows."""
        state = self.oracle.state
        return {kind: state.marks_of(kind, number) for kind in state.marks} | {
            kind: state.hung_of(kind, number) for kind in state.hung
        }

    async def read(self, tx: Transaction, roots: Sequence[UUID]) -> dict[UUID, dict[str, set[Any]]]:
        """What the survivors show, in the same form."""
        orgs = [self.org_id]
        tags: dict[str, Any] = {
            "labels": await LABELS.of_trees(tx, orgs, roots),
            "segments": await SEGMENTS.of_trees(tx, orgs, roots),
        }
        ways = await channels.channels_of(tx, orgs, roots)
        addresses = await inboxes.addresses_of(tx, orgs, roots)
        facts = await memories.facts_of(tx, orgs, roots)
        said = await memories.messages_of(tx, orgs, roots, 100)
        hung = {kind: await pages_of_trees(tx, table, orgs, roots, _ALL) for kind, table in _TABLES.items()}
        return {
            root: {
                **{kind: {row.name for row in rows[root]} for kind, rows in tags.items()},
                "channels": {row.user_id for row in ways[root]},
                "inboxes": {row.source_id for row in addresses[root]},
                "facts": {row.key for row in facts[root]},
                "said": {row.text for row in said[root]},
                **{kind: {row.id for row in rows[root]} for kind, rows in hung.items()},
            }
            for root in roots
        }
