"""Which level a pair of values has, by table, and what weights make of it."""

import math

import pytest

from resolvers.matching.compare_names import ORDER, name_level
from resolvers.matching.findings import Finding
from resolvers.matching.names import parse_name
from resolvers.matching.score import MODEL, prior_bits, probability_of, weigh
from tests.matching.people import judged, levels, person, shared_by

NAMES = {
    ("Ann Lee", "LEE, ANN"): "exact",
    ("Ann Lee", "Lee Ann"): "exact",
    ("Юлия Щукина", "Yuliya Shchukina"): "exact",
    ("Jürgen Müller", "Juergen Mueller"): "variant",
    ("Carl Jones", "Karl Jones"): "variant",
    ("Bill Jones", "William Jones"): "variant",
    ("Миша Кузнецов", "Mikhail Kuznetsov"): "variant",
    ("Paco Torres", "Francisco Torres"): "variant",
    ("Paula Lee", "Puala Lee"): "variant",
    ("Rolf-Dieter Wagner", "Rolfdieter Wagner"): "variant",
    ("Ana García López", "Ana García"): "variant",
    ("Ann Meyer-Lee", "Ann Lee"): "variant",
    ("Walter Thompson", "Walter Thomson"): "fuzzy",
    ("Gleb Kuznetsov", "Geb Kuznetsov"): "fuzzy_given",
    ("Davi Luiz Costa", "Davi Lucca Costa"): "fuzzy_given",
    ("A. Lee", "Ann Lee"): "letter",
    ("Sam Lee", "Samantha Lee"): "initial",
    ("Alex Lee", "Alexander Lee"): "initial",
    ("Sasha Kuznetsova", "Aleksandra Kuznetsova"): "initial",
    ("A. Thompson", "Ann Thomson"): "fuzzy2",
    ("Lee", "Ann Lee"): "family_only",
    ("Ann", "Ann Lee"): "given_only",
    ("Ann", "ann"): "single_eq",
    ("Bob", "Robert Lee"): "single_fuzzy",
    ("Ann Lee", "Ann Brown"): "family_differs",
    ("Bea", "Ann Lee"): "single_diff",
    ("Ann Lee", "Bea Lee"): "given_differs",
    ("Jan Lee", "Jana Lee"): "given_differs",
    ("Anna Lee", "Anne Lee"): "given_differs",
    ("J. Milla", "R. Milla"): "given_differs",
    ("Ann Lee", "Bea Brown"): "differ",
}


@pytest.mark.parametrize(("names", "level"), NAMES.items())
def test_the_level_of_two_names(names: tuple[str, str], level: str) -> None:
    left, right = map(parse_name, names)
    assert left is not None
    assert right is not None
    assert name_level(left, right) == name_level(right, left) == level


def test_every_level_of_names_is_tried() -> None:
    assert set(NAMES.values()) == set(ORDER) == set(MODEL.levels["name"])


EMAILS = {
    ("ann.lee@gmail.com", "annlee+x@googlemail.com"): "exact",
    ("info@firm.org", "info@firm.org"): "role",
    ("desk+ann@firm.org", "desk+bob@firm.org"): "role",
    ("desk+ann@firm.org", "desk@firm.org"): "exact",
    ("ann.lee@gmail.com", "ann.lee@gmial.com"): "domain_typo",
    ("ann.lee@gmail.com", "annlee@firm.org"): "same_local",
    ("annalee@firm.org", "anmalee@firm.org"): "local_typo",
    ("annlee71@firm.org", "annlee72@firm.org"): "none_equal",
    ("ann@firm.org", "ann@other.org"): "none_equal",
    ("info@firm.org", "info@gmail.com"): "none_equal",
}


@pytest.mark.parametrize(("addresses", "level"), EMAILS.items())
def test_the_level_of_two_addresses(addresses: tuple[str, str], level: str) -> None:
    left, right = (person(email=address) for address in addresses)
    assert levels(judged(left, right))["email"] == levels(judged(right, left))["email"] == level


