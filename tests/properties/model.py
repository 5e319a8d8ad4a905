"""What contacts are after merges, edits and erasures, in a few plain lines that share nothing with the product."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Held:
    """An e-mail address as one contact was given it; `age` orders them."""

    owner: int
    value: str
    age: int
    removed: bool = False


@dataclass
class Person:
    """A contact. `parent`: the one it was merged into."""

    number: int
    name: str | None
    company: str | None
    email: str | None
    unsubscribed: bool
    attributes: dict[str, Any]
    parent: int | None = None
    erased: bool = False
    labels: set[str] = field(default_factory=set)


class Model:
    """Contacts by number, oldest first."""

    def __init__(self) -> None:
        self.people: list[Person] = []
        self.held: list[Held] = []
        self._age = 0

    def root(self, number: int) -> Person:
        """Who a number leads to."""
        person = self.people[number]
        while person.parent is not None:
            person = self.people[person.parent]
        return person

    def tree(self, root: int) -> list[int]:
        """Everybody who leads to it, itself too."""
        return [person.number for person in self.people if self.root(person.number).number == root]

    def living(self) -> list[int]:
        """Those that are their own survivors."""
        return [person.number for person in self.people if person.parent is None and not person.erased]

    def reachable(self) -> list[int]:
        """Those that lead to somebody living."""
        return [person.number for person in self.people if not self.root(person.number).erased]

    def create(self, values: dict[str, Any]) -> None:
        """One more."""
        person = Person(
            len(self.people),
            values.get("name"),
            values.get("company"),
            values.get("email"),
            values.get("unsubscribed", False),
            dict(values.get("customAttributes", {})),
        )
        self.people.append(person)
        if person.email:
            self.hold(person.number, person.email)

    def edit(self, number: int, change: dict[str, Any]) -> None:
        """Left out stays, null clears; attributes by key."""
        person = self.people[number]
        if "name" in change:
            person.name = change["name"]
        if "company" in change:
            person.company = change["company"]
        if "unsubscribed" in change:
            person.unsubscribed = change["unsubscribed"]
        for key, value in change.get("customAttributes", {}).items():
            if value is None:
                person.attributes.pop(key, None)
            else:
                person.attributes[key] = value
        if "email" in change:
            person.email = change["email"]
            if person.email:
                self.hold(number, person.email)

    def merge(self, primary: int, sources: list[int]) -> None:
        """Blanks are filled in order, one opt-out is enough, attributes are united."""
        person = self.people[primary]
        for number in sources:
            source = self.people[number]
            person.name = person.name or source.name
            person.company = person.company or source.company
            person.email = person.email or source.email
            person.unsubscribed = person.unsubscribed or source.unsubscribed
            person.attributes = source.attributes | person.attributes
            person.labels = person.labels | source.labels
            source.parent = primary

    def set_labels(self, number: int, names: set[str]) -> None:
        """On the survivor, instead of all that its tree had."""
        self.root(number).labels = set(names)

    def add_email(self, number: int, value: str) -> None:
        """On the contact that it is sent to; it leads where none did, and then the survivor holds it too."""
        person = self.root(number)
        self.hold(number, value)
        if person.email is None:
            person.email = value
            self.hold(person.number, value)

    def remove_email(self, number: int, value: str) -> None:
        """From the whole tree; the next one leads then."""
        person = self.root(number)
        for held in self.in_force(person.number):
            held.removed = held.removed or held.value == value
        if person.email == value:
            person.email = next(iter(self.emails(person.number)), None)

    def erase(self, number: int) -> None:
        """With all that was merged into it."""
        for member in self.tree(number):
            self.people[member].erased = True
        self.held = [held for held in self.held if not self.people[held.owner].erased]

    def hold(self, owner: int, value: str) -> None:
        """Once a contact; what was taken off is in force again."""
        own = next((held for held in self.held if (held.owner, held.value) == (owner, value)), None)
        if own is not None:
            own.removed = False
            return
        self._age += 1
        self.held.append(Held(owner, value, self._age))

    def in_force(self, root: int) -> list[Held]:
        """On the whole tree, equal ones several times."""
        members = self.tree(root)
        return [held for held in self.held if held.owner in members and not held.removed]

    def emails(self, root: int) -> list[str]:
        """Each once: the survivor's own first, then by age."""
        first: dict[str, Held] = {}
        for held in sorted(self.in_force(root), key=lambda held: (held.owner != root, held.age)):
            first.setdefault(held.value, held)
        return list(first)
