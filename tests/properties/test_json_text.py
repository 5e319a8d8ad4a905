"""JSON as it is stored: the short way writes what the json module writes, character by character."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db.base import encode_json

_texts = st.text() | st.sampled_from(
    ["\x7f", "\x1f", "\b\f\n\r\t", '"\\/', "\u2028", "\U0001f600", "e\u0301", "\ud800"]
)
_leaves = st.none() | st.booleans() | st.integers() | st.floats() | _texts
values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts | st.integers(), inner, max_size=4),
    max_leaves=12,
)


def _long_way(value: Any) -> str | None:
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    except (TypeError, ValueError):
        return None


@given(values)
@example({"\uffff": 1, "\U00010000": 2})
@example({"a": 2**64, "b": 1e16})
@example({"a": {"b": float("nan")}})
def test_the_short_way_is_the_long_way(value: Any) -> None:
    """Keys in one order, numbers with the same digits, and an error for what JSON cannot say."""
    try:
        short = encode_json(value)
    except (TypeError, ValueError):
        short = None
    assert short == _long_way(value)


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": float("nan")}, object(), {"a": object()}])
def test_what_json_cannot_say_is_an_error(value: Any) -> None:
    """NaN would poison every page that holds it."""
    with pytest.raises((TypeError, ValueError)):
        encode_json(value)
