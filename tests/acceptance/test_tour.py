"""The tour: a real process, plain HTTP, the demo key; made, found, merged, and still there by the old id."""

from typing import Any

import httpx

from tests.acceptance.demo_server import Demo

CREATE = """mutation ($input: CreateContactInput!) { createContact(input: $input) {
    contact { id name email company } userErrors { code message } } }"""
MERGE = """mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) {
    merged { id name email company mergedContactIds identifiers { kind normalized } }
    mergedContactIds merge { id actor reason } userErrors { code contactId } } }"""
FIND = "query ($search: String!) { contacts(first: 10, filter: {search: $search}) { nodes { id name } } }"
OLD_ID = """query ($id: ID!) {
    gone: contact(id: $id) { id }
    led: contact(id: $id, followMerges: true) { id company }
    resolveContact(id: $id) { status contact { id } path { id } } }"""


class Caller:
    """Sends as `curl` would."""

    def __init__(self, demo: Demo) -> None:
        self._http = httpx.Client(base_url=demo.url, headers=demo.headers, timeout=30, trust_env=False)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """`data` of an answer without errors."""
        answer = self._http.post("/graphql", json={"query": query, "variables": variables})
        assert answer.status_code == 200, answer.text
        assert "errors" not in answer.json(), answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data


async def test_the_tour(demo: Demo) -> None:
    """Two contacts of one person are made, found, merged and read by the old id; then again after a restart."""
    caller = Caller(demo)
    lead = {"role": "LEAD", "email": "grace@navy.example", "company": "US Navy"}
    user = {"role": "USER", "name": "Grace Hopper", "phone": "+1 212 555 0123"}
    made = [caller.ask(CREATE, input=values)["createContact"]["contact"]["id"] for values in (user, lead)]
    found = caller.ask(FIND, search="hopper")["contacts"]["nodes"]
    assert found == [{"id": made[0], "name": "Grace Hopper"}]

    asked = {"primaryContactId": made[0], "sourceContactIds": [made[1]], "reason": "one person", "idempotencyKey": "t"}
    first = caller.ask(MERGE, input=asked)["mergeContacts"]
    assert first["merged"] == {
        "id": made[0],
        "name": "Grace Hopper",
        "email": "grace@navy.example",
        "company": "US Navy",
        "mergedContactIds": [made[1]],
        "identifiers": [
            {"kind": "PHONE", "normalized": "+12125550123"},
            {"kind": "EMAIL", "normalized": "grace@navy.example"},
        ],
    }
    assert (first["mergedContactIds"], first["userErrors"]) == ([made[1]], [])
    assert first["merge"] == {"id": first["merge"]["id"], "actor": "demo", "reason": "one person"}
    assert caller.ask(MERGE, input=asked)["mergeContacts"] == first

    told = {
        "gone": None,
        "led": {"id": made[0], "company": "US Navy"},
        "resolveContact": {"status": "MERGED", "contact": {"id": made[0]}, "path": [{"id": first["merge"]["id"]}]},
    }
    assert caller.ask(OLD_ID, id=made[1]) == told
    await demo.server.stop()
    await demo.server.start()
    assert caller.ask(OLD_ID, id=made[1]) == told
    again = caller.ask(MERGE, input=asked | {"idempotencyKey": "other"})["mergeContacts"]
    assert again["userErrors"] == [{"code": "ALREADY_MERGED", "contactId": made[0]}]


async def test_who_may_see_the_demo(demo: Demo) -> None:
    """Nobody without the key; the page on this machine gets it, with two contacts to merge."""
    async with httpx.AsyncClient(base_url=demo.url, timeout=30, trust_env=False) as http:
        for headers in ({}, {"Authorization": "Bearer ofk_" + "0" * 59}, {"Authorization": f"Basic {demo.token}"}):
            refused = await http.post("/graphql", json={"query": "{ viewer { scopes } }"}, headers=headers)
            assert refused.status_code == 401
            assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        session = (await http.get("/graphiql/session.json")).json()
        assert session["token"] == demo.token
        count = await http.post("/graphql", json={"query": "{ contacts { totalCount } }"}, headers=demo.headers)
        assert count.json()["data"] == {"contacts": {"totalCount": demo.contacts}}
        assert (await http.get("/graphiql/session.json", headers={"Host": "evil.example"})).status_code in (403, 404)