@pytest.mark.parametrize(
    ("people", "level"), {0: "exact", 1: "exact", 2: "exact_few", 3: "exact_few", 4: "exact_many"}.items()
)
def test_an_identifier_says_less_the_more_people_are_behind_it(people: int, level: str) -> None:
    left, right = (person(email="ann@firm.org", phone="+4915112345670") for _ in range(2))
    found = levels(judged(left, right, people=people))
    assert found["email"] == found["phone"] == level


OTHERS = {
    ("externalId", "exact"): ({"ids": {"crm": "7"}}, {"ids": {"crm": "7"}}),
    ("externalId", "conflict"): ({"ids": {"crm": "7"}}, {"ids": {"crm": "8"}}),
    ("channel", "exact"): ({"channels": {"TELEGRAM": "t-1"}}, {"channels": {"TELEGRAM": "t-1"}}),
    ("phone", "none_equal"): ({"phone": "+4915112345670"}, {"phone": "+4915112345671"}),
    ("username", "exact"): ({"usernames": {"app": "Ann_Lee"}}, {"usernames": {"app": "ann_lee"}}),
    ("username", "other_system"): ({"usernames": {"app": "ann_lee"}}, {"usernames": {"forum": "ann_lee"}}),
    ("username", "as_email"): ({"usernames": {"app": "ann_lee"}}, {"email": "ann.lee@firm.org"}),
    ("birthdate", "exact"): ({"born": "1999-02-03"}, {"born": "1999-02-03"}),
    ("birthdate", "near"): ({"born": "1999-02-03"}, {"born": "1999-03-02"}),
    ("birthdate", "differ"): ({"born": "1999-02-03"}, {"born": "1969-02-03"}),
    ("address", "street"): (
        {"street": "Main St. 12", "postal_code": "12345"},
        {"street": "12 Main Street", "postal_code": "12345"},
    ),
    ("address", "postcode"): ({"street": "Main St. 12", "postal_code": "12345"}, {"postal_code": "12345"}),
    ("address", "differ"): ({"street": "Main St. 12", "city": "Ulm"}, {"street": "Main St. 12", "city": "Bonn"}),
    ("company", "exact"): ({"company": "Brandt GmbH"}, {"company": "brandt"}),
    ("company", "differ"): ({"company": "Brandt GmbH"}, {"company": "Torres"}),
    ("country", "same"): ({"country": "DE"}, {"country": "DE"}),
    ("country", "differ"): ({"country": "DE"}, {"country": "AT"}),
}


@pytest.mark.parametrize(("expected", "sides"), OTHERS.items())
def test_the_level_of_other_fields(expected: tuple[str, str], sides: tuple[dict[str, str], dict[str, str]]) -> None:
    left, right = (person(**side) for side in sides)
    field, level = expected
    assert levels(judged(left, right))[field] == levels(judged(right, left))[field] == level


def test_an_unverified_id_conflicts_with_nothing() -> None:
    left, right = person(ids={"crm": "7"}), person(ids={"crm": "8"}, verified=False)
    assert levels(judged(left, right)) == {}


def test_what_one_side_lacks_is_no_evidence() -> None:
    full = person("Ann Lee", email="ann@firm.org", born="1999-02-03", company="Firm", country="DE")
    assert levels(judged(full, person())) == {}


def test_a_rare_name_says_more_than_a_common_one() -> None:
    pair = person("Ann Lee"), person("Ann Lee")
    weights = []
    for holders in (2, 20, 200):
        counts = shared_by(1, *pair, holders=holders)
        finding = Finding("name", "exact", "Ann Lee", "Ann Lee", holders=counts["n:an|le"].holders)
        weights.append(weigh([finding], 10_000)[0].weight)
    assert weights[0] > weights[1] > weights[2] == MODEL.levels["name"]["exact"] - MODEL.rarity_limit


def test_an_identifier_does_not_grow_less_certain_with_the_organisation() -> None:
    """One exact number that one person stands behind lands on .98 in a large organisation and in a small one."""
    for contacts in (1_000, 100_000, 10_000_000):
        bits = prior_bits(contacts) + weigh([Finding("phone", "exact", "", "", 1)], contacts)[0].weight
        assert math.isclose(probability_of(bits), 0.981, abs_tol=0.0005)
