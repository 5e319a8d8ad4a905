"""Plain values to a record: e-mail addresses, numbers, names, streets, by table."""

from datetime import date

import orjson
import pytest

from resolvers.matching.emails import matching_email
from resolvers.matching.features import Phone, from_json, to_json
from resolvers.matching.names import parse_name
from resolvers.matching.normalise import normalise
from resolvers.matching.phones import line_of, matching_phone, same_line
from resolvers.matching.places import company_of, postcode_of, street_of
from resolvers.matching.record import record_of
from resolvers.matching.score import MODEL
from tests.matching.people import facts, person

EMAILS = {
    "ann.lee@gmail.com": "annlee@gmail.com",
    "ann.lee+news@googlemail.com": "annlee@gmail.com",
    "ann+news@outlook.com": "ann@outlook.com",
    "ann.lee@outlook.com": "ann.lee@outlook.com",
    "ann+news@firm.org": "ann@firm.org",
    "support+ann@firm.org": "support+ann@firm.org",
    "+@firm.org": "+@firm.org",
    "test@firm.org": None,
    "n-a@firm.org": None,
    "ann@example.net": None,
}
# normal form, region -> number, line
PHONES = {
    ("+4915112345670", None): ("+4915112345670", "mobile"),
    ("+493012345678", None): ("+493012345678", "fixed"),
    ("+12025550143", None): ("+12025550143", ""),
    ("004915112345670", None): ("+4915112345670", "mobile"),
    ("015112345670", None): ("015112345670", ""),
    ("015112345670", "DE"): ("+4915112345670", "mobile"),
    ("99999", "DE"): None,
    ("123456", None): None,
    ("+4911111111", None): None,
}
NAMES = {
    "Ann Lee": ("ann", (), "lee", ""),
    "LEE, Ann": ("ann", (), "lee", ""),
    "Dr. Ann B. Lee": ("ann", ("b",), "lee", ""),
    "Herr Hans van der Berg": ("hans", (), "berg", ""),
    "Ann": ("ann", (), "", ""),
    "E. Sosa": ("e", (), "sosa", ""),
    "John Lee Jr.": ("john", (), "lee", "jr"),
    "Lee, John, Sr": ("john", (), "lee", "sr"),
    "João Souza Filho": ("joao", (), "souza", "jr"),
    "John Junior": ("john", (), "junior", ""),
    "Seán O’Brien": ("sean", (), "obrien", ""),
    "Rolf-Dieter Wagner": ("rolf-dieter", (), "wagner", ""),
    "Иванов Пётр Сергеевич": ("petr", ("sergeevich",), "ivanov", ""),
    "Юлия Щукина": ("yuliya", (), "shchukina", ""),
    "王伟": ("wang", (), "wei", ""),
    "김민준": ("gim", (), "minjun", ""),
    "دانا حسن": ("dn", (), "hsn", ""),
    "דוד כהן": ("dvd", (), "khhn", ""),
    "Νίκος Ρήγας": ("nikos", (), "rigas", ""),
    "अमित कुमार": ("amit", (), "kumar", ""),
    "A\u200bnn\u200e Le\u202ee\ufeff": ("ann", (), "lee", ""),
    "Ann \N{GRINNING FACE} Lee": ("ann", (), "lee", ""),
    "Ann\tLee\n": ("ann", (), "lee", ""),
    "Ben Sa": ("ben", (), "sa", ""),
    "ann@lee.org": None,
    "Room 12": None,
    "Unknown": None,
    "N/A": None,
    "Guest": None,
    "Brandt GmbH": None,
    "\u200b\u200e": None,
    "": None,
    "...": None,
}


@pytest.mark.parametrize(("normalized", "form"), EMAILS.items())
def test_an_address_in_the_form_that_is_compared(normalized: str, form: str | None) -> None:
    found = matching_email(normalized)
    assert (found.form if found else None) == form


@pytest.mark.parametrize(("given", "expected"), PHONES.items())
def test_a_number_and_its_line(given: tuple[str, str | None], expected: tuple[str, str] | None) -> None:
    found = matching_phone(*given)
    assert ((found.number, line_of(found)) if found else None) == expected


