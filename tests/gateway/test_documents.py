"""The document cache: what it keeps, what it does not, and that a hit is checked like a miss."""

from collections.abc import Iterator

import pytest
import strawberry
from graphql import GraphQLError, parse
from strawberry.types.execution import ExecutionContext

from resolvers.errors import ErrorCode
from schema.extensions.documents import DocumentCache
from schema.extensions.onefold_schema import EDGE_CHECKS, OnefoldSchema, edge_extensions
from schema.extensions.request import RequestContext
from tests.gateway.toy import ACTOR, CONFIG, Query


def _context() -> RequestContext:
    context = RequestContext("r")
    context.actor = ACTOR
    return context


@pytest.fixture
def cache() -> DocumentCache:
    return DocumentCache(max_documents=2, max_text=100)


@pytest.fixture
def schema(cache: DocumentCache) -> OnefoldSchema:
    return OnefoldSchema(query=Query, config=CONFIG, extensions=edge_extensions(cache=cache))


async def test_a_valid_text_is_parsed_and_validated_once(
    schema: OnefoldSchema, cache: DocumentCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    await schema.execute("{ hello }", context_value=_context())
    kept = cache.get("{ hello }")
    assert kept is not None

    def never(*_args: object, **_options: object) -> None:
        raise AssertionError

    monkeypatch.setattr("strawberry.schema.schema.parse", never)
    monkeypatch.setattr("strawberry.schema.schema.validate_document", never)
    again = await schema.execute("{ hello }", context_value=_context())
    assert (again.data, again.errors) == ({"hello": "world"}, None)
    assert cache.get("{ hello }") is kept


@pytest.mark.parametrize("query", ["{", "{ nothing }", '{ echo(text: "\\u0000") }', "{ hello }" + " " * 100])
async def test_what_failed_or_is_long_is_not_kept(schema: OnefoldSchema, cache: DocumentCache, query: str) -> None:
    for _ in range(2):
        await schema.execute(query, context_value=_context())
    assert len(cache) == 0


async def test_the_text_used_longest_ago_goes_first(schema: OnefoldSchema, cache: DocumentCache) -> None:
    for query in ("{ a: hello }", "{ b: hello }", "{ a: hello }", "{ c: hello }"):
        await schema.execute(query, context_value=_context())
    assert (len(cache), cache.get("{ b: hello }")) == (2, None)
    assert cache.get("{ a: hello }") is not None


async def test_a_hit_is_checked_like_a_miss(schema: OnefoldSchema) -> None:
    """The key of the one who filled the cache must not open it for others."""
    await schema.execute("{ hello }", context_value=_context())
    keyless = await schema.execute("{ hello }", context_value=RequestContext("r"))
    assert keyless.data is None
    assert keyless.errors is not None
    assert [(e.extensions or {})["code"] for e in keyless.errors] == ["UNAUTHENTICATED"]


async def test_a_context_that_is_not_ours_has_no_key(schema: OnefoldSchema) -> None:
    result = await schema.execute("{ hello }")
    assert result.errors is not None
    assert (result.errors[0].extensions or {})["code"] == "UNAUTHENTICATED"


async def test_a_price_is_one_more_check_before_validation(cache: DocumentCache) -> None:
    prices: Iterator[int] = iter([1, 6])

    def price(context: ExecutionContext) -> list[GraphQLError]:
        cost = next(prices)
        context.extensions_results["cost"] = {"requested": cost, "limit": 5}
        return [GraphQLError("Too much.", extensions={"code": ErrorCode.QUERY_TOO_COMPLEX})] if cost > 5 else []

    schema = OnefoldSchema(
        query=Query, config=CONFIG, extensions=edge_extensions(cache=cache, checks=(*EDGE_CHECKS, price), limits=None)
    )
    cheap = await schema.execute("{ hello }", context_value=_context())
    dear = await schema.execute("{ hello }", context_value=_context())
    assert (cheap.data, cheap.extensions) == ({"hello": "world"}, {"cost": {"requested": 1, "limit": 5}})
    assert (dear.data, dear.extensions) == (None, {"cost": {"requested": 6, "limit": 5}})
    assert [(e.extensions or {}).get("code") for e in dear.errors or []] == ["QUERY_TOO_COMPLEX"]


async def test_variables_are_not_cached(schema: OnefoldSchema) -> None:
    query = "query ($t: String!) { echo(text: $t) }"
    texts = [(await schema.execute(query, variable_values={"t": text}, context_value=_context())).data for text in "ab"]
    assert texts == [{"echo": "a"}, {"echo": "b"}]


def test_the_names_of_strawberry_that_the_checks_stand_on() -> None:
    """`one_operation_is_meant` asks for what was sent; a new version must not take that away unseen."""
    context = ExecutionContext("", strawberry.Schema(Query, config=CONFIG), (), provided_operation_name="Sent")
    context.graphql_document = parse("query First { hello }")
    assert (context._provided_operation_name, context.operation_name) == ("Sent", "Sent")
