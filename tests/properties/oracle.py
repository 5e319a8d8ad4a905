"""What contacts are after merges, edits and undos, told by doing everything again without what was undone.

It shares no code with the product. Every act is a line in a log; an undo takes sources out of the lines of their merges
and plays the whole log again. Edits are kept as what they changed when they were made.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

FIELDS = ("name", "title", "email")
MARKS = ("labels", "segments", "channels", "inboxes", "facts")
HUNG = ("conversation", "call", "note", "said")
GONE = "\0gone"

Path = tuple[str, ...]
Writes = list[tuple[str | Path, Any]]


@dataclass
class Being:
    """A contact; each field with the time of its last writing. `said`: whether its opt-out is its own."""

    fields: dict[str, tuple[str | None, int]]
    attributes: dict[str, Any]
    opted_out: int | None  # since when
    said: bool = True
    parent: int | None = None
    joined: int = 0  # the line of the merge that it was merged by
    erased: bool = False


@dataclass
class State:
    """Everybody by number, e-mail addresses as (owner, value) in order of age; of each kind what can be taken off, as
    (owner, name), and what cannot, as (owner, thing)."""

    beings: list[Being] = field(default_factory=list)
    emails: dict[tuple[int, str], bool] = field(default_factory=dict)  # whether it was taken off
    marks: dict[str, dict[tuple[int, str], bool]] = field(default_factory=lambda: {kind: {} for kind in MARKS})
    hung: dict[str, list[tuple[int, Any]]] = field(default_factory=lambda: {kind: [] for kind in HUNG})

    def root(self, number: int) -> int:
        """Who a number leads to."""
        while (parent := self.beings[number].parent) is not None:
            number = parent
        return number

    def tree(self, root: int) -> set[int]:
        """Everybody who leads to it, itself too."""
        return {number for number in range(len(self.beings)) if self.root(number) == root}

    def emails_of(self, root: int) -> list[str]:
        """In force on the tree, each once: the survivor's own first, then by age."""
        tree = self.tree(root)
        held = [key for key, removed in self.emails.items() if key[0] in tree and not removed]
        return list(dict.fromkeys(value for _, value in sorted(held, key=lambda key: key[0] != root)))

    def marks_of(self, kind: str, root: int) -> set[str]:
        """In force on the tree."""
        tree = self.tree(root)
        return {name for (owner, name), removed in self.marks[kind].items() if owner in tree and not removed}

    def hung_of(self, kind: str, root: int) -> set[Any]:
        """All that was given to anybody of the tree."""
        tree = self.tree(root)
        return {thing for owner, thing in self.hung[kind] if owner in tree}


@dataclass
class Line:
    """One act: the name of a method of Oracle's that plays it, and what it is given."""

    play: str
    given: tuple[Any, ...]


