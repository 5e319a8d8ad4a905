"""Every filter of contacts, alone and together, and the search behind an index."""

from typing import Any

from tests.contract.steps import listed, settings
from tests.support.api import Api


async def _matching(api: Api, people: dict[str, str], **wanted: Any) -> set[str]:
    """The names (keys of `people`) of the contacts that a filter lists."""
    names = {contact: name for name, contact in people.items()}
    return {names[contact] for contact in await listed(api, filter=wanted)}


async def test_role_consent_and_label_filters(api: Api) -> None:
    """role, blocked, unsubscribed and labelId match what the survivor shows, alone and together; null asks nothing."""
    people = {
        "lead": await api.contact(role="LEAD", blocked=True),
        "user": await api.contact(role="USER", unsubscribed=True),
        "none": await api.contact(),
    }
    gone = await api.contact(role="USER", blocked=True)
    await api.done("setLabels", "contact { id }", contactId=people["user"], names=["vip"])
    labels = await api.done("setLabels", "contact { labels { id name } }", contactId=gone, names=["vip", "old"])
    ids = {label["name"]: label["id"] for label in labels["contact"]["labels"]}
    await api.merge(people["none"], gone)
    expected: list[tuple[dict[str, Any], set[str]]] = [
        ({"role": "LEAD"}, {"lead"}),
        ({"role": "USER"}, {"user", "none"}),
        ({"blocked": True}, {"lead", "none"}),
        ({"blocked": False}, {"user"}),
        ({"unsubscribed": True}, {"user"}),
        ({"labelId": ids["vip"]}, {"user", "none"}),
        ({"labelId": ids["old"]}, {"none"}),
        ({"labelId": ids["vip"], "unsubscribed": False}, {"none"}),
        ({"role": None, "blocked": None, "search": None, "labelId": None, "createdAt": None}, {"lead", "user", "none"}),
    ]
    for wanted, names in expected:
        assert await _matching(api, people, **wanted) == names, wanted


async def test_email_and_phone_filters_compare_normal_forms_through_merges(api: Api) -> None:
    """Any case and spelling, whichever contact of the tree holds it; not a part of it."""
    people = {"ann": await api.contact(email="Ann@Lee.example"), "bo": await api.contact(phone="+49 30 123456")}
    gone = await api.contact(email="second@lee.example", phone="030 777777")
    await api.merge(people["ann"], gone)
    expected: list[tuple[dict[str, Any], set[str]]] = [
        ({"email": " ANN@lee.EXAMPLE "}, {"ann"}),
        ({"email": "second@lee.example"}, {"ann"}),
        ({"email": "nn@lee.example"}, set()),
        ({"phone": "tel:+49-30-123456"}, {"bo"}),
        ({"phone": "030/777777"}, {"ann"}),
        ({"phone": "+4930123456", "email": "ann@lee.example"}, set()),
    ]
    for wanted, names in expected:
        assert await _matching(api, people, **wanted) == names, wanted
    await settings(api, defaultRegion="DE")
    assert await _matching(api, people, phone="030 123456") == {"bo"}
    assert await _matching(api, people, phone="030 777777") == {"ann"}


