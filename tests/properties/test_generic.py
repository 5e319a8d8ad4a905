"""Identifiers that name nobody (matching.md 3), by table: placeholders and addresses of a role."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.contacts.values import BadValue, email, identifying
from resolvers.matching.generic import (
    ROLE_WORDS,
    is_placeholder_email,
    is_placeholder_id,
    is_placeholder_phone,
    is_role_local,
)

EMAILS = {
    "info@acme.com": True,
    "sales@acme.com": True,
    "billing@acme.com": True,
    "kontakt@firma.de": True,
    "ventas@empresa.es": True,
    "support@acme.com": True,
    "support+anna@acme.com": True,
    "sales.team@acme.com": True,
    "info-sales@acme.com": True,
    "info2@acme.com": True,
    "customer_service@acme.com": True,
    "noreply@acme.com": True,
    "test@acme.com": True,
    "none@acme.com": True,
    "n-a@acme.com": True,
    "asdf@acme.com": True,
    "test+1@acme.com": True,
    "ada@example.com": True,
    "ada@example.org": True,
    "ada@example.de": True,
    "ada@test.com": True,
    "a@a.com": True,
    "ada@acme.com": False,
    "ada.info@acme.com": False,
    "info.lovelace@acme.com": False,
    "infoada@acme.com": False,
    "tester.mueller@acme.com": False,
    "ada@examples.com": False,
    "ada@my-example.com": False,
    "ada@mytest.com": False,
    "ada+info@acme.com": False,
    "nina@acme.com": False,
    "42@acme.com": False,
}
PHONES = {
    "+490000000000": True,
    "+4911111111": True,
    "+15555555555": True,
    "+49123456789": True,
    "+49987654321": True,
    "+3010101010": False,
    "1010101010": True,
    "+4930123456": False,
    "+15550100123": False,
    "+49301234567": False,
    "030123456": False,
    "+493012345;ext=1111111": False,
    "0000000": True,
    "123": False,
}
NAMED = {
    "0": True,
    "null": True,
    "NULL": True,
    "None": True,
    "n/a": True,
    "undefined": True,
    "nan": True,
    "1": False,
    "00": False,
    "nullable": False,
    "ada": False,
}


def is_generic(kind: str, normalized: str) -> bool:
    """Whether an identifier (normal form) proves nothing about who somebody is."""
    if kind == "EMAIL":
        local, _, domain = normalized.rpartition("@")
        return is_role_local(local.partition("+")[0]) or is_placeholder_email(local, domain)
    if kind == "PHONE":
        return is_placeholder_phone(re.sub(r"\D", "", normalized.partition(";")[0]))
    return is_placeholder_id(normalized)


@pytest.mark.parametrize(("address", "generic"), EMAILS.items())
def test_emails(address: str, generic: bool) -> None:
    """Role words make an address generic only when nothing else stands beside them."""
    assert is_generic("EMAIL", email(address).normalized) is generic


@pytest.mark.parametrize(("number", "generic"), PHONES.items())
def test_phones(number: str, generic: bool) -> None:
    """Seven equal digits, two distinct ones or less, a run up or down; an extension is not looked at."""
    assert is_generic("PHONE", number) is generic


@pytest.mark.parametrize(("value", "generic"), NAMED.items())
@pytest.mark.parametrize("kind", ["EXTERNAL_ID", "USERNAME"])
def test_ids_and_user_names(kind: str, value: str, generic: bool) -> None:
    """Only what programs write for nothing."""
    assert is_generic(kind, identifying(kind, value, "", None).normalized) is generic


@given(st.lists(st.sampled_from(sorted(ROLE_WORDS)), min_size=1, max_size=3), st.sampled_from(".-_"))
def test_role_words_alone_are_generic(words: list[str], between: str) -> None:
    """In any number and with any of the usual signs between them."""
    assert is_generic("EMAIL", f"{between.join(words)}@acme.com")


@given(st.sampled_from(sorted(ROLE_WORDS)), st.sampled_from(["ada", "lovelace", "müller"]))
def test_a_name_among_role_words_is_a_person(word: str, name: str) -> None:
    """`info.lovelace@` is somebody."""
    assert not is_generic("EMAIL", f"{word}.{name}@acme.com")


@given(st.sampled_from(["EMAIL", "PHONE", "EXTERNAL_ID", "USERNAME"]), st.text())
def test_it_judges_whatever_can_be_stored(kind: str, value: str) -> None:
    """Never an exception for a normal form."""
    try:
        normalized = identifying(kind, value, "", "DE").normalized
    except BadValue:
        return
    assert is_generic(kind, normalized) in (True, False)
