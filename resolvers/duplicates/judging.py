"""Contacts against everybody who shares a key with them, judged. Four statements for any number of contacts.

1 the keys with their holders, 2 what is known of those who are compared, 3 the pairs that were marked distinct, 4 how
many contacts there are (remembered for a minute where there are many).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from db import distinct
from db.duplicates import KeyHolders, RecordRow, holders_of_keys, records_of
from db.engine import Transaction
from db.organizations import SettingsRow
from resolvers.access import Act
from resolvers.duplicates.terms import count_living, terms_of
from resolvers.matching.block import keys_of
from resolvers.matching.candidates import COUNTED, LISTED, Holders, candidates_of, counts_of
from resolvers.matching.cluster import Apart
from resolvers.matching.features import Features, from_json
from resolvers.matching.guard import GuardReason
from resolvers.matching.judge import Judgement, Terms, from_the_other_side, held_back, judge
from resolvers.matching.score import MODEL
from resolvers.matching.sweep import Pair, judge_candidates

_EPOCH = date(1970, 1, 1)
_ROLES = {"LEAD", "USER"}


@dataclass(frozen=True)
class Known:
    """A contact as matching knows it now."""

    features: Features
    role: str | None
    version: int


@dataclass(frozen=True)
class Judged:
    """One contact's pairs, lowest id first. `known`: the contact and everybody it was compared with; `apart`: who must
    not be merged with whom."""

    contact_id: UUID
    pairs: Sequence[Pair[UUID]]
    known: Mapping[UUID, Known]
    apart: Apart[UUID]
    terms: Terms

    def candidates(self) -> Iterable[tuple[UUID, Judgement]]:
        """The others, each with what is thought of the two; the contact's own values stand on the left."""
        for pair in self.pairs:
            if pair.left == self.contact_id:
                yield pair.right, pair.judgement
            else:
                yield pair.left, from_the_other_side(pair.judgement)


class _Key(NamedTuple):
    """A key of a contact, of which the table has the hash alone."""

    kind: str
    hash: int
    holders: Holders[UUID]


@dataclass(frozen=True)
class _Seen:
    """What a batch of one organisation read."""

    known: Mapping[UUID, Known]
    marked: frozenset[frozenset[UUID]]
    terms: Terms
    role_rule: str


async def judge_contacts(
    tx: Transaction,
    act: Act,
    settings: SettingsRow,
    contacts: Sequence[UUID],
    min_probability: float | None = None,
) -> dict[UUID, Judged]:
    """Each of these living contacts of one organisation against its candidates. One that matching does not know (made
    by rules of another version: `onefold migrate` makes it anew) has none and is nobody's."""
    org_id = settings.org_id
    keys: dict[UUID, list[_Key]] = {contact: [] for contact in contacts}
    for row in await _holders(tx, org_id, contacts):
        keys[row.contact_id].append(_key(row))
    others = {contact: _others(contact, found) for contact, found in keys.items()}
    known = await _known(tx, org_id, sorted(set(contacts).union(*others.values())))
    pairs = await distinct.pairs_touching(tx, org_id, list(known))
    living = await count_living(tx, org_id, act.now)
    terms = terms_of(settings, living, min_probability)
    seen = _Seen(known, frozenset(pair.roots for pair in pairs), terms, settings.role_rule)
    return {contact: _judge(contact, keys[contact], others[contact], seen) for contact in contacts}


async def judge_pair(
    tx: Transaction, act: Act, settings: SettingsRow, left: UUID, right: UUID
) -> tuple[Judgement, bool] | None:
    """Two living contacts of one organisation, whether or not detection would ever compare them, which is the second
    answer. None when matching does not know one of them. Four statements."""
    org_id = settings.org_id
    keys = [_key(row) for row in await _holders(tx, org_id, [left])]
    known = await _known(tx, org_id, [left, right])
    pairs = await distinct.pairs_touching(tx, org_id, [left, right])
    terms = terms_of(settings, await count_living(tx, org_id, act.now))
    if len(known) < 2:
        return None
    one, other = sorted((left, right))
    counts = counts_of(_by_text(keys, known[left].features))
    marked = frozenset((left, right)) in {pair.roots for pair in pairs}
    judgement = judge(known[one].features, known[other].features, counts, terms, marked_distinct=marked)
    seen = _Seen(known, frozenset(), terms, settings.role_rule)
    judgement = _by_role(Pair(one, other, judgement), known, seen).judgement
    return judgement if one == left else from_the_other_side(judgement), right in _others(left, keys)


async def _holders(tx: Transaction, org_id: UUID, contacts: Sequence[UUID]) -> list[KeyHolders]:
    return await holders_of_keys(tx, org_id, contacts, listed=LISTED, counted=COUNTED)


async def _known(tx: Transaction, org_id: UUID, contacts: Sequence[UUID]) -> dict[UUID, Known]:
    rows = await records_of(tx, org_id, contacts)
    return {
        contact: Known(_features(row), row.role, row.version)
        for contact, row in rows.items()
        if row.model_version == MODEL.version
    }


def _features(row: RecordRow) -> Features:
    """As stored, with what changes too often to be stored: the latest sign of life, and whether it is blocked."""
    features = from_json(row.features)
    active_to = (row.last_activity_at.date() - _EPOCH).days if row.last_activity_at else features.active_from
    return replace(features, blocked=row.blocked, active_to=active_to)


def _key(row: KeyHolders) -> _Key:
    return _Key(row.kind, row.key, Holders(row.ids, row.marks, row.total))


def _others(contact: UUID, keys: Iterable[_Key]) -> set[UUID]:
    return candidates_of(contact, {f"{key.kind}:{key.hash}": key.holders for key in keys})


def _by_text(keys: Iterable[_Key], features: Features) -> dict[str, Holders[UUID]]:
    """By the texts of the keys of the contact itself, in which comparing speaks of them."""
    texts = {key.hash: key.text for key in keys_of(features)}
    return {texts[key.hash]: key.holders for key in keys if key.hash in texts}


def _judge(contact: UUID, keys: Sequence[_Key], others: set[UUID], seen: _Seen) -> Judged:
    everybody = {contact, *others}
    known = {one: seen.known[one] for one in everybody if one in seen.known}
    features = {one: found.features for one, found in known.items()}
    apart = Apart(features, [(min(pair), max(pair)) for pair in seen.marked if pair <= everybody])
    if contact not in known:
        return Judged(contact, [], known, apart, seen.terms)
    holders = _by_text(keys, features[contact])
    marked = [one for one in others if frozenset((contact, one)) in seen.marked]
    pairs = judge_candidates(contact, holders, features, seen.terms, marked)
    return Judged(contact, [_by_role(pair, known, seen) for pair in pairs], known, apart, seen.terms)


def _by_role(pair: Pair[UUID], known: Mapping[UUID, Known], seen: _Seen) -> Pair[UUID]:
    """An organisation may merge leads into users only: of two contacts one has to be the one and one the other."""
    if seen.role_rule != "LEAD_INTO_USER" or {known[pair.left].role, known[pair.right].role} == _ROLES:
        return pair
    return replace(pair, judgement=held_back(pair.judgement, GuardReason.ROLE_RULE, seen.terms))