class Oracle:
    """The log, and the state that it leads to."""

    def __init__(self) -> None:
        self.log: list[Line] = []
        self.state = State()
        self.parted: set[tuple[int, int]] = set()  # (line of the merge, source)

    # What somebody does.

    def create(self, values: Mapping[str, Any], now: int) -> None:
        """One more."""
        self._do("_create", dict(values), now)

    def edit(self, number: int, change: Mapping[str, Any], now: int) -> None:
        """A change of a survivor: what it changes is written down."""
        being = self.state.beings[number]
        writes: Writes = [(name, change[name]) for name in FIELDS if name in change]
        writes = [(name, value) for name, value in writes if being.fields[str(name)][0] != value]
        patched = merge_patch(being.attributes, change.get("customAttributes", {}))
        writes += difference(being.attributes, patched)
        out = change.get("unsubscribed")
        if out is not None and (out != (being.opted_out is not None) or (out and not being.said)):
            writes.append(("opted_out", (being.opted_out or now) if out else None))
        self._do("_write", number, writes, now)
        if change.get("email"):
            self._do("_hold", [number], change["email"])

    def merge(self, primary: int, sources: Sequence[int], recent: set[str], overrides: Mapping[str, int]) -> int:
        """`recent`: fields by MOST_RECENT; `overrides`: whose field, or whose key of the attributes. Its line."""
        self._do("_merge", len(self.log), primary, list(sources), set(recent), dict(overrides))
        return len(self.log) - 1

    def set_marks(self, kind: str, number: int, names: Iterable[str]) -> None:
        """On the survivor, instead of all that its tree has."""
        self._do("_set", kind, self.state.root(number), set(names))

    def mark(self, kind: str, number: int, name: str) -> None:
        """It goes to the id that it is sent to."""
        self._do("_mark", kind, number, name)

    def unmark(self, kind: str, number: int, name: str) -> None:
        """From the whole tree; what is forgotten is gone from everybody who was of it, whatever is undone later."""
        root = self.state.root(number)
        if kind == "facts":
            self._do("_forget", sorted(self.state.tree(root)), name)
        else:
            self._do("_unmark", kind, root, name)

    def hang(self, kind: str, number: int, thing: Any) -> None:
        """Something that stays with the id that it is sent to."""
        self._do("_hang", kind, number, thing)

    def add_email(self, number: int, value: str, now: int) -> None:
        """It goes to the id that it is sent to; where no address leads, it leads."""
        root = self.state.root(number)
        leads = self.state.beings[root].fields["email"][0] is None
        self._do("_hold", [number, root] if leads else [number], value)
        if leads:
            self._do("_write", root, [("email", value)], now)

    def remove_email(self, number: int, value: str, now: int) -> None:
        """From the whole tree; the next one leads then."""
        root = self.state.root(number)
        self._do("_drop", root, value)
        if self.state.beings[root].fields["email"][0] == value:
            self._do("_write", root, [("email", next(iter(self.state.emails_of(root)), None))], now)

    def erase(self, number: int) -> None:
        """With all that was merged into it."""
        self._do("_erase", sorted(self.state.tree(number)))

    def undo(self, line: int, sources: Sequence[int], now: int) -> None:
        """The log again without these; then what an undo itself does."""
        primary = self.log[line].given[1]
        out = self._last_word(primary, line)
        self.parted |= {(line, source) for source in sources}
        self.state = State()
        for done in self.log:
            getattr(self, done.play)(*done.given)
        for source in sources:
            if out is not None and self.state.beings[source].opted_out is None:
                self._do("_write", source, [("opted_out", out)], now)
        for number in (*sources, self.state.root(primary)):
            held = self.state.emails_of(number)
            if self.state.beings[number].fields["email"][0] not in (None, *held):
                self._do("_write", number, [("email", next(iter(held), None))], now)

    def merged_by(self, line: int) -> list[int]:
        """The sources that a merge still holds."""
        return [source for source in self.log[line].given[2] if (line, source) not in self.parted]

    def _last_word(self, primary: int, line: int) -> int | None:
        """Since when, if the last that somebody said about the merged contact since then was an opt-out."""
        levels = [(primary, line)]
        while (parent := self.state.beings[levels[-1][0]].parent) is not None:
            levels.append((parent, self.state.beings[levels[-1][0]].joined))
        for number, since in reversed(levels):
            said = [
                value
                for place, done in enumerate(self.log)
                if place > since and done.play == "_write" and done.given[0] == number
                for cell, value in done.given[1]
                if cell == "opted_out"
            ]
            if said:
                last: int | None = said[-1]
                return last
        return None

    # What the lines of the log do to the state.

    def _do(self, play: str, *given: Any) -> None:
        self.log.append(Line(play, given))
        getattr(self, play)(*given)

    def _create(self, values: Mapping[str, Any], now: int) -> None:
        being = Being(
            {name: (values.get(name), now) for name in FIELDS},
            deepcopy(values.get("customAttributes", {})),
            now if values.get("unsubscribed") else None,
        )
        self.state.beings.append(being)
        if values.get("email"):
            self._hold([len(self.state.beings) - 1], values["email"])

    def _write(self, number: int, writes: Writes, now: int) -> None:
        being = self.state.beings[number]
        for cell, value in writes:
            if cell == "opted_out":
                being.opted_out, being.said = value, True
            elif isinstance(cell, str):
                being.fields[cell] = (value, now)
            else:
                write_path(being.attributes, cell, value)

    def _hold(self, owners: Sequence[int], value: str) -> None:
        for owner in owners:
            self.state.emails[owner, value] = False

    def _drop(self, root: int, value: str) -> None:
        for owner in self.state.tree(root):
            if (owner, value) in self.state.emails:
                self.state.emails[owner, value] = True

    def _set(self, kind: str, root: int, names: set[str]) -> None:
        for _, name in list(self.state.marks[kind]):
            if name not in names:
                self._unmark(kind, root, name)
        for name in names:
            self._mark(kind, root, name)

    def _mark(self, kind: str, owner: int, name: str) -> None:
        self.state.marks[kind][owner, name] = False

    def _unmark(self, kind: str, root: int, name: str) -> None:
        tree = self.state.tree(root)
        marks = self.state.marks[kind]
        marks |= {(owner, held): True for owner, held in marks if owner in tree and held == name}

    def _forget(self, members: Sequence[int], name: str) -> None:
        for owner in members:
            self.state.marks["facts"].pop((owner, name), None)

    def _hang(self, kind: str, owner: int, thing: Any) -> None:
        self.state.hung[kind].append((owner, thing))

    def _erase(self, members: Sequence[int]) -> None:
        for number in members:
            self.state.beings[number].erased = True

    def _merge(
        self, line: int, primary: int, named: Sequence[int], recent: set[str], overrides: Mapping[str, int]
    ) -> None:
        sources = [source for source in named if (line, source) not in self.parted]
        everyone = [self.state.beings[number] for number in (primary, *sources)]
        being = everyone[0]
        chosen = {what: number for what, number in overrides.items() if number in (primary, *sources)}
        being.fields = {
            name: self.state.beings[chosen[name]].fields[name]
            if name in chosen
            else _survivor([one.fields[name] for one in everyone], name in recent)
            for name in FIELDS
        }
        attributes = deepcopy(being.attributes)
        for other in everyone[1:]:
            attributes = united(attributes, other.attributes)
        for key in attributes.keys() | {what for what in chosen if what not in FIELDS}:
            if key in chosen:
                theirs = self.state.beings[chosen[key]].attributes
                attributes.pop(key, None)
                if key in theirs:
                    attributes[key] = deepcopy(theirs[key])
        being.attributes = attributes
        since = [one.opted_out for one in everyone if one.opted_out is not None]
        if since and min(since) != being.opted_out:
            being.opted_out, being.said = min(since), False
        for number in sources:
            self.state.beings[number].parent, self.state.beings[number].joined = primary, line


