"""Cursors and page arguments: opaque, strict, and cut right at both ends."""

import base64
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.errors import CodedError, ErrorCode
from resolvers.paging import PageArguments, cut_page, decode_cursor, encode_cursor, read_page

ROW = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def as_it_is(value: Any) -> Any:
    """A reader that takes everything."""
    return value


def forged(*parts: Any) -> str:
    """A cursor of these parts."""
    return base64.urlsafe_b64encode(orjson.dumps(list(parts))).decode().rstrip("=")


@given(st.text(max_size=200) | st.none(), st.uuids())
def test_a_cursor_comes_back(value: str | None, row_id: UUID) -> None:
    """Any text, any id, without signs that a URL would have to escape."""
    cursor = encode_cursor("name", value, row_id)
    assert decode_cursor(cursor, "after", "name", as_it_is) == (value, row_id)
    assert not set(cursor) & set("+/= ")


def test_times_and_ids_come_back() -> None:
    """To the microsecond."""
    at = datetime(2026, 6, 1, 12, 0, 0, 1, tzinfo=UTC)
    assert decode_cursor(encode_cursor("created_at", at, ROW), "after", "created_at", datetime.fromisoformat) == (
        at,
        ROW,
    )
    assert decode_cursor(encode_cursor("id", ROW, ROW), "after", "id", lambda text: UUID(hex=text)) == (ROW, ROW)
    assert decode_cursor(None, "after", "id", as_it_is) is None


GOOD = encode_cursor("name", "Ada", ROW)
BAD = {
    "blank": "",
    "of another order": encode_cursor("created_at", "Ada", ROW),
    "of another version": forged(2, "name", "Ada", ROW.hex),
    "a version that is true": forged("1", "name", "Ada", ROW.hex),
    "too few parts": forged(1, "name", "Ada"),
    "too many parts": forged(1, "name", "Ada", ROW.hex, 1),
    "no id": forged(1, "name", "Ada", "ada"),
    "an id that is a number": forged(1, "name", "Ada", 5),
    "no id at all": forged(1, "name", "Ada", None),
    "an object": base64.urlsafe_b64encode(b'{"a":1}').decode(),
    "a number": base64.urlsafe_b64encode(b"5").decode(),
    "no JSON": base64.urlsafe_b64encode(b"[1,").decode(),
    "NaN": base64.urlsafe_b64encode(b"[1,NaN]").decode(),
    "bad UTF-8": base64.urlsafe_b64encode(b'[1,"\xff"]').decode(),
    "cut off": GOOD[:-3],
    "a sign too many": GOOD + "!",
    "white space": f" {GOOD}",
    "a line break": f"{GOOD}\n",
    "other letters": "ä" * 8,
    "a surrogate": "\ud800",
    "huge": "A" * 1_000_000,
    "deep": base64.urlsafe_b64encode(b"[" * 2_000).decode(),
    "an offset, as other products have": base64.urlsafe_b64encode(b"arrayconnection:5").decode(),
}


@pytest.mark.parametrize("what", BAD)
def test_other_text_is_refused(what: str) -> None:
    """With the argument's name, and never a fault of ours."""
    with pytest.raises(CodedError) as refused:
        decode_cursor(BAD[what], "before", "name", str.strip)
    assert refused.value.code == ErrorCode.BAD_USER_INPUT
    assert refused.value.extensions == {"argument": "before"}
    assert refused.value.message.startswith("before is no cursor")


@given(st.text(alphabet=st.characters(), max_size=60))
def test_arbitrary_text_is_refused_or_read(text: str) -> None:
    """Only CodedError comes out."""
    try:
        assert decode_cursor(text, "after", "name", str) is not None
    except CodedError as refused:
        assert refused.code == ErrorCode.BAD_USER_INPUT  # noqa: PT017 - anything else is the failure


@pytest.mark.parametrize(
    ("arguments", "page"),
    [
        ((None, None), PageArguments(20, False, None, None)),
        ((1, "c"), PageArguments(1, False, "c", None)),
        ((100, None), PageArguments(100, False, None, None)),
        ((None, None, 7, "c"), PageArguments(7, True, None, "c")),
        ((5, "a", None, "b"), PageArguments(5, False, "a", "b")),
    ],
)
def test_page_arguments(arguments: tuple[Any, ...], page: PageArguments) -> None:
    """20 when nothing is said."""
    assert read_page(*arguments) == page


@pytest.mark.parametrize(
    ("first", "last", "argument"),
    [
        (0, None, "first"),
        (101, None, "first"),
        (-(2**31), None, "first"),
        (None, 0, "last"),
        (None, 101, "last"),
        (1, 1, "first"),
    ],
)
def test_page_arguments_out_of_range(first: int | None, last: int | None, argument: str) -> None:
    """Named, before anything reaches SQL; never both."""
    with pytest.raises(CodedError) as refused:
        read_page(first, None, last, None)
    assert refused.value.extensions == {"argument": argument}


@pytest.mark.parametrize(
    ("rows", "page", "kept", "has_next", "has_previous"),
    [
        ([], PageArguments(2, False, None, None), [], False, False),
        ([1, 2], PageArguments(2, False, None, None), [1, 2], False, False),
        ([1, 2, 3], PageArguments(2, False, None, None), [1, 2], True, False),
        ([1], PageArguments(2, False, "c", None), [1], False, True),
        ([0, 1, 2], PageArguments(2, True, None, None), [1, 2], False, True),
        ([0, 1, 2], PageArguments(2, True, None, "c"), [1, 2], True, True),
        ([1, 2], PageArguments(2, True, None, "c"), [1, 2], True, False),
    ],
)
def test_a_page_is_cut_at_the_right_end(
    rows: list[int], page: PageArguments, kept: list[int], has_next: bool, has_previous: bool
) -> None:
    """One row too many says that there is more on that side; a cursor that there is something on the other."""
    cut = cut_page(rows, page, str)
    assert (cut.rows, cut.cursors) == (kept, [str(row) for row in kept])
    assert (cut.has_next, cut.has_previous) == (has_next, has_previous)
