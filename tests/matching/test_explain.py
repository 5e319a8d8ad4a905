"""What a person reads."""

import pytest

from resolvers.matching.compare_names import ORDER
from resolvers.matching.explain import evidence_of, guards_as_sentences, sentence_of
from resolvers.matching.findings import Finding
from resolvers.matching.guard import GuardReason
from resolvers.matching.judge import held_back
from resolvers.matching.score import MODEL
from tests.matching.people import TERMS, judged, person


def test_one_row_a_field_the_heaviest_first_with_both_values_as_written() -> None:
    left = person("Bill Lee", email="Bill.Lee@gmail.com", company="Brandt GmbH", country="US")
    right = person("William Lee", email="billlee@gmail.com", company="Torres", country="US")
    found = evidence_of(judged(left, right))
    assert [(row.field, row.left, row.right, row.explanation) for row in found] == [
        ("email", "bill.lee@gmail.com", "billlee@gmail.com", EMAIL),
        ("name", "Bill Lee", "William Lee", "Bill is short for William"),
        ("company", "Brandt GmbH", "Torres", "Different companies"),
        ("country", "US", "US", "Same country"),
    ]
    assert [row.weight for row in found] == sorted((row.weight for row in found), key=abs, reverse=True)


EMAIL = "Same e-mail address, and only this person's name is seen with it"


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        (0, "Same phone number"),
        (1, EMAIL.replace("e-mail address", "phone number")),
        (3, "Same phone number, but 3 people use it"),
    ],
)
def test_how_many_people_share_a_number(people: int, sentence: str) -> None:
    contact = person(phone="+4915112345670")
    assert [row.explanation for row in evidence_of(judged(contact, contact, people=people))] == [sentence]


def test_another_spelling_is_not_called_short() -> None:
    found = evidence_of(judged(person("Carl Lee"), person("Karl Lee")))
    assert found[0].explanation == "The same name in another spelling or form"


def test_every_level_of_the_model_has_a_sentence() -> None:
    for field, levels in MODEL.levels.items():
        for level in levels:
            assert sentence_of(Finding(field, level, "a", "b", people=2))
    assert set(ORDER) == set(MODEL.levels["name"])


def test_every_guard_has_a_sentence() -> None:
    found = judged(person("Ann Lee"), person("Ann Lee"))
    for reason in GuardReason:
        assert guards_as_sentences(held_back(found, reason, TERMS))[-1].explanation.endswith(".")
