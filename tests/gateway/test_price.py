"""What an operation is weighed at, and what is refused for its weight: docs/limits.md."""

from typing import Any

import pytest
from graphql import get_introspection_query, parse

from gateway.rate import Buckets, buckets_of
from schema.build import build_schema
from schema.extensions.limits import OperationLimits
from schema.extensions.price import Price, price_of
from schema.extensions.toll import too_much

SCHEMA = build_schema()._schema
ID = '"contact_01j00000000000000000000000"'


def price(text: str, name: str | None = None, **variables: Any) -> Price:
    return price_of(SCHEMA, parse(text), name, variables)


@pytest.mark.parametrize(
    ("text", "points", "depth"),
    [
        ("{ __typename }", 0, 1),
        ("{ viewer { name scopes } }", 1, 2),
        ("{ viewer { organizations { name } } }", 6, 3),
        (f"{{ contact(id: {ID}) {{ name labels {{ name }} identifiers {{ value }} }} }}", 11, 3),
        ("{ contacts { nodes { name } } }", 20, 3),
        ("{ contacts(first: 100) { nodes { name } } }", 100, 3),
        ("{ contacts(first: 100) { edges { cursor node { name } } pageInfo { hasNextPage } } }", 100, 4),
        ("{ contacts(last: 7, first: null) { nodes { id } totalCount } }", 17, 3),
        ("{ contacts(first: 10) { nodes { labels { name } merges(first: 2) { nodes { id } totalCount } } } }", 180, 5),
        ("{ contacts(first: 100000) { nodes { id } } }", 100, 3),
        ("{ contacts(first: -1) { nodes { id } } }", 1, 3),
        ('{ contacts(filter: {customAttribute: {key: "a", equals: 1}}) { nodes { id } } }', 30, 3),
        (f"{{ duplicates(contactId: {ID}) {{ probability contact {{ name }} }} }}", 30, 3),
        (f"mutation {{ mergeContacts(input: {{primaryContactId: {ID}}}) {{ merged {{ name }} }} }}", 12, 3),
        (
            f"mutation {{ mergeContacts(input: {{primaryContactId: {ID}, sourceContactIds: [{ID}, {ID}]}})"
            " { merged { name } userErrors { code } } }",
            19,
            3,
        ),
        (
            f"{{ contact(id: {ID}) {{ memories {{ facts {{ key }} recentMessages(first: 100) {{ text }} }} }} }}",
            1 + 2 * (1 + 5 + 100),
            4,
        ),
        ("{ contacts { nodes { memories { recentMessages(first: 100) { text } } } } }", 20 * (1 + 2 * 101), 5),
        ("{ __schema { types { fields { name } } } }", 500, 1),
        (get_introspection_query(input_value_deprecation=True, directive_is_repeatable=True), 500, 1),
        ("{ nobody { knows { this } } }", 0, 1),
        ("{ ...A } fragment A on Query { viewer { name } ...B } fragment B on Query { ...A viewer { name } }", 2, 2),
        (
            f"{{ node(id: {ID}) {{ ... on Contact {{ labels {{ name }} }} ... on Merge {{ sources {{ name }} }} }} }}",
            11,
            3,
        ),
    ],
)
def test_points_and_depth(text: str, points: int, depth: int) -> None:
    found = price(text)
    assert (found.points, found.depth, found.varies) == (points, depth, False)
    assert too_much(found) is None


def test_variables_and_their_defaults_are_looked_at() -> None:
    """The size of a page, a filter and the lists of an input may stand in variables."""
    page = "query ($n: Int = 50) { contacts(first: $n) { nodes { id } } }"
    assert [price(page).points, price(page, n=3).points, price(page, n=None).points, price(page, n="x").points] == [
        *(50, 3, 20, 20),
    ]
    assert price(page).varies
    found = "query ($f: ContactFilter) { contacts(first: 1, filter: $f) { nodes { id } } }"
    assert price(found, f={"customAttribute": {"key": "a", "equals": 1}}).points == 11
    merge = "mutation ($i: MergeContactsInput!) { mergeContacts(input: $i) { merged { id } } }"
    assert price(merge, i={"sourceContactIds": ["a"] * 50}).points == 62
    bulk = "mutation ($i: MergeContactsInBulkInput!) { mergeContactsInBulk(input: $i) { job { id } } }"
    assert [price(bulk, i={"groups": [{}] * number}).points for number in (3, 500, 10_000)] == [15, 512, 512]


def test_the_operation_that_runs_is_weighed() -> None:
    text = "query A { viewer { name } } query B { contacts { nodes { id } } }"
    assert (price(text, "A").points, price(text, "B").points) == (1, 20)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("{ contacts(first: 100) { nodes { conversations(first: 100) { nodes { id } } } } }", "points"),
        ("{" + "".join(f" a{i}: viewer {{ name }}" for i in range(31)) + " }", "aliases"),
        ("{" + " viewer { name }" * 201 + " }", "branches"),
        (
            "{ viewer { name } }" + "".join(f" fragment F{i} on Query {{ __typename }}" for i in range(50)),
            "definitions",
        ),
        (
            f"{{ merge(id: {ID}) " + "{ primary { merges(first: 1) { nodes " * 4 + "{ id }" + " } } }" * 4 + " }",
            "depth",
        ),
    ],
)
def test_each_limit_refuses_and_is_named(text: str, limit: str) -> None:
    error = too_much(price(text))
    assert error is not None
    said = error.extensions or {}
    assert (said["code"], said["limit"]) == ("QUERY_TOO_COMPLEX", limit)
    assert said["asked"] > said["most"] == getattr(OperationLimits(), limit)


def test_fragments_that_spread_each_other_twice_are_weighed_once() -> None:
    """41 of them are 2^41 viewers; to be expanded they would take for ever."""
    text = "{ ...F0 }" + "".join(f" fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(40))
    found = price(text + " fragment F40 on Query { viewer { name } }")
    assert found.points == 1_000_000_000
    assert too_much(found) is not None


def test_a_bucket_empties_and_fills() -> None:
    """Nothing is free, nothing is taken where there is too little, and no key pays for another one."""
    now = [0.0]
    buckets = Buckets(100, 10, lambda: now[0])
    assert (buckets.spend(None, 0).available, buckets.spend(None, 99).available) == (99, 0)
    refused = buckets.spend(None, 25)
    assert (refused.available, refused.wait) == (0, 2.5)
    now[0] = 2.5
    assert buckets.spend(None, 25).wait == 0
    now[0] = 1_000
    assert buckets.spend(None, 1).available == 99


def test_the_setting() -> None:
    assert buckets_of("off") is None
    made = buckets_of("6000/20")
    assert made is not None
    assert made.spend(None, 1) == made.spend(None, 0).__class__(5_999, 20, 0)
