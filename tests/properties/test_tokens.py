"""Keys as text: found by scanners, checked without a look into the database, stored as a hash alone."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tokens import PREFIX, bearer, new_token, token_hash

TOKEN = new_token()


def test_a_token_is_what_scanners_look_for() -> None:
    """`ofk_` and 59 letters or digits; SHA-256 of the whole is what is stored."""
    assert re.fullmatch(r"ofk_[0-9A-Za-z]{59}", TOKEN)
    assert token_hash(TOKEN) == hashlib.sha256(TOKEN.encode()).hexdigest()


def test_no_two_tokens_are_alike() -> None:
    """1,000 of them, and of their first 10 characters."""
    made = {new_token() for _ in range(1_000)}
    assert len(made) == 1_000
    assert len({token[:14] for token in made}) == 1_000


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_a_mistyped_token_is_none(place: int, character: str) -> None:
    """The checksum finds every single wrong character, also one of another script."""
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    assert (token_hash(changed) is not None) is (changed == TOKEN)


@given(st.integers(4, len(TOKEN) - 2))
def test_two_characters_swapped_are_found(place: int) -> None:
    """The commonest slip of a person who copies by hand."""
    swapped = TOKEN[:place] + TOKEN[place + 1] + TOKEN[place] + TOKEN[place + 2 :]
    assert (token_hash(swapped) is not None) is (swapped == TOKEN)


@given(st.text(alphabet=st.characters()) | st.from_regex(r"ofk_[0-9A-Za-z]{50,62}"))
def test_other_text_is_no_token(text: str) -> None:
    """Whatever it is, it is refused without an exception."""
    assert token_hash(text) is None or text.startswith(PREFIX)


@pytest.mark.parametrize("around", ["{} ", " {}", "{}\n", "\n{}", "{}\x00", "x{}", "{}x", "'{}'"])
def test_a_token_stands_alone(around: str) -> None:
    """Nothing before it, nothing after it."""
    assert token_hash(around.format(TOKEN)) is None


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        ("BEARER  abc ", "abc"),
        ("Bearer", ""),
        ("Bearer ", ""),
        ("Bearer a b", "a b"),
        ("Basic abc", None),
        ("Bearerabc", None),
        (" Bearer abc", None),
        ("abc", None),
        ("", None),
        (None, None),
    ],
)
def test_the_header(header: str | None, token: str | None) -> None:
    """The scheme in any case, one kind of credential only."""
    assert bearer(header) == token