async def test_time_filters_take_the_start_and_leave_the_end(api: Api) -> None:
    """gte includes, lt excludes, to the microsecond and in any offset; never active is in no range of activity."""
    people = {
        "old": await api.contact(createdAt="2025-01-01T00:00:00Z", lastActivityAt="2026-01-01T00:00:00Z"),
        "new": await api.contact(createdAt="2025-01-01T00:00:00.000001Z", lastActivityAt="2026-01-01T00:00:00.000001Z"),
        "idle": await api.contact(createdAt="2025-01-02T00:00:00Z"),
    }
    api.clock.advance(hours=1)
    await api.done("updateContact", "contact { id }", id=people["new"], title="x")
    expected: list[tuple[dict[str, Any], set[str]]] = [
        ({"createdAt": {"gte": "2025-01-01T00:00:00.000001Z"}}, {"new", "idle"}),
        ({"createdAt": {"lt": "2025-01-01T02:00:00.000001+02:00"}}, {"old"}),
        ({"createdAt": {"gte": "2025-01-01T00:00:00Z", "lt": "2025-01-02T00:00:00Z"}}, {"old", "new"}),
        ({"createdAt": {"gte": "2025-01-02T00:00:00Z", "lt": "2025-01-01T00:00:00Z"}}, set()),
        ({"createdAt": {}}, {"old", "new", "idle"}),
        ({"updatedAt": {"gte": "2026-06-01T13:00:00Z"}}, {"new"}),
        ({"updatedAt": {"lt": "2026-06-01T13:00:00Z"}}, {"old", "idle"}),
        ({"lastActivityAt": {"gte": "2026-01-01T00:00:00.000001Z"}}, {"new"}),
        ({"lastActivityAt": {"gte": "0001-01-01T00:00:00Z"}}, {"old", "new"}),
        ({"lastActivityAt": {"lt": "2026-01-01T00:00:00.000001Z"}}, {"old"}),
    ]
    found = [(wanted, await _matching(api, people, **wanted)) for wanted, _ in expected]
    assert found == expected


# Without null: `equals` is JSON!, so null cannot be asked for.
_VALUES: list[Any] = [
    True,
    False,
    0,
    1,
    -1,
    0.1,
    1.5e-7,
    2**53,
    -1.7976931348623157e-300,
    "",
    "1",
    "true",
    "null",
    "é",
    "e\u0301",
    'say "hi" \\ %_',
    "line\nbreak\u0001\u007f\u2028",
    [],
    {},
    [1],
    ["1"],
    [True],
    [1, 2],
    [2, 1],
    [1.5e-7, 1e-10, 123456.789],
    [{"b": 1, "a": [None, {}]}],
    {"a": 1},
    {"a": "1"},
    {"b": {"y": 1, "x": [1.5e-7]}, "a": None},
    {"ü": "é\u2028", 'q"': "\\"},
]


async def test_custom_attribute_is_compared_with_its_json_type(api: Api) -> None:
    """Each of many JSON values finds the one contact that has it, and no other: 1 is not true and not "1"."""
    rows = [{"name": str(place), "customAttributes": {"x": value}} for place, value in enumerate(_VALUES)]
    done = await api.done("importContacts", "results { contact { id } }", contacts=rows)
    ids = [result["contact"]["id"] for result in done["results"]]
    await api.contact(name="without")
    found = {
        place: await listed(api, filter={"customAttribute": {"key": "x", "equals": value}})
        for place, value in enumerate(_VALUES)
    }
    assert found == {place: [contact] for place, contact in enumerate(ids)}
    assert await listed(api, filter={"customAttribute": {"key": "x", "equals": 1.0}}) == [ids[_VALUES.index(1, 3)]]
    nested = {"a": None, "b": {"x": [1.5e-7], "y": 1}}
    assert await listed(api, filter={"customAttribute": {"key": "x", "equals": nested}}) == [ids[-2]]


async def test_custom_attribute_keys_are_taken_as_they_stand(api: Api) -> None:
    """A top-level key of any spelling is found by itself; the same name deeper, or as a way, is not it."""
    keys = ["$x", "a.b", '"', "'", "", " ", "$", "[0]", "0", "é", "e\u0301", "a/b", "\\", "😀", "%_"]
    matches = {key: await api.contact(customAttributes={key: "v", "other": "w"}) for key in keys}
    for key in keys:
        await api.contact(customAttributes={"a": {"b": "v"}, "x": "v", "deep": {key: "v"}})
    found = {key: await listed(api, filter={"customAttribute": {"key": key, "equals": "v"}}) for key in keys}
    assert found == {key: [contact] for key, contact in matches.items()}
    for key in keys:
        assert await listed(api, filter={"customAttribute": {"key": key, "equals": "w"}}) == []