def _survivor(values: Sequence[tuple[str | None, int]], recent: bool) -> tuple[str | None, int]:
    having = [value for value in values if value[0] is not None]
    if not having:
        return values[0]
    newest = max(time for _, time in having)
    return next(value for value in having if not recent or value[1] == newest)


def united(primary: dict[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    """Objects key by key, the primary's value wins."""
    result = dict(primary)
    for key, value in source.items():
        if key not in result:
            result[key] = deepcopy(value)
        elif isinstance(result[key], dict) and isinstance(value, dict):
            result[key] = united(result[key], value)
    return result


def merge_patch(target: Any, patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396."""
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value) if isinstance(value, dict) else value
    return result


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Writes:
    """What was removed, the innermost first, and what was written."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    removed = {path for path in old if path not in new}
    inside = {path[:length] for path in new for length in range(1, len(path) + 1)}
    removed |= {path[:length] for path in removed for length in range(1, len(path)) if path[:length] not in inside}
    written: Writes = [(path, value) for path, value in new.items() if path not in old or old[path] != value]
    gone: Writes = [(path, GONE) for path in sorted(removed, key=len, reverse=True)]
    return gone + written


def _leaves(value: Mapping[str, Any], path: Path = ()) -> Iterable[tuple[Path, Any]]:
    for key, member in value.items():
        if isinstance(member, dict) and member:
            yield from _leaves(member, (*path, key))
        else:
            yield (*path, key), member


def write_path(target: dict[str, Any], path: Path, value: Any) -> None:
    """A member set or removed; what stands in the way of its objects gives way to them."""
    for key in path[:-1]:
        if not isinstance(target.get(key), dict):
            target[key] = {}
        target = target[key]
    target.pop(path[-1], None)
    if value != GONE:
        target[path[-1]] = deepcopy(value)
