"""Blocking keys: two contacts are compared only when they share one. Also how many people stand behind a key.

A key's text names its kind first (`e:ann@x.org`). What is stored is its 64-bit hash, so that an index holds numbers and
collation plays no part. Kinds, with the most holders up to which a key proposes pairs (an index, not a judgement):
"""

import hashlib
from dataclasses import dataclass

from resolvers.matching.emails import plain_handle, plain_local
from resolvers.matching.features import Features, PersonName
from resolvers.matching.fold import translit
from resolvers.matching.phones import last_digits

# kind -> most holders
CAPS = {
    "e": 60,  # e-mail address in matching form
    "p": 60,  # last eight digits of a phone number
    "x": 60,  # external id with its system
    "c": 60,  # user id of a channel
    "u": 30,  # user name, whatever the system
    "n": 25,  # both names, in any order and spelling
    "a": 25,  # the family name's beginning with the postcode
    "o": 25,  # the family name's beginning with the company
    "b": 25,  # the family name's beginning with the birthdate
    "l": 12,  # local part of an address, whatever the domain, and user names
}
STAR_KINDS = frozenset("epxc")  # identifiers proper: a full key of one person is a star (candidates.py)
SHORTEST_LOCAL = 6


@dataclass(frozen=True, slots=True)
class Key:
    """A blocking key; `kind` is one letter, `hash` a signed 64-bit integer that never changes between processes."""

    text: str

    @property
    def kind(self) -> str:
        """Which of CAPS."""
        return self.text[0]

    @property
    def hash(self) -> int:
        """What is stored. BLAKE2b (RFC 7693), eight bytes, as a signed number: BIGINT."""
        return int.from_bytes(hashlib.blake2b(self.text.encode(), digest_size=8).digest(), "big", signed=True)


def keys_of(features: Features) -> tuple[Key, ...]:
    """Every key of a contact, each once, sorted."""
    found = {f"e:{email.form}" for email in features.emails}
    found |= {f"l:{local}" for email in features.emails if not email.role and (local := key_local(email.form))}
    found |= {phone_key(phone.number) for phone in features.phones}
    found |= {f"x:{item.system}|{item.value}" for item in features.external_ids}
    found |= {f"c:{item.system}|{item.value}" for item in features.channels}
    found |= {f"u:{item.value}" for item in features.usernames}
    found |= {f"l:{local}" for item in features.usernames if len(local := plain_handle(item.value)) >= SHORTEST_LOCAL}
    if features.name:
        found |= _name_keys(features, features.name)
    return tuple(Key(text) for text in sorted(found))


def phone_key(number: str) -> str:
    """Numbers with and without their country share it; so do some of different countries: comparing tells."""
    return f"p:{last_digits(number)}"


def name_key(name: PersonName) -> str:
    """Both names in one spelling, sorted; "" when one is missing or an initial."""
    if len(name.given) < 2 or len(name.family) < 2:
        return ""
    return "n:" + "|".join(sorted((translit(name.given), translit(name.family))))


def key_local(form: str) -> str:
    """The local part as a key; "" when it is too short to say anything."""
    local = plain_local(form)
    return local if len(local) >= SHORTEST_LOCAL else ""


def coarse_of(features: Features) -> str | None:
    """The initials of both names, sorted: a cheap mark to count people by. None when one is missing."""
    name = features.name
    if name is None or not name.family:
        return None
    return "".join(sorted((translit(name.given)[:1], translit(name.family)[:1])))


def _name_keys(features: Features, name: PersonName) -> set[str]:
    found = {name_key(name)} - {""}
    for word in {name.given, name.family or name.given}:
        start = translit(word)
        if len(start) < 3:
            continue
        if features.postcode:
            found.add(f"a:{start[:5]}|{features.postcode}")
        if features.company:
            found.add(f"o:{start[:5]}|{features.company}")
        if features.birthdate:
            found.add(f"b:{start[:3]}|{features.birthdate}")
    return found
