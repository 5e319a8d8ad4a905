"""What nobody should send, by class: every case would write something if it were taken, or read what is not there."""

import json
from typing import Any

from gateway.clock import system_clock
from resolvers.ids import ORGANIZATION, IdSource, encode_id

Case = tuple[str, Any]

CREATE = (
    "mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { id } userErrors { code } } }"
)
MAKE = 'createContact(input: {name: "Mallory"}) { userErrors { code } }'
_FIRST = b"POST /graphql HTTP/1.1\r\nHost: x\r\n"
_JSON = b"Content-Type: application/json\r\n"
_BODY = json.dumps({"query": f"mutation {{ {MAKE} }}"}).encode()


def _made(member: bytes) -> bytes:
    """A body that would make a contact, with one more member of its variables."""
    query = json.dumps(CREATE).encode()
    return b'{"query": ' + query + b', "variables": {"input": {"name": "Mallory"}, ' + member + b"}}"


def _deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


# Bodies of a POST, as bytes.
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "a number": b"5",
    "a string": b'"x"',
    "a list": b"[" + _BODY + b"]",
    "not the end": _BODY[:-1],
    "two values": _BODY + _BODY,
    "single quotes": b"{'query': 'mutation'}",
    "bad UTF-8": _made(b'"v": "\xff\xfe"'),
    "UTF-16": _BODY.decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + _BODY,
    "1,000 levels": _made(b'"v": ' + _deep(1_000)),
    "100,000 levels": _made(b'"v": ' + _deep(100_000)),
    "33 levels": _made(b'"v": ' + _deep(33)),
    "5,000 digits": _made(b'"v": ' + b"9" * 5_000),
    "2^64": _made(b'"v": 18446744073709551616'),
    "2^53 + 1": _made(b'"v": 9007199254740993'),
    "NaN": _made(b'"v": NaN'),
    "minus infinity": _made(b'"v": -Infinity'),
    "1e999": _made(b'"v": 1e999'),
    "half a character": _made(b'"v": "\\ud800"'),
    "half a character in a key": _made(b'"\\udfff": 1'),
    "U+0000": _made(b'"v": "a\\u0000"'),
    "U+0000 in a key": _made(b'"a\\u0000": 1'),
    "a key twice": _made(b'"v": 1, "v": 2'),
    "no query": b'{"variables": {}}',
    "a query that is a number": b'{"query": 5}',
    "a query that is a list": b'{"query": ["{ labels { id } }"]}',
    "an empty query": b'{"query": " "}',
    "variables that are a list": json.dumps({"query": CREATE, "variables": [{"name": "Mallory"}]}).encode(),
    "variables that are text": json.dumps({"query": CREATE, "variables": '{"input": {}}'}).encode(),
    "an operation name that is a list": json.dumps(
        {"query": f"mutation {{ {MAKE} }}", "operationName": ["A"]}
    ).encode(),
    "an operation that is not there": json.dumps({"query": f"mutation A {{ {MAKE} }}", "operationName": "B"}).encode(),
    "five megabytes": _made(b'"v": "' + b"x" * 5_000_000 + b'"'),
}

# Headers that are sent with a good body.
HEADERS: dict[str, dict[str, str]] = {
    "gzip": {"content-type": "application/json", "content-encoding": "gzip"},
    "text": {"content-type": "text/plain"},
    "a form": {"content-type": "application/x-www-form-urlencoded"},
    "multipart": {"content-type": "multipart/form-data; boundary=x"},
    "Latin-1": {"content-type": "application/json; charset=latin-1"},
    "no type": {"content-type": ""},
    "a header of 70 KB": {"content-type": "application/json", "x-long": "x" * 70_000},
    "1,000 headers": {"content-type": "application/json", **{f"x-{n}": "0123456789" * 2 for n in range(1_000)}},
    "no key": {"content-type": "application/json", "authorization": ""},
    "another scheme": {"content-type": "application/json", "authorization": "Basic b2ZrOng="},
    "a key that is none": {"content-type": "application/json", "authorization": "Bearer ofk_" + "0" * 40},
    "a key of 10 KB": {"content-type": "application/json", "authorization": "Bearer " + "x" * 10_000},
    "a key of other bytes": {"content-type": "application/json", "authorization": "Bearer ofk_\xff\xfe"},
}

