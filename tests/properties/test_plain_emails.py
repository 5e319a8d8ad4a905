"""The short way for plain addresses answers exactly as email-validator does."""

from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from resolvers.contacts.values import BadValue, email

_local = st.from_regex(r"[A-Za-z0-9_.+-]{1,10}", fullmatch=True) | st.sampled_from(["a" * 64, "a" * 65, "a.b", "A_b-c"])
_label = st.from_regex(r"[A-Za-z0-9-]{1,6}", fullmatch=True) | st.sampled_from(["b" * 63, "b" * 64, "xn--bcher-kva"])
_top = st.sampled_from(["com", "COM", "de", "test", "example", "local", "localhost", "invalid", "arpa", "onion", "c0m"])
addresses = st.builds(
    lambda local, labels, top: f"{local}@{'.'.join([*labels, top])}",
    _local,
    st.lists(_label, min_size=0, max_size=4),
    _top,
)


@given(addresses)
@example("ada@" + ".".join(["b" * 60] * 4) + ".com")
@example("ada@" + ".".join(["b" * 62] * 4) + ".com")
@example("a@a.a")
@example("ada@acme.c0m")
@example("ada@2130706433.com")
@example("ada@home.arpa")
@example("ada@x.home.arpa")
@example("ada@x.EXAMPLE")
def test_the_short_way_is_the_long_way(address: str) -> None:
    """Accepted or refused alike, with one normal form."""
    try:
        long = validate_email(address, check_deliverability=False, test_environment=True).normalized.casefold()
    except EmailNotValidError:
        long = None
    try:
        short = email(address).normalized
    except BadValue:
        short = None
    assert short == (long if len(address) <= 254 else None)
