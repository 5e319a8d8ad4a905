"""TypeID outside, UUIDv7 inside: exact both ways, and rising whatever the clock does."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.ids import ALPHABET, CONTACT, IdSource, decode_id, encode_id, split_id

NOW = datetime(2026, 6, 1, 12, 0, 0, 123_000, tzinfo=UTC)
# github.com/jetify-com/typeid, spec/valid.yml
VALID = [
    ("00000000-0000-0000-0000-000000000000", "00000000000000000000000000"),
    ("00000000-0000-0000-0000-000000000001", "00000000000000000000000001"),
    ("00000000-0000-0000-0000-00000000000a", "0000000000000000000000000a"),
    ("00000000-0000-0000-0000-000000000010", "0000000000000000000000000g"),
    ("00000000-0000-0000-0000-000000000020", "00000000000000000000000010"),
    ("0110c853-1d09-52d8-d73e-1194e95b5f19", "0123456789abcdefghjkmnpqrs"),
    ("01890a5d-ac96-774b-bcce-b302099a8057", "01h455vb4pex5vsknk084sn02q"),
    ("ffffffff-ffff-ffff-ffff-ffffffffffff", "7zzzzzzzzzzzzzzzzzzzzzzzzz"),
]
GOOD = "contact_01h455vb4pex5vsknk084sn02q"
# After spec/invalid.yml, and what else has been tried on parsers of ids.
INVALID = [
    "",
    "contact",
    "contact_",
    "_01h455vb4pex5vsknk084sn02q",
    "01h455vb4pex5vsknk084sn02q",
    "CONTACT_01h455vb4pex5vsknk084sn02q",
    "Contact_01h455vb4pex5vsknk084sn02q",
    "contact_01H455VB4PEX5VSKNK084SN02Q",
    "contact__01h455vb4pex5vsknk084sn02q",
    "contact-01h455vb4pex5vsknk084sn02q",
    "contact_8zzzzzzzzzzzzzzzzzzzzzzzzz",
    "contact_zzzzzzzzzzzzzzzzzzzzzzzzzz",
    "contact_01h455vb4pex5vsknk084sn02",
    "contact_01h455vb4pex5vsknk084sn02qq",
    "contact_01i455vb4pex5vsknk084sn02q",
    "contact_01l455vb4pex5vsknk084sn02q",
    "contact_01o455vb4pex5vsknk084sn02q",
    "contact_01u455vb4pex5vsknk084sn02q",
    "contact_01890a5d-ac96-774b-bcce-b302099a8057",
    "01890a5d-ac96-774b-bcce-b302099a8057",
    " contact_01h455vb4pex5vsknk084sn02q",
    "contact_01h455vb4pex5vsknk084sn02q ",
    "contact_01h455vb4pex5vsknk084sn02q\n",
    "contact_\uff1001h455vb4pex5vsknk084sn02q"[:34],
    "contact_01h455vb4pex5vsknk084sn0\u06f2q",
    "cont\u0430ct_01h455vb4pex5vsknk084sn02q",
    "contact_01h455vb4pex5vsknk084sn02q\x00",
    "c" * 1_000_000,
    "\ud800",
]


@pytest.mark.parametrize(("value", "text"), VALID)
def test_vectors_of_the_specification(value: str, text: str) -> None:
    """Nil, the largest, the alphabet and a UUIDv7, both ways."""
    assert encode_id(CONTACT, UUID(value)) == f"contact_{text}"
    assert decode_id(CONTACT, f"contact_{text}") == UUID(value)


@given(st.uuids(), st.sampled_from(["contact", "org", "key", "merge", "label"]))
def test_any_id_comes_back(value: UUID, prefix: str) -> None:
    """Encoding and decoding are inverse, and the prefix is kept."""
    text = encode_id(prefix, value)
    assert decode_id(prefix, text) == value
    assert split_id(text) == (prefix, value)


@given(st.uuids(), st.uuids())
def test_text_sorts_as_the_ids_do(left: UUID, right: UUID) -> None:
    """A list sorted by id is sorted as text too."""
    assert (encode_id(CONTACT, left) < encode_id(CONTACT, right)) is (left < right)


@pytest.mark.parametrize("text", INVALID)
def test_nothing_else_is_an_id(text: str) -> None:
    """Wrong case, letters left out of the alphabet, overflow, white space, other scripts, too long."""
    assert decode_id(CONTACT, text) is None


@pytest.mark.parametrize("prefix", ["org", "merge", "contac", "contacts", ""])
def test_an_id_of_another_kind_is_none_of_ours(prefix: str) -> None:
    """An organisation's id is never taken for a contact's."""
    assert decode_id(CONTACT, GOOD.replace("contact", prefix)) is None


@given(st.text(alphabet=st.characters()) | st.from_regex(r"contact_[0-9a-z]{24,28}"))
def test_what_decodes_is_exactly_what_would_be_encoded(text: str) -> None:
    """There is one spelling of an id."""
    decoded = decode_id(CONTACT, text)
    assert decoded is None or encode_id(CONTACT, decoded) == text


@given(st.integers(0, 33), st.sampled_from(list("ilou-_ ABZ٣" + "{")))
def test_one_wrong_character_spoils_an_id(place: int, character: str) -> None:
    """Put anywhere, whatever it is."""
    assert decode_id(CONTACT, GOOD[:place] + character + GOOD[place + 1 :]) in (None, decode_id(CONTACT, GOOD))
    assert set(character) & set(ALPHABET) == set()


def test_a_new_id_is_uuidv7_of_the_clock() -> None:
    """RFC 9562, 5.7: 48 bits of milliseconds, version 7, variant 10."""
    found = IdSource(lambda: NOW)()
    assert found.int >> 80 == round(NOW.timestamp() * 1000)
    assert found.version == 7
    assert found.int >> 62 & 0b11 == 0b10


@given(st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=60))
def test_ids_rise_when_the_clock_steps_back(steps: list[int]) -> None:
    """Any jumps, forward or back: each id is above the one before, and none is older than its clock."""
    now = NOW

    def clock() -> datetime:
        return now

    source = IdSource(clock)
    made = []
    for step in steps:
        now += timedelta(milliseconds=step)
        made.append(source())
        assert made[-1].int >> 80 >= round(now.timestamp() * 1000)
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {(found.version, found.int >> 62 & 0b11) for found in made} == {(7, 0b10)}


def test_ids_rise_within_one_millisecond() -> None:
    """10,000 ids of a clock that stands still are in order (the counter has 4,096 places and then moves on)."""
    source = IdSource(lambda: NOW)
    made = [source() for _ in range(10_000)]
    assert made == sorted(set(made))
    assert made[-1].int >> 80 == (made[0].int >> 80) + 2


def test_ids_are_unique_under_threads() -> None:
    """Four threads and a clock that jumps: no id twice, each thread's own in order."""
    jumps = random.Random(5)
    source = IdSource(lambda: NOW + timedelta(milliseconds=jumps.randint(-50, 50)))
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: [source() for _ in range(2_000)], range(4)))
    assert all(ids == sorted(ids) for ids in made)
    assert len({found for ids in made for found in ids}) == 8_000


def test_the_rest_of_an_id_cannot_be_guessed() -> None:
    """62 random bits: two sources with one clock make different ids."""
    assert IdSource(lambda: NOW)() != IdSource(lambda: NOW)()
    assert split_id(encode_id(CONTACT, uuid4())) is not None
