"""Whatever is stored in a contact, matching has an answer, and a bounded one."""

import unicodedata
from datetime import date

import pytest

from resolvers.contacts.values import Identifying
from resolvers.matching.block import keys_of
from resolvers.matching.candidates import candidates_of
from resolvers.matching.cluster import Apart, clusters
from resolvers.matching.contact import ContactFacts
from resolvers.matching.features import Features
from resolvers.matching.guard import GuardReason
from resolvers.matching.judge import MatchDecision, Terms
from resolvers.matching.normalise import MOST_VALUES, normalise
from resolvers.matching.sweep import ContactSet
from tests.matching.people import judged, levels, person, reasons

SCRIPTS = {
    "Latin": "Ann Lee",
    "Cyrillic": "Юлия Щукина",
    "Greek": "Νίκος Ρήγας",
    "Arabic": "محمد علي",
    "Hebrew": "דוד כהן",
    "Devanagari": "अमित कुमार",
    "Han": "王伟",
    "Hangul": "김민준",
    "Thai": "สมชาย ใจดี",
}


@pytest.mark.parametrize("name", SCRIPTS.values(), ids=SCRIPTS)
def test_a_name_of_any_script_equals_itself_and_no_other(name: str) -> None:
    shared = {"email": "mail@firm.org", "phone": "+4915112345670"}
    same = judged(person(name, **shared), person(f"\u200f{name}\u200b", **shared))
    assert levels(same)["name"] == "exact"
    assert same.decision is MatchDecision.AUTO_MERGE
    for other in SCRIPTS.values():
        if other != name:
            assert GuardReason.NAME_CONFLICT in reasons(person(name), person(other))


def test_composed_and_decomposed_letters_are_one() -> None:
    composed, parted = (unicodedata.normalize(form, "Zoë Müller") for form in ("NFC", "NFD"))
    assert levels(judged(person(composed), person(parted)))["name"] == "exact"


@pytest.mark.parametrize(
    "contact",
    [
        person(phone="+15555555555"),
        person(email="test@test.com"),
        person(email="none@firm.org"),
        person(ids={"helpdesk": "N/A"}),
        person(usernames={"app": "null"}),
        person(channels={"TELEGRAM": "undefined"}),
        person("Guest"),
        person("N/A"),
        person("\u200b\u202e"),
        person(born="1900-01-01"),
        person(),
    ],
)
def test_a_placeholder_is_no_key_and_no_evidence(contact: Features) -> None:
    assert keys_of(contact) == ()
    found = judged(contact, contact)
    assert (found.weighed, found.decision) == ((), MatchDecision.DIFFERENT)


def test_contacts_with_nothing_but_an_id_are_compared_with_nobody() -> None:
    whole = ContactSet({f"c{place}": person() for place in range(1_000)})
    assert list(whole.pairs(Terms(1_000))) == []
    assert list(whole.pairs_with("c7", Terms(1_000))) == []


def test_a_role_address_proposes_but_never_merges() -> None:
    found = judged(person("Ann Lee", email="info@firm.org"), person("Ann Lee", email="info@firm.org"))
    assert found.decision is MatchDecision.REVIEW
    assert judged(person(email="info@firm.org"), person(email="info@firm.org")).decision is MatchDecision.DIFFERENT


@pytest.mark.parametrize("names", [("Ann Lee", "Bea Moss", "Cem Kaya"), (None,)])
def test_one_address_on_ten_thousand_contacts(names: tuple[str | None, ...]) -> None:
    """It proposes nobody: not one pair is compared, whether many people stand behind it or nobody knows who."""
    contacts = {f"c{place:05}": person(names[place % len(names)], email="till@firm.org") for place in range(10_000)}
    whole = ContactSet(contacts)
    assert list(whole.pairs(Terms(10_000))) == []
    assert list(whole.pairs_with("c00001", Terms(10_000))) == []
    holders = whole.holders_of("e:till@firm.org")
    assert candidates_of("c09999", {"e:till@firm.org": holders}) == set()


def test_a_phone_without_a_country_is_compared_by_its_last_digits() -> None:
    national, international = person("Ann Lee", phone="015112345670"), person("Ann Lee", phone="+4915112345670")
    assert {key.text for key in keys_of(national)} == {key.text for key in keys_of(international)}
    assert levels(judged(national, international))["phone"] == "exact"
    elsewhere = person("Ann Lee", phone="+4315112345670")
    assert levels(judged(international, elsewhere))["phone"] == "none_equal"


def test_a_birthdate_in_the_future_is_no_evidence_for_a_pair() -> None:
    """In the future of the contact's own creation: there is no clock here."""
    to_come, made = date(2999, 1, 1), date(2020, 1, 1)
    one, other = (normalise(ContactFacts("Ann Lee", birthdate=to_come, active_from=made)) for _ in range(2))
    assert levels(judged(one, other)) == {"name": "exact"}


@pytest.mark.parametrize("text", ["a" * 500, "a " * 250, "-" * 500, "\u0301" * 500, "😀" * 250, "ß" * 500, "王" * 500])
def test_a_text_as_long_as_the_api_takes(text: str) -> None:
    """Names and streets are cut: distances of words of any length would not be bounded."""
    contact = person(text, company=text, street=text, city=text, postal_code=text)
    assert judged(contact, contact).blocked_by == (GuardReason.NO_STRONG_IDENTIFIER,)
    if contact.name is not None:
        assert max(map(len, (contact.name.given, contact.name.family, *contact.name.middle))) <= 40


def test_two_survivors_with_thousands_of_identifiers() -> None:
    many = tuple(Identifying("EMAIL", f"x{place}", f"box{place}x@firm.org") for place in range(1_200))
    contact = normalise(ContactFacts(identifiers=many))
    assert len(contact.emails) == MOST_VALUES
    assert levels(judged(contact, contact)) == {"email": "exact"}


def test_nothing_at_all_makes_no_group() -> None:
    assert clusters([], Apart[str]({})) == []
