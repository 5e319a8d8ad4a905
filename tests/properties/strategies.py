"""What the properties are tried on: JSON with odd keys, times, contacts as people send them, rows."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from db.contacts import NO_ACTIVITY, ContactRow

ODD_KEYS = ["", "/", "~", "~0", "~1", "~01", "a/b", "a~b", "a.b", "$x", "0", "-", " ", '"', "\\"]
ODD_KEYS += ["\u00e9", "e\u0301", "名前", "🙂"]  # two spellings of é, which are two keys here

keys = st.sampled_from(ODD_KEYS) | st.sampled_from("abc") | st.text(max_size=4)
scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([0.5, -1.25]) | st.text(max_size=4)
json_values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
json_objects: st.SearchStrategy[dict[str, Any]] = st.dictionaries(keys, json_values, max_size=4)
# Few keys, values and times, so that contacts often meet at one key, are equal or of one age.
_leaf: st.SearchStrategy[Any] = st.sampled_from([None, "", 0, False, 1, "x", [1], [], ["x", {}], {}])
_near_keys = st.sampled_from(["a", "b", "a/b", ""])
_inner: st.SearchStrategy[Any] = _leaf | st.dictionaries(_near_keys, _leaf, max_size=2)
near_objects: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    _near_keys, _leaf | _inner | st.dictionaries(_near_keys, _inner, max_size=1), max_size=2
)
MOMENTS = [datetime(2024, month, 1, 12, 0, 0, month, tzinfo=UTC) for month in (1, 2, 3, 4, 5)]
moments = st.sampled_from(MOMENTS)

_CELLS: dict[str, Any] = {
    "role": None,
    "name": None,
    "avatar_url": None,
    "company": None,
    "title": None,
    "email": None,
    "phone": None,
    "address": None,
    "language": None,
    "timezone": None,
    "birthdate": None,
    "blocked": False,
    "blocked_at": None,
    "unsubscribed": False,
    "unsubscribed_at": None,
    "unsubscribe_reason": None,
    "unsubscribe_feedback": None,
    "is_admin": False,
    "availability_status": None,
    "custom_attributes": {},
    "metadata": {},
    "additional_attributes": {},
    "first_seen_at": None,
}


def make_row(number: int = 1, *, base_at: datetime | None = None, **values: Any) -> ContactRow:
    """A living contact's row with these values, blank otherwise; `number` is its id."""
    at = base_at or datetime(2020, 1, 1, tzinfo=UTC)
    rest: dict[str, Any] = {
        "org_id": UUID(int=9),
        "id": UUID(int=number),
        "created_at": at,
        "updated_at": at,
        "canonical_id": UUID(int=number),
        "merged_into_id": None,
        "merge_id": None,
        "base_at": at,
        "provenance": {},
        "version": 1,
        "name_sort": "",
        "last_activity_sort": NO_ACTIVITY,
        "search_text": "\n",
        "erased_at": None,
    }
    return ContactRow(**(_CELLS | rest | values))


_text = st.sampled_from([None, "Ada", "Chlöe"])
_DAYS = [None, date(1990, 2, 28), date(2000, 2, 29)]
_PLACES = [None, {"city": "Köln", "country": "DE"}, {"city": "Bonn", "country": None}]
contact_values: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "role": st.sampled_from([None, "LEAD", "USER"]),
        "name": _text,
        "avatar_url": _text,
        "company": _text,
        "title": _text,
        "email": st.sampled_from([None, "a@x.test", "b@x.test"]),
        "phone": st.sampled_from([None, "+4930123456", "+4930123457"]),
        "address": st.sampled_from(_PLACES),
        "language": _text,
        "timezone": _text,
        "birthdate": st.sampled_from(_DAYS),
        "is_admin": st.booleans(),
        "availability_status": st.sampled_from([None, "ONLINE", "BUSY"]),
        "first_seen_at": st.sampled_from([None, *MOMENTS]),
        "custom_attributes": near_objects,
        "metadata": st.sampled_from([{}, {"a": 1}, {"a": {"b": 2}}]),
        "additional_attributes": st.sampled_from([{}, {"a": 1}, {"a": {}}]),
    }
)


@st.composite
def consents(draw: st.DrawFn) -> dict[str, Any]:
    """Both consents as rows hold them: a true one has its time, a reason and feedback only when unsubscribed."""
    blocked, unsubscribed = draw(st.booleans()), draw(st.booleans())
    return {
        "blocked": blocked,
        "blocked_at": draw(moments) if blocked else None,
        "unsubscribed": unsubscribed,
        "unsubscribed_at": draw(moments) if unsubscribed else None,
        "unsubscribe_reason": draw(_text) if unsubscribed else None,
        "unsubscribe_feedback": draw(_text) if unsubscribed else None,
    }


@st.composite
def rows(draw: st.DrawFn, number: int = 1) -> ContactRow:
    """A living row of any values, some of whose cells were edited after it was made."""
    values = draw(contact_values) | draw(consents())
    edited = draw(st.lists(st.sampled_from(["name", "company", "role", "email", "title"]), unique=True, max_size=3))
    provenance = {cell: {"by": "edit", "at": draw(moments).isoformat(), "version": 1} for cell in edited}
    return make_row(number, base_at=draw(moments), provenance=provenance, **values)
