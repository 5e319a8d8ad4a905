"""The price of each answer, and what is refused for it, through the whole application."""

from typing import Any

import httpx

from gateway.app import create_app
from tests.contract.steps import unchanged, with_key
from tests.support.api import Api, settings_for

PAGE = "{ contacts(first: 100) { nodes { id labels { name } } } }"  # 600 points
DEAR = "{ contacts(first: 100) { nodes { conversations(first: 100) { nodes { id } } } } }"


async def test_each_answer_says_what_it_cost(api: Api) -> None:
    """Also a refusal by price; what could not be read has none. The bucket is named where there is one."""
    answer = await api.send(PAGE)
    assert answer["extensions"]["cost"] == {"requested": 600, "limit": 5000}
    refused = await api.send(DEAR)
    assert "data" not in refused or refused["data"] is None
    assert refused["extensions"]["cost"] == {"requested": 10_100, "limit": 5000}
    said = refused["errors"][0]["extensions"]
    assert (said["code"], said["limit"], said["most"], said["asked"]) == ("QUERY_TOO_COMPLEX", "points", 5000, 10_100)
    assert "extensions" not in await api.send("{ viewer { ")


async def test_a_mutation_too_dear_writes_nothing(api: Api) -> None:
    contact = await api.contact(name="Ann")
    shown = "contact { conversations(first: 100) { nodes { messages(first: 100) { nodes { id } } } } }"
    async with unchanged(api):
        answer = await api.send(f'mutation {{ updateContact(input: {{id: "{contact}", name: "x"}}) {{ {shown} }} }}')
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["QUERY_TOO_COMPLEX"]


async def test_the_same_text_with_other_variables_has_another_price(api: Api) -> None:
    """The document is kept, its price is not where a variable changes it."""
    text = "query ($n: Int) { contacts(first: $n) { nodes { id } } }"
    costs = [(await api.send(text, {"n": n}))["extensions"]["cost"]["requested"] for n in (1, 100, 7)]
    assert costs == [1, 100, 7]


async def _limited(api: Api, setting: str) -> Api:
    """The same database behind an application with a bucket."""
    settings = settings_for(str(api.db.url.render_as_string(hide_password=False)))
    app = create_app(settings.model_copy(update={"rate_limit": setting}), database=api.db, clock=api.clock)
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://onefold.test")
    return Api(http, api.db, api.clock, api.token, api.org_id, api.new_id)


async def _post(api: Api, query: str) -> httpx.Response:
    return await api.http.post("/graphql", json={"query": query}, headers={"authorization": f"Bearer {api.token}"})


async def test_a_key_that_has_spent_its_points_waits(api: Api) -> None:
    """429 with Retry-After and the code, nothing carried out; another key has points of its own."""
    limited = await _limited(api, "5000/1")
    other = await with_key(limited)
    balances: list[Any] = []
    for _ in range(8):
        answer = await _post(limited, PAGE)
        assert answer.status_code == 200
        balances.append(answer.json()["extensions"]["cost"])
    assert [balance["restoreRate"] for balance in balances] == [1] * 8
    assert [balance["available"] for balance in balances][-1] < 300
    async with unchanged(api):
        for query in (PAGE, "mutation { " + " ".join(f"a{i}: {_MADE}" for i in range(28)) + " }"):
            refused = await _post(limited, query)
            assert refused.status_code == 429
            error = refused.json()["errors"][0]
            assert error["extensions"]["code"] == "RATE_LIMITED"
            assert refused.headers["retry-after"] == str(error["extensions"]["retryAfter"])
            assert 1 <= error["extensions"]["retryAfter"] <= 600
    assert (await _post(other, PAGE)).status_code == 200


_MADE = 'createContact(input: {name: "x"}) { contact { id labels { name } } }'