def certain_phone(text: str) -> Phone:
    found = matching_phone(text, None)
    assert found is not None
    return found


def test_numbers_without_a_country_equal_those_that_end_in_them() -> None:
    texts = ("+4915112345670", "015112345670", "15112345670", "+4315112345670")
    international, national, bare, foreign = (certain_phone(text) for text in texts)
    assert same_line(international, national)
    assert same_line(national, international)
    assert same_line(national, bare)
    assert not same_line(international, foreign)


def test_an_extension_is_another_line() -> None:
    desk, other, none = (certain_phone(f"+493012345678{tail}") for tail in (";ext=12", ";ext=13", ""))
    assert same_line(desk, desk)
    assert not same_line(desk, other)
    assert not same_line(desk, none)


@pytest.mark.parametrize("number", ["+", "+9", "+999123456789", "+0000", "+49x1"])
def test_a_number_of_no_numbering_plan_is_no_certain_line(number: str) -> None:
    assert line_of(Phone(number)) == ""


@pytest.mark.parametrize(("text", "parts"), NAMES.items())
def test_the_parts_of_a_name(text: str, parts: tuple[str, tuple[str, ...], str, str] | None) -> None:
    found = parse_name(text)
    assert ((found.given, found.middle, found.family, found.suffix) if found else None) == parts


def test_streets_postcodes_and_companies() -> None:
    assert street_of("12 Main Street") == street_of("Main St. 12") == (("main", "st"), "12")
    assert street_of("Hauptstraße 7a") == street_of("Hauptstr. 7A") == (("haupt", "st"), "7a")
    assert street_of(None) == ((), "")
    assert postcode_of("NW60 3WA") == postcode_of("nw603wa") == "NW603WA"
    assert company_of("Brandt & Söhne GmbH") == company_of("brandt sohne") == "brandt sohne"
    assert company_of("Torres S.L.") == company_of("TORRES SL") == "torres"
    assert company_of("GmbH") == ""


def test_whatsapp_is_a_mobile_number_and_no_id_of_its_own() -> None:
    found = person(phone="+12025550143", channels={"WHATSAPP": "12025550143", "TELEGRAM": "t-1"})
    assert [(phone.number, phone.line) for phone in found.phones] == [("+12025550143", "mobile")]
    assert [(item.system, item.value) for item in found.channels] == [("TELEGRAM", "t-1")]


def test_a_birthdate_that_programs_write_for_none_is_none() -> None:
    assert person(born="1970-01-01").birthdate == ""
    assert person(born="1970-01-02").birthdate == "1970-01-02"


def test_a_record_survives_json() -> None:
    """What is stored is what is compared: nothing is lost or changed on the way."""
    full = person(
        "Dr. Ann B. Lee Jr.", email=["a.lee@gmail.com", "info@firm.org"], phone="+4915112345670;ext=1",
        ids={"crm": "7"}, usernames={"app": "Ann_Lee"}, channels={"TELEGRAM": "t-1"}, born="1999-02-03",
        company="Firm GmbH", street="Main St. 12", city="Ulm", postal_code="89073", country="DE", blocked=True,
        active_from=date(2020, 1, 1), active_to=date(2021, 1, 1),
    )  # fmt: skip
    for features in (full, person()):
        assert from_json(orjson.loads(orjson.dumps(to_json(features)))) == features
    assert to_json(person()) == {}


def test_all_that_is_stored_of_a_contact() -> None:
    given = facts("Ann Lee", email="ann.lee@gmail.com", phone="+4915112345670")
    record = record_of(given)
    assert record.model_version == MODEL.version
    assert record.coarse == "al"
    assert [key.text for key in record.keys] == ["e:annlee@gmail.com", "l:annlee", "n:an|le", "p:12345670"]
    assert from_json(orjson.loads(orjson.dumps(record.features))) == normalise(given)


def test_a_record_of_another_version_is_refused() -> None:
    with pytest.raises(TypeError):
        from_json({"shoe_size": 44})
