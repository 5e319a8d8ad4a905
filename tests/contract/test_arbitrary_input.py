"""Whatever is thrown at the mutations: never a fault, never a 5xx, and nothing written when something was wrong."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.steps import post
from tests.support.api import Api
from tests.support.state import dump

_TEXT = st.text(max_size=20) | st.sampled_from(["", " ", "\x00", "\ud800", "ann@lee.example", "+4930123456", "e\u0301"])
_NUMBER = st.integers(-(2**70), 2**70) | st.floats() | st.integers(-3, 3)
_LEAF = st.none() | st.booleans() | _NUMBER | _TEXT
_JSON = st.recursive(
    _LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4), max_leaves=12
)
_OBJECT = st.dictionaries(_TEXT, _JSON, max_size=4)
_TIME = st.datetimes().map(lambda moment: f"{moment.isoformat()}Z") | _TEXT
_IDENTIFIER = st.fixed_dictionaries(
    {"kind": st.sampled_from(["EMAIL", "PHONE", "EXTERNAL_ID", "USERNAME"]), "value": _TEXT},
    optional={"system": _TEXT | st.none(), "verified": st.booleans() | st.none()},
)
_SHARED: dict[str, st.SearchStrategy[Any]] = {
    "role": st.sampled_from(["LEAD", "USER", None]),
    "name": _TEXT | st.none(),
    "email": _TEXT | st.none(),
    "phone": _TEXT | st.none(),
    "company": _TEXT,
    "language": _TEXT,
    "address": st.dictionaries(st.sampled_from(["city", "country", "line1"]), _TEXT | st.none()) | st.none(),
    "birthdate": st.dates().map(str) | _TEXT,
    "blocked": st.booleans() | st.none(),
    "unsubscribed": st.booleans() | st.none(),
    "unsubscribeReason": _TEXT | st.none(),
    "isAdmin": st.booleans() | st.none(),
    "customAttributes": _OBJECT | _JSON,
    "metadata": _OBJECT | _JSON,
    "firstSeenAt": _TIME | st.none(),
    "lastActivityAt": _TIME | st.none(),
}
_MADE = {
    "blockedAt": _TIME,
    "createdAt": _TIME,
    "identifiers": st.lists(_IDENTIFIER, max_size=3),
    "idempotencyKey": _TEXT | st.none(),
    "organizationId": _TEXT | st.none(),
}
_ID = st.sampled_from(["living", "other", "merged", "erased"]) | _TEXT


def _input(fields: dict[str, st.SearchStrategy[Any]], needed: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Inputs of the right shape mostly, and now and then of any shape at all."""
    shaped = st.fixed_dictionaries(needed, optional=fields)
    odd = st.builds(lambda one, two: {**one, **two}, shaped, st.dictionaries(st.sampled_from(sorted(fields)), _JSON))
    return shaped | shaped | odd | _JSON


_CALLS = st.one_of(
    st.tuples(st.just("createContact"), _input(_SHARED | _MADE, {})),
    st.tuples(st.just("updateContact"), _input({**_SHARED, "expectedVersion": _NUMBER}, {"id": _ID})),
    st.tuples(
        st.just("mergeContacts"),
        _input(
            {"sourceContactIds": st.lists(_ID, max_size=4) | st.none(), "reason": _TEXT, "idempotencyKey": _TEXT},
            {"primaryContactId": _ID},
        ),
    ),
)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.lists(_CALLS, min_size=1, max_size=4))
async def test_arbitrary_variables_are_answered_and_never_half_written(api: Api, calls: list[tuple[str, Any]]) -> None:
    """createContact, updateContact and mergeContacts with arbitrary variables, over contacts in every state."""
    known = {name: await api.contact(email="ann@lee.example") for name in ("living", "other", "merged", "erased")}
    await api.merge(known["other"], known["merged"])
    await api.done("deleteContact", "deletedContactIds", id=known["erased"])
    for name, given_input in calls:
        await _check(api, name, _with_ids(given_input, known))
    for name in ("living", "other"):  # leave nothing that the next example's detection would find
        await api.act("deleteContact", "deletedContactIds", id=known[name])


async def _check(api: Api, name: str, given_input: Any) -> None:
    before = await dump(api.db)
    kind = name[0].upper() + name[1:]
    fields = "merged { id }" if name == "mergeContacts" else "contact { id name email phone customAttributes metadata }"
    payload_fields = f"{fields} userErrors {{ code message field }}"
    query = f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ {payload_fields} }} }}"
    answer = await post(api, query, {"input": given_input})
    assert answer.status_code < 500, answer.text
    body = answer.json()
    codes = [error["extensions"]["code"] for error in body.get("errors", [])]
    assert set(codes) <= {"BAD_USER_INPUT"}, body
    payload = (body.get("data") or {}).get(name)
    if payload is None:
        assert codes, body
    else:
        assert codes == [], body
        codes = [error["code"] for error in payload["userErrors"]]
        assert "INTERNAL" not in codes
        assert (payload["merged" if name == "mergeContacts" else "contact"] is None) == bool(codes)
    if codes:
        assert await dump(api.db) == before


def _with_ids(value: Any, known: dict[str, str]) -> Any:
    """Names of the prepared contacts become their ids."""
    if isinstance(value, dict):
        return {key: _with_ids(member, known) for key, member in value.items()}
    if isinstance(value, list):
        return [_with_ids(member, known) for member in value]
    return known.get(value, value) if isinstance(value, str) else value
