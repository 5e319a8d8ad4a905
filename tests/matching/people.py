"""Contacts in a line each, for tests of matching."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from resolvers.contacts.values import identifying
from resolvers.matching.block import keys_of
from resolvers.matching.contact import ChannelFacts, ContactFacts
from resolvers.matching.features import Features
from resolvers.matching.findings import KeyCount, KeyCounts
from resolvers.matching.guard import GuardReason
from resolvers.matching.judge import Judgement, Terms, judge
from resolvers.matching.normalise import normalise

TERMS = Terms(10_000)


def facts(
    name: str | None = None,
    *,
    email: str | Sequence[str] = (),
    phone: str | Sequence[str] = (),
    ids: Mapping[str, str] | None = None,
    verified: bool = True,
    usernames: Mapping[str, str] | None = None,
    channels: Mapping[str, str] | None = None,
    born: str | None = None,
    region: str | None = None,
    **others: Any,
) -> ContactFacts:
    """`ids` and `usernames`: system -> value; `channels`: type -> user id."""
    identifiers = [identifying("EMAIL", value, "", None) for value in _many(email)]
    identifiers += [identifying("PHONE", value, "", others.get("country") or region) for value in _many(phone)]
    for kind, values in (("EXTERNAL_ID", ids), ("USERNAME", usernames)):
        for system, value in (values or {}).items():
            found = identifying(kind, value, system, None)
            identifiers.append(type(found)(kind, found.value, found.normalized, system, verified))
    return ContactFacts(
        name=name,
        identifiers=tuple(identifiers),
        channels=tuple(ChannelFacts(type_, user_id) for type_, user_id in (channels or {}).items()),
        birthdate=date.fromisoformat(born) if born else None,
        region=region,
        **others,
    )


def _many(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def person(name: str | None = None, **others: Any) -> Features:
    """The same, normalised."""
    return normalise(facts(name, **others))


def shared_by(people: int, *contacts: Features, holders: int = 2) -> KeyCounts:
    """Counts that say so of every key of these contacts."""
    return {key.text: KeyCount(holders, people) for features in contacts for key in keys_of(features)}


def judged(left: Features, right: Features, *, people: int = 1, terms: Terms = TERMS) -> Judgement:
    """Two contacts in an organisation of ten thousand; `people` stand behind what they share."""
    return judge(left, right, shared_by(people, left, right), terms)


def levels(judgement: Judgement) -> dict[str, str]:
    """field -> level"""
    return {item.finding.field: item.finding.level for item in judgement.weighed}


def reasons(left: Features, right: Features, *, people: int = 1, terms: Terms = TERMS) -> set[GuardReason]:
    """What holds the pair back."""
    return set(judged(left, right, people=people, terms=terms).blocked_by)
