"""Ids: UUIDv7 inside, prefixed text (TypeID 0.3: `contact_01j…`) outside."""

import os
import re
import secrets
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, as TypeID writes it
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_SHAPE = re.compile(r"([a-z]{1,32})_([0-7][0-9a-hjkmnp-tv-z]{25})", re.ASCII)
MAXIMUM_LENGTH = 64
_DRAWN = 256

CONTACT = "contact"
IDENTIFIER = "identifier"
CONVERSATION = "conversation"
MESSAGE = "message"
CALL = "call"
NOTE = "note"
LABEL = "label"
SEGMENT = "segment"
CHANNEL = "channel"
INBOX = "inbox"
MERGE = "merge"
JOB = "job"
ORGANIZATION = "org"
KEY = "key"
EVENT = "event"
WEBHOOK = "webhook"
DELIVERY = "delivery"


def encode_id(prefix: str, value: UUID) -> str:
    """`prefix_` and 26 characters, five bits each, highest first."""
    number = value.int
    return f"{prefix}_" + "".join(ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def decode_id(prefix: str, text: str) -> UUID | None:
    """The id, or None for anything that is not exactly an id of this kind."""
    found = split_id(text)
    return found[1] if found and found[0] == prefix else None


def split_id(text: str) -> tuple[str, UUID] | None:
    """(prefix, id) of any well-formed id, else None."""
    if len(text) > MAXIMUM_LENGTH:
        return None
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    number = 0
    for character in match[2]:
        number = number << 5 | _VALUES[character]
    return match[1], UUID(int=number)


class IdSource:
    """Makes UUIDv7 (RFC 9562) by the clock that is passed in, rising always, also when the clock steps back.

    The 12 bits after the milliseconds count the ids of one millisecond (RFC 9562, 6.2, method 1).
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._last = 0
        self._guard = threading.Lock()
        self._random: Iterator[int] = iter(())
        self._process = 0

    def __call__(self) -> UUID:
        now = int(self._clock().timestamp() * 1000) << 12
        with self._guard:
            self._last = max(now, self._last + 1)
            stamp, tail = self._last, self._random_bits()
        return UUID(int=stamp >> 12 << 80 | 7 << 76 | (stamp & 0xFFF) << 64 | 2 << 62 | tail)

    def _random_bits(self) -> int:
        """62 bits that nobody can guess. The kernel is asked for many at once, which costs a tenth."""
        if self._process != os.getpid():  # a fork must not give out what its parent has in store
            self._process, self._random = os.getpid(), iter(())
        drawn = next(self._random, None)
        if drawn is None:
            words = struct.unpack(f"<{_DRAWN}Q", secrets.token_bytes(8 * _DRAWN))
            self._random = iter([word >> 2 for word in words])
            drawn = next(self._random)
        return drawn
