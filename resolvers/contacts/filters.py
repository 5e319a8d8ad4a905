"""What a caller filters contacts by, brought into the forms that are stored."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from db.attributes import AttributeEquals
from db.contact_filters import ContactFilter, Interval
from db.search import MINIMUM
from resolvers.contacts import values
from resolvers.contacts.values import BadValue, folded
from resolvers.ids import LABEL, SEGMENT, decode_id
from resolvers.paging import bad_argument


def read_filter(raw: Mapping[str, Any], region: str | None) -> ContactFilter:
    """Raises BAD_USER_INPUT (argument `filter.…`) for what cannot be searched for."""
    return ContactFilter(
        search=_search(raw.get("search")),
        email=_email(raw.get("email")),
        phones=_phones(raw.get("phone"), region),
        role=raw.get("role"),
        blocked=raw.get("blocked"),
        unsubscribed=raw.get("unsubscribed"),
        label_id=_id(raw, LABEL),
        segment_id=_id(raw, SEGMENT),
        created_at=_interval(raw.get("createdAt")),
        updated_at=_interval(raw.get("updatedAt")),
        last_activity_at=_interval(raw.get("lastActivityAt")),
        custom_attribute=_attribute(raw.get("customAttribute")),
    )


def _id(raw: Mapping[str, Any], kind: str) -> UUID | None:
    name = f"{kind}Id"
    if raw.get(name) is None:
        return None
    found = decode_id(kind, raw[name])
    if found is None:
        raise bad_argument(f"filter.{name}", f"{name} is not a {kind}'s id: they look like {kind}_01j….")
    return found


def _search(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        term = folded(values.sound_text(value))
    except BadValue as error:
        raise bad_argument("filter.search", f"search {error}.") from None
    if not MINIMUM <= len(term) <= 200:
        message = f"search needs {MINIMUM} to 200 characters besides white space; {len(term)} were sent."
        raise bad_argument("filter.search", message)
    return term


def _email(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return values.email(value).normalized
    except BadValue as error:
        raise bad_argument("filter.email", f"email {error}.") from None


def _phones(value: str | None, region: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    try:
        return values.phone_forms(value, region)
    except BadValue as error:
        raise bad_argument("filter.phone", f"phone {error}.") from None


def _interval(raw: Mapping[str, Any] | None) -> Interval | None:
    return Interval(raw.get("gte"), raw.get("lt")) if raw else None


def _attribute(raw: Mapping[str, Any] | None) -> AttributeEquals | None:
    if raw is None:
        return None
    try:
        values.sound_text(raw["key"])  # checked, but taken as it stands: keys are stored as they were sent
        return AttributeEquals(raw["key"], values.json_value(raw["equals"]))
    except BadValue as error:
        raise bad_argument("filter.customAttribute", f"customAttribute {error}.") from None