async def test_search_finds_parts_of_name_company_and_identifiers(api: Api) -> None:
    """Any part of three characters or more, folded: umlauts, case, ligatures, full width, white space."""
    people = {
        "müller": await api.contact(name="Jörg  MÜLLER", company="Straße & Söhne"),
        "odd": await api.contact(name='50%_off "quoted" a\\b', company="O'Neil; DROP TABLE"),
        "ids": await api.contact(email="Anna.Lee@Mail.example", identifiers=[{"kind": "USERNAME", "value": "LeeLoo"}]),
        "wide": await api.contact(name="ＦＵＬＬ ﬁnance", phone="+49 30 123456"),
        "cjk": await api.contact(name="李小龍先生", company="😀😃😄 smile"),
    }
    expected = {
        "müller": {"müller"},
        "mü": None,
        "MÜL": {"müller"},
        "mu\u0308ller": {"müller"},
        "mul": set(),
        "jörg müller": {"müller"},
        " jörg\tmüller ": {"müller"},
        "STRASSE": {"müller"},
        "straße": {"müller"},
        "söh": {"müller"},
        "%_o": {"odd"},
        "0%_": {"odd"},
        "___": set(),
        "%%%": set(),
        '"quoted"': {"odd"},
        '"qu': {"odd"},
        "a\\b": {"odd"},
        "o'n": {"odd"},
        "; drop": {"odd"},
        "lee@mail": {"ids"},
        "LEELOO": {"ids"},
        "full": {"wide"},
        "fin": {"wide"},
        "ﬁn": {"wide"},
        "30123": {"wide"},
        "小龍先": {"cjk"},
        "😀😃😄": {"cjk"},
        "OR ": None,
        "AND": set(),
        "lee*": set(),
        "NEAR(": set(),
        "body:": set(),
        "lee\nanna": set(),
    }
    found: dict[str, set[str] | None] = {}
    for term in expected:
        answer = await api.send("query ($s: String) { contacts(filter: {search: $s}) { nodes { id } } }", {"s": term})
        if "errors" in answer:
            assert answer["errors"][0]["extensions"]["argument"] == "filter.search", answer
            found[term] = None
        else:
            ids = {node["id"] for node in answer["data"]["contacts"]["nodes"]}
            found[term] = {name for name, contact in people.items() if contact in ids}
    assert found == expected


async def test_search_sees_identifiers_through_merges_and_names_of_the_survivor(api: Api) -> None:
    """An identifier of a merged-away contact finds the survivor; its name does not; an edit is found at once."""
    a, b = await api.contact(name="Ann Lee"), await api.contact(name="Wilhelmina", email="mina@lee.example")
    assert await listed(api, filter={"search": "wilhelm"}) == [b]
    await api.merge(a, b)
    for term, found in (("mina@", [a]), ("wilhelm", []), ("ann lee", [a])):
        assert await listed(api, filter={"search": term}) == found
    await api.done("updateContact", "contact { id }", id=a, name="Dorothea", company="Acme")
    for term, found in (("ann lee", []), ("dorothea", [a]), ("acme", [a]), ("mina@", [a])):
        assert await listed(api, filter={"search": term}) == found


async def test_what_cannot_be_searched_for_is_refused(api: Api) -> None:
    """Too short, too long, no address, no number, no label's id, no JSON of ours: BAD_USER_INPUT with the argument."""
    cases: list[tuple[dict[str, Any], str]] = [
        ({"search": ""}, "filter.search"),
        ({"search": "ab"}, "filter.search"),
        ({"search": " a  b"[:3]}, "filter.search"),
        ({"search": "x" * 201}, "filter.search"),
        ({"email": "nobody"}, "filter.email"),
        ({"email": " "}, "filter.email"),
        ({"phone": "abc"}, "filter.phone"),
        ({"phone": ""}, "filter.phone"),
        ({"labelId": "vip"}, "filter.labelId"),
        ({"labelId": await api.contact()}, "filter.labelId"),
        ({"customAttribute": {"key": "x", "equals": [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}}, "filter.customAttribute"),
    ]
    query = "query ($filter: ContactFilter) { contacts(filter: $filter) { nodes { id } totalCount } }"
    for wanted, argument in cases:
        answer = await api.send(query, {"filter": wanted})
        found = [(e["extensions"]["code"], e["extensions"].get("argument")) for e in answer["errors"]]
        assert (answer["data"], found) == ({"contacts": None}, [("BAD_USER_INPUT", argument)]), wanted
