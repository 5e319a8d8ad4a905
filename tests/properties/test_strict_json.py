"""What loads_strict skips for speed changes no answer: it equals a plain reading that looks at everything."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.strict_json import MAX_DEPTH, MAX_INTEGER, RefusedJson, loads_strict

_keys = st.sampled_from(["a", "b", '"', ":", '":', " :", "\0", "\\", "\\u0000", "é"])
_leaves = st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.floats() | _keys | st.text(max_size=4)


class Written:
    """An object as its members are written, so that a key can stand twice."""

    def __init__(self, members: list[tuple[str, Any]]) -> None:
        self.members = members

    def __repr__(self) -> str:
        return f"Written({self.members})"


values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(_keys, inner), max_size=3).map(Written),
    max_leaves=8,
)


def _text(value: Any, colon: str, ascii_only: bool) -> str:
    if isinstance(value, Written):
        members = (f"{json.dumps(key)}{colon}{_text(inner, colon, ascii_only)}" for key, inner in value.members)
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text(inner, colon, ascii_only) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=ascii_only)


def _refused(value: Any, depth: int = 0) -> bool:
    if isinstance(value, Written):
        keys = [key for key, _ in value.members]
        inner = [*keys, *(member for _, member in value.members)]
        return len(set(keys)) < len(keys) or depth >= MAX_DEPTH or any(_refused(one, depth + 1) for one in inner)
    if isinstance(value, list):
        return depth >= MAX_DEPTH or any(_refused(one, depth + 1) for one in value)
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, float):
        return value != value or abs(value) == float("inf") or (abs(value) > MAX_INTEGER and value.is_integer())
    return isinstance(value, int) and abs(value) > MAX_INTEGER


def _deep(levels: int, innermost: Any) -> Any:
    return innermost if levels == 0 else Written([("a", _deep(levels - 1, innermost))])


@given(values, st.sampled_from([":", ": ", " :", " : ", "\n:"]), st.booleans())
@example(Written([("a", 1), ("a", 2)]), " :", True)
@example(Written([("a", '":'), ("a", 2)]), ":", True)
@example(Written([("a", '\\":'), ("b", 2)]), ":", True)
@example(_deep(MAX_DEPTH, 1), ":", True)
@example(_deep(MAX_DEPTH, []), ":", True)
@example(_deep(MAX_DEPTH - 1, []), ":", True)
def test_the_short_way_is_the_long_way(value: Any, colon: str, ascii_only: bool) -> None:
    """Refused for what is named in its docstring, else as the json module reads it."""
    text = _text(value, colon, ascii_only)
    try:
        read = loads_strict(text.encode())
    except RefusedJson:
        assert _refused(value)
    else:
        assert not _refused(value)
        assert read == json.loads(text)
