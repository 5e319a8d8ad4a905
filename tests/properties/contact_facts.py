"""Contacts that are likely to have something in common, and some that are nonsense."""

from datetime import date

from hypothesis import strategies as st

from resolvers.contacts.values import Identifying
from resolvers.matching.contact import ChannelFacts, ContactFacts

_WORDS = st.sampled_from(
    [
        "Ann",
        "Anna",
        "Anne",
        "A.",
        "Bill",
        "William",
        "Sam",
        "Samantha",
        "Lee",
        "Lea",
        "Leigh",
        "Müller",
        "Mueller",
        "de",
        "García",
        "López",
        "Юлия",
        "Yuliya",
        "王伟",
        "דוד",
        "محمد",
        "Jr.",
        "Dr.",
        "Rolf-Dieter",
        "Rolfdieter",
        "\u200bBea\u202e",
        "Puala",
        "Paula",
        "Gleb",
        "Geb",
    ]
)
NAMES = st.none() | st.lists(_WORDS, max_size=4).map(" ".join) | st.text(max_size=20)
_EMAILS = st.sampled_from(
    [
        "ann.lee@gmail.com",
        "annlee@gmail.com",
        "ann.lee@gmial.com",
        "ann.lee@firm.org",
        "anm.lee@firm.org",
        "info@firm.org",
        "bill@firm.org",
        "desk+ann@firm.org",
        "desk+bob@firm.org",
        "test@test.com",
        "@",
        "a@b",
    ]
)
_PHONES = st.sampled_from(
    [
        "+4915112345670",
        "015112345670",
        "+493012345678",
        "+12025550143",
        "+4915112345670;ext=3",
        "12345670",
        "+0",
        "",
        "+",
    ]
)
_IDS = st.sampled_from(["7", "8", "N/A", "ann_lee", "annlee"])
_IDENTIFIERS = st.lists(
    st.one_of(
        _EMAILS.map(lambda value: Identifying("EMAIL", value, value)),
        _PHONES.map(lambda value: Identifying("PHONE", value, value)),
        st.builds(
            lambda kind, value, system, verified: Identifying(kind, value, value, system, verified),
            st.sampled_from(["EXTERNAL_ID", "USERNAME"]),
            _IDS,
            st.sampled_from(["", "crm", "app"]),
            st.booleans(),
        ),
    ),
    max_size=5,
).map(tuple)
_CHANNELS = st.lists(
    st.builds(
        ChannelFacts,
        st.sampled_from(["WHATSAPP", "TELEGRAM", "SMS"]),
        st.none() | st.sampled_from(["4915112345670", "t-1", "null", "+", "\u200f"]),
        st.none() | _IDS,
    ),
    max_size=2,
).map(tuple)
_DAYS = st.none() | st.sampled_from(
    [date(1999, 2, 3), date(1999, 3, 2), date(1969, 2, 3), date(2999, 1, 1), date(1, 1, 1)]
)
_TEXTS = st.none() | st.sampled_from(
    ["Main St. 12", "12 Main Street", "12345", "Firm GmbH", "firm", "Ulm", "\u202e", ""]
)

FACTS = st.builds(
    ContactFacts,
    name=NAMES,
    identifiers=_IDENTIFIERS,
    channels=_CHANNELS,
    company=_TEXTS,
    street=_TEXTS,
    city=_TEXTS,
    postal_code=_TEXTS,
    country=st.none() | st.sampled_from(["DE", "US", "de"]),
    birthdate=_DAYS,
    blocked=st.booleans(),
    active_from=_DAYS,
    active_to=_DAYS,
    region=st.none() | st.just("DE"),
)
