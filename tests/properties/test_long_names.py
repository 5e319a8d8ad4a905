"""Names at the edge: what folding makes longer is stored, sorted and paged through on both databases."""

import random

import pytest

from tests.support.api import Api

# Signs that NFKC writes out in up to 18 characters; the second kind takes four bytes each and does not compress.
NAMES = {
    "one sign for eighteen": "\ufdfa" * 500,
    "all that grows": "".join(random.Random(1).choices([chr(code) for code in range(0xFDF0, 0xFDFC)], k=500)),
    "four bytes each": "".join(random.Random(2).choices([chr(code) for code in range(0x20000, 0x2A000)], k=500)),
    "squared words": "".join(random.Random(5).choices([chr(code) for code in range(0x3300, 0x3358)], k=500)),
    "ligatures": "".join(random.Random(3).choices("ﬀﬁﬂﬃﬄﬆ", k=500)),
}


@pytest.mark.parametrize("what", NAMES)
async def test_a_name_that_grows_when_folded(api: Api, what: str) -> None:
    """It reads back as sent, and a page ordered by name goes on behind it by its own cursor."""
    name = NAMES[what]
    contact = await api.contact(name=name)
    await api.contact(name="\U0002fa1d")
    found = await api.read(contact, "name")
    assert found == {"name": name}
    query = """query ($after: String) { contacts(first: 1, after: $after, orderBy: {field: NAME, direction: ASC})
        { nodes { id } pageInfo { endCursor hasNextPage } } }"""
    seen: list[str] = []
    after: str | None = None
    for _ in range(2):
        page = (await api.ask(query, after=after))["contacts"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert len(set(seen)) == 2
    assert contact in seen


async def test_long_identifiers_and_companies(api: Api) -> None:
    """The longest of everything that search looks in, at once: stored, and found by its last characters."""
    tail = "".join(random.Random(4).choices([chr(code) for code in range(0x4E00, 0x9FA5)], k=255))
    contact = await api.contact(
        company="\ufdfa" * 500, identifiers=[{"kind": "USERNAME", "system": "s" * 64, "value": tail}]
    )
    query = "query ($search: String!) { contacts(first: 2, filter: {search: $search}) { nodes { id } } }"
    assert (await api.ask(query, search=tail[-3:]))["contacts"]["nodes"] == [{"id": contact}]
