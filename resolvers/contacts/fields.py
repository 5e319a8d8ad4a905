"""Reading the fields of an input one by one, collecting everything that is wrong with it. Pure."""

from collections.abc import Callable, Collection, Mapping, Set
from typing import Any, TypeVar

from resolvers.contacts.values import BadValue
from resolvers.errors import ErrorCode, Refused, UserError

T = TypeVar("T")


class Fields:
    """The fields of one input object, by the names that clients use."""

    def __init__(self, raw: Mapping[str, Any], path: tuple[str, ...] = ()) -> None:
        self._raw = raw
        self._path = path
        self.errors: list[UserError] = []

    def __contains__(self, name: str) -> bool:
        return name in self._raw

    def given(self, name: str) -> bool:
        """Sent, and not null."""
        return self._raw.get(name) is not None

    def raw(self, name: str) -> Any:
        """As sent; None when left out."""
        return self._raw.get(name)

    def read(self, name: str, reader: Callable[[Any], T], *below: str) -> T | None:
        """The field in its normal form; None when it was not sent, or when it is wrong, which is noted."""
        value = self._raw.get(name)
        if value is None:
            return None
        try:
            return reader(value)
        except BadValue as error:
            self.wrong(f"{(name, *below)[-1]} {error}.", name, *below)
            return None

    def demand(self, *names: str) -> None:
        """Notes each of these that was not sent (files have no schema that would demand them)."""
        for name in names:
            if self._raw.get(name) is None:
                self.wrong(f"{name} is missing.", name)

    def check(self, reading: Callable[[], T], *path: str) -> T | None:
        """The same for any value that belongs to a field."""
        try:
            return reading()
        except BadValue as error:
            self.wrong(f"{path[-1]} {error}.", *path)
            return None

    def flag(self, name: str) -> bool | None:
        """A Boolean; null is no Boolean."""
        if name not in self._raw:
            return None
        value = self._raw[name]
        if not isinstance(value, bool):
            self.wrong(f"{name} must be true or false, not {_shown(value)}; leave it out to keep it.", name)
            return None
        return value

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        """One of the values of an enum, or None."""
        value = self._raw.get(name)
        if value is None or value in allowed:
            return value
        self.wrong(f"{name} must be one of {', '.join(allowed)}.", name)
        return None

    def inner(self, raw: Mapping[str, Any], *path: str) -> "Fields":
        """The fields of an object inside this one; what is wrong there counts here too."""
        fields = Fields(raw, (*self._path, *path))
        fields.errors = self.errors
        return fields

    def wrong(self, message: str, *path: str, code: ErrorCode = ErrorCode.BAD_USER_INPUT) -> None:
        """Notes one thing that is wrong."""
        self.errors.append(UserError(code, message, (*self._path, *path)))

    def expect_only(self, known: Set[str], of: str = "a contact") -> None:
        """Notes every field that is none of these (files have no schema that would refuse them)."""
        if self._raw.keys() <= known:
            return
        for name in sorted(map(str, self._raw.keys() - known)):
            self.wrong(f"{name[:80]} is no field of {of}. Known: {', '.join(sorted(known))}.", name[:80])

    def refuse_if_wrong(self) -> None:
        """Raises Refused with everything noted."""
        if self.errors:
            raise Refused(self.errors)


def _shown(value: object) -> str:
    return "null" if value is None else f"a {type(value).__name__}"
