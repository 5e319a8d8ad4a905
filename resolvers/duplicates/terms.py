"""By what an organisation's pairs are judged: its settings over the model's, and how many contacts it has."""

from datetime import datetime, timedelta
from uuid import UUID

from db.duplicates import living_contacts
from db.engine import Transaction
from db.organizations import SettingsRow
from resolvers.matching.guard import GuardReason
from resolvers.matching.judge import Terms
from resolvers.matching.score import MODEL

# Counting a million takes 0.1 s, twenty thousand up to 8 ms on a table just filled, and of the number only its
# logarithm matters: a large one is good for a minute.
_LARGE = 5_000
_GOOD_FOR = timedelta(minutes=1)
_MOST_KEPT = 10_000
_large: dict[UUID, tuple[int, datetime]] = {}


def terms_of(settings: SettingsRow, contacts: int, min_probability: float | None = None) -> Terms:
    """`min_probability`: of one call, instead of the organisation's threshold for merging automatically."""
    automatic = _or(min_probability, automatic_of(settings))
    return Terms(
        contacts=contacts,
        automatic=automatic,
        review=min(automatic, review_of(settings)),
        ignored=frozenset(settings.ignored_fields),
        guards=frozenset(GuardReason(guard) for guard in settings.match_guards),
    )


def automatic_of(settings: SettingsRow) -> float:
    """From which probability on duplicates are merged without being asked about."""
    return _or(settings.auto_merge_probability, MODEL.automatic)


def review_of(settings: SettingsRow) -> float:
    """From which probability on they are shown to a person."""
    return _or(settings.review_probability, MODEL.review)


async def count_living(tx: Transaction, org_id: UUID, now: datetime) -> int:
    """How many contacts the organisation has; one with many as it had them up to a minute ago."""
    known = _large.get(org_id)
    if known is not None and known[1] >= now:
        return known[0]
    number = await living_contacts(tx, org_id)
    if len(_large) > _MOST_KEPT:
        _large.clear()
    if number >= _LARGE:
        _large[org_id] = (number, now + _GOOD_FOR)
    return number


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