# Whole requests as bytes, after which the connection is done for.
WIRE: dict[str, bytes] = {
    "two lengths": _FIRST + _JSON + b"Content-Length: 3\r\nContent-Length: %d\r\n\r\n" % len(_BODY) + _BODY,
    "a length and chunks": _FIRST + _JSON + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk that is none": _FIRST + _JSON + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a folded header": b"POST /graphql HTTP/1.1\r\n folded: header\r\n\r\n",
    "line feeds alone": b"POST /graphql HTTP/1.1\nHost: x\n\n",
    "nonsense": b"nonsense\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    **{method: f"{method} /graphql HTTP/1.1\r\nHost: x\r\n\r\n".encode() for method in ("TRACE", "PUT", "DELETE")},
    "CONNECT": b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes in the path": b"GET /graphql?query=%ff%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a mutation by GET": b"GET /graphql?query=mutation%7Ba%7D HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a head of 300 KB": _FIRST + b"X-Long: " + b"x" * 300_000 + b"\r\n\r\n",
    "five megabytes in chunks": _FIRST
    + _JSON
    + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    + (b"10000\r\n" + b"x" * 65_536 + b"\r\n") * 80
    + b"0\r\n\r\n",
}


def _laughs(levels: int) -> str:
    """Each fragment spreads the next twice: 2^levels fields, if anybody expands them."""
    spreads = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    return "\n".join(["query { ...F0 }", *spreads, f"fragment F{levels} on Query {{ __typename labels {{ id }} }}"])


_WRITE = "mutation {{ createContact(input: {{metadata: {}}}) {{ userErrors {{ code }} }} }}"
_CONTACT = 'contact(id: "contact_01j00000000000000000000000")'

# Documents.
DOCUMENTS: dict[str, str] = {
    "no syntax": "mutation { createContact(",
    "control characters": "mutation { \x01 }",
    "a field that is not there": "mutation { createPerson { id } }",
    "a wrong argument": "mutation { createContact(inputs: {}) { userErrors { code } } }",
    "two operations without a name": f"mutation A {{ {MAKE} }} mutation B {{ {MAKE} }}",
    "two without names": f"mutation {{ {MAKE} }} mutation {{ {MAKE} }}",
    "no operation": "fragment F on Query { labels { id } }",
    "a type definition": "type Query { a: Int }",
    "a subscription without a stream": "subscription { contactMerged { id } }",
    "fragments in a circle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "2^22 fragments": _laughs(22),
    "2^60 fragments": _laughs(60),
    "500 mutations": f"mutation {{ {' '.join(f'm{n}: {MAKE}' for n in range(500))} }}",
    "1,000 aliases": f"{{ {' '.join(f'a{n}: labels {{ id }}' for n in range(1_000))} }}",
    "5,000 aliases of a type's name": f"{{ {' '.join(f'a{n}: __typename' for n in range(5_000))} }}",
    "1,000 equal fields with arguments": f"{{ {' '.join([f'{_CONTACT} {{ id }}'] * 1_000)} }}",
    "3,000 directives": f"{{ labels {'@skip(if: false) ' * 3_000} {{ id }} }}",
    "1,000 variables": f"query ({' '.join(f'$v{n}: Int' for n in range(1_000))}) {{ labels {{ id }} }}",
    "300 levels": f'{{ node(id: "x") {{ ... on Contact {{ {"duplicates { contact { " * 300} id {"} } " * 300} }} }} }}',
    "300 levels of introspection": f'{{ __type(name: "Query") {{ {"ofType { " * 300} name {"} " * 300} }} }}',
    "300 levels of a literal": _WRITE.format("[" * 300 + "]" * 300),
    "5,000 digits": f"{{ contacts(first: {'9' * 5_000}) {{ nodes {{ id }} }} }}",
    "5,000 digits of a fraction": _WRITE.format("{n: 0." + "9" * 5_000 + "e9999}"),
    "U+0000": 'mutation { createContact(input: {name: "Mal\\u0000lory"}) { userErrors { code } } }',
    "half a character": 'mutation { createContact(input: {name: "\\ud800"}) { userErrors { code } } }',
    "a character that is none": 'mutation { createContact(input: {name: "\\u{110000}"}) { userErrors { code } } }',
    "an integer beyond 32 bits": "{ contacts(first: 2147483648) { nodes { id } } }",
    "less than nothing": "{ contacts(first: -2147483648) { nodes { id } } }",
    "a page of 101": "{ contacts(first: 101) { nodes { id } } }",
    "a page of none": "{ contacts(first: 0) { nodes { id } } }",
    "a cursor that is none": '{ contacts(first: 1, after: "\'; DROP TABLE contact; --") { nodes { id } } }',
    "an empty cursor": '{ contacts(first: 1, after: "") { nodes { id } } }',
    "a cursor of 10,000 characters": f'{{ contacts(first: 1, after: "{"A" * 10_000}") {{ nodes {{ id }} }} }}',
    "a cursor of bytes": '{ contacts(first: 1, after: "//79/Pv6+fg=") { nodes { id } } }',
    "a search for two characters": '{ contacts(search: "%_") { nodes { id } } }',
    "a search for 10,000": f'{{ contacts(search: "{"x" * 10_000}") {{ nodes {{ id }} }} }}',
    "an attribute without a name": '{ contacts(filter: {customAttribute: {key: "", value: 1}}) { nodes { id } } }',
    "a value that is no value": "{ contacts(filter: {role: NOBODY}) { nodes { id } } }",
    "all of 100 pages": "{ contacts(first: 100) { nodes { calls(first: 100) { nodes { contact { id } } } } } }",
}

_IDS = ["", "x", "-1", "contact_", "contact_8" + "0" * 25, "contact_" + "٠" * 26, "x" * 100_000, "' OR 1=1 --"]


def _nested(levels: int) -> dict[str, Any]:
    inner: Any = 1
    for _ in range(levels):
        inner = {"a": inner}
    return {"a": inner}


def _values() -> dict[str, dict[str, Any]]:
    """Inputs of createContact beside a good name."""
    objects = {
        "a list": [],
        "17 levels": _nested(16),
        "1,001 keys": {str(n): n for n in range(1_001)},
        "a key of 256": {"k" * 256: 1},
        "65,537 bytes": {"k": "x" * 65_525},
        "keys that are one when composed": {"e\u0301": 1, "\u00e9": 2},
    }
    times = ["", "x", "2026-01-31", "2026-01-31T12:00:00", "2026-06-30T23:59:60Z", "9999-12-31T23:59:59-00:01"]
    times += ["0000-01-01T00:00:00Z", "٢٠٢٦-01-31T12:00:00Z", "9" * 10_000]
    mails = [
        "x",
        "a@b",
        "a@b@c.example",
        "ann@lee.example\r\nBcc: x@lee.example",
        "a" * 100_000,
        "ann@[127.0.0.1]",
        "@" * 64,
    ]
    names: list[Any] = [5, [], {"a": 1}, True, "x" * 501, "x" * 900_000]
    phones = ["+", "+1", "abc", "1" * 65, "+" + "9" * 100_000, "tel:", "+999 123456"]
    return {
        **{f"attributes: {name}": {"customAttributes": value} for name, value in objects.items()},
        **{f"a time: {value[:30]}": {"createdAt": value} for value in times},
        **{f"an address: {value[:30]!r}": {"email": value} for value in mails},
        **{f"a number: {value[:30]}": {"phone": value} for value in phones},
        **{f"a day: {value}": {"birthdate": value} for value in ("2026-02-30", "1849-12-31", "9999-12-31", "1980-1-1")},
        **{f"a name that is {value!r}"[:40]: {"name": value} for value in names},
        "a field that is not there": {"isRoot": True},
        "an enum's number": {"role": 1},
        "201 identifiers": {"identifiers": [{"kind": "USERNAME", "value": f"u{n}"} for n in range(201)]},
        "a Boolean that is text": {"isAdmin": "true"},
        "an organisation that is none": {"organizationId": "organization_x"},
        "an idempotency key without end": {"idempotencyKey": "k" * 10_000},
    }


VALUES: dict[str, dict[str, Any]] = _values()


def calls(ids: dict[str, list[str]]) -> list[tuple[str, str, dict[str, Any]]]:
    """(name, mutation, input) of acts over a furnished organisation that each must refuse."""
    living, other, merged, erased, unknown = ids["contact"]
    one = ids["conversation"][0]
    call = {"contactId": living, "direction": "INBOUND", "startedAt": "2026-01-31T12:00:00Z"}
    pair = {"primaryContactId": living, "sourceContactIds": [other]}
    cases: list[tuple[str, str, dict[str, Any]]] = [
        ("into itself", "mergeContacts", {"primaryContactId": living, "sourceContactIds": [living]}),
        ("a source twice", "mergeContacts", {"primaryContactId": living, "sourceContactIds": [other, other]}),
        ("no sources", "mergeContacts", {"primaryContactId": living, "sourceContactIds": []}),
        ("51 sources", "mergeContacts", {"primaryContactId": living, "sourceContactIds": [unknown] * 51}),
        ("100,000 sources", "mergeContacts", {"primaryContactId": living, "sourceContactIds": [unknown] * 100_000}),
        ("a reason without end", "mergeContacts", {**pair, "reason": "x" * 100_000}),
        ("itself", "mergeConversations", {"primaryConversationId": one, "sourceConversationIds": [one]}),
        ("a version that is gone", "updateContact", {"id": living, "name": "Mallory", "expectedVersion": -1}),
        ("an undo of nothing", "undoMerge", {"mergeId": ids["merge"][0], "sourceContactIds": [living]}),
        ("no groups", "mergeContactsInBulk", {"groups": []}),
        ("an address inside", "createWebhook", {"url": "http://169.254.169.254/", "topics": ["contact.merged"]}),
        ("an address that is none", "createWebhook", {"url": "javascript:alert(1)", "topics": ["contact.merged"]}),
        ("a topic that is none", "createWebhook", {"url": "https://a.example/", "topics": ["*"]}),
        ("501 rows", "importContacts", {"contacts": [{"name": "Mallory"}] * 501}),
        ("a blank label", "setLabels", {"contactId": living, "names": ["\u3000"]}),
        ("101 labels", "setLabels", {"contactId": living, "names": [str(n) for n in range(101)]}),
        ("a call of minus a second", "logCall", {**call, "durationSeconds": -1}),
        ("a note without end", "addNote", {"contactId": living, "body": "x" * 900_000}),
    ]
    for name, value in (
        ("importContacts", {"contacts": [{"name": "Mallory"}]}),
        ("updateMergeSettings", {"roleRule": "LEAD_INTO_USER"}),
        ("mergeContactsInBulk", {"groups": [pair]}),
        ("createWebhook", {"url": "https://a.example/", "topics": ["contact.merged"]}),
        ("rebuildMatching", {}),
    ):
        unseen = encode_id(ORGANIZATION, IdSource(system_clock)())
        cases += [(f"the organization {bad!r}", name, {**value, "organizationId": bad}) for bad in ("", living, unseen)]
    for bad in [merged, erased, unknown, ids["merge"][0], *_IDS]:
        for name, value in (
            ("updateContact", {"id": bad, "name": "Mallory"}),
            ("mergeContacts", {"primaryContactId": living, "sourceContactIds": [bad]}),
            ("addNote", {"contactId": bad, "body": "Mallory"}),
        ):
            if (bad, name) != (merged, "updateContact") and (bad, name) != (
                merged,
                "addNote",
            ):  # it lands on the survivor
                cases.append((f"the id {bad[:20]!r}", name, value))
    return cases


# Messages on an acknowledged WebSocket, after each of which it is closed, but for those in ANSWERED.
MESSAGES: dict[str, str | bytes] = {
    **{text: text for text in ("5", "null", "[]", '"x"', "{", "", "{}", '{"type": null}', '{"type": ["subscribe"]}')},
    "1,000 levels": "[" * 1_000 + "]" * 1_000,
    "half a character": '{"type": "ping", "payload": {"a": "\\ud800"}}',
    "5,000 digits": '{"type": "ping", "payload": {"a": ' + "9" * 5_000 + "}}",
    "a payload that is text": '{"type": "ping", "payload": "x"}',
    "the old protocol": json.dumps({"type": "start", "id": "1", "payload": {"query": f"mutation {{ {MAKE} }}"}}),
    "an id that is a list": json.dumps(
        {"type": "subscribe", "id": [1], "payload": {"query": f"mutation {{ {MAKE} }}"}}
    ),
    "an id of 65": json.dumps({"type": "subscribe", "id": "x" * 65, "payload": {"query": f"mutation {{ {MAKE} }}"}}),
    "no id": json.dumps({"type": "subscribe", "payload": {"query": f"mutation {{ {MAKE} }}"}}),
    "a query that is a number": '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
    "variables that are a list": '{"type": "subscribe", "id": "1", "payload": {"query": "", "variables": []}}',
    "a second beginning": '{"type": "connection_init"}',
    "bytes": json.dumps({"type": "subscribe", "id": "1", "payload": {"query": f"mutation {{ {MAKE} }}"}}).encode(),
    "300 KB": json.dumps({"type": "ping", "payload": {"a": "x" * 300_000}}),
}
