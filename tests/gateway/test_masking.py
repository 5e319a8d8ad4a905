"""What leaves of an error: a code and a request id always, the text of a fault never."""

import json
from typing import Any

import pytest
from graphql import GraphQLError

from resolvers.errors import CodedError, ErrorCode
from schema.extensions.masking import mask
from tests.gateway.toy import KEY, SECRET, Toy, check_error, error_of

FAULT = "Something went wrong on our side. Try again; if it stays, report the requestId."
BAD_VALUE = "A value in the document or its variables has the wrong form or size. Correct it; see the locations."
HOOKS = ["on_operation", "after_operation", "on_parse", "on_validate", "on_execute"]


def _faults(logged: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in logged.splitlines()]
    return [line for line in lines if line["event"] == "fault"]


@pytest.mark.parametrize("field", ["fault", "graphqlFault", "refused", "doesNotFit"])
def test_a_fault_of_a_resolver_is_masked_and_logged_once(toy: Toy, field: str) -> None:
    since = toy.mark()
    answer = toy.post(f"{{ {field} hello }}")
    error = error_of(answer)
    assert answer.json()["data"] == {field: None, "hello": "world"}
    assert (error["message"], error["extensions"]["code"], error["path"]) == (FAULT, "INTERNAL", [field])
    assert error["locations"] == [{"line": 1, "column": 3}]
    logged = _faults(toy.logs.wait_for('"status":200', since))
    assert [(line["request_id"], line["path"]) for line in logged] == [(answer.headers["x-request-id"], field)]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_fault_in_a_hook_is_masked_and_logged_once(toy: Toy, hook: str) -> None:
    since = toy.mark()
    answer = toy.post(f"# break {hook}\n{{ hello }}")
    assert (error_of(answer)["message"], error_of(answer)["extensions"]["code"]) == (FAULT, "INTERNAL")
    assert SECRET not in answer.text
    assert len(_faults(toy.logs.wait_for('"status":200', since))) == 1


@pytest.mark.parametrize("hook", HOOKS)
def test_a_fault_in_a_hook_is_masked_in_a_stream(toy: Toy, hook: str) -> None:
    query = f"# break {hook}\nsubscription {{ count(to: 0) }}"
    answer = toy.post(query, {"Accept": "text/event-stream"})
    first = answer.text.split("data: ", 1)[1].split("\r\n")[0]
    error = check_error(first, answer.headers["x-request-id"])
    assert (error["message"], error["extensions"]["code"]) == (FAULT, "INTERNAL")


def test_a_fault_in_a_subscription_is_masked_after_its_results(toy: Toy) -> None:
    answer = toy.post("subscription { broken }", {"Accept": "text/event-stream"})
    first, second = [part.split("\r\n")[0] for part in answer.text.split("data: ")[1:3]]
    assert json.loads(first) == {"data": {"broken": 1}}
    assert check_error(second, answer.headers["x-request-id"])["message"] == FAULT


def test_a_coded_error_keeps_code_message_and_extensions(toy: Toy) -> None:
    answer = toy.post("{ coded }")
    assert error_of(answer)["message"] == "This key lacks the scope 'merge'."
    assert error_of(answer)["extensions"] == {
        "requiredScope": "merge",
        "code": "FORBIDDEN",
        "requestId": answer.headers["x-request-id"],
    }


def test_unavailable_is_told_and_its_cause_is_logged_by_class(toy: Toy) -> None:
    since = toy.mark()
    error = error_of(toy.post("{ away }"))
    assert (error["message"], error["extensions"]["code"]) == ("Try again.", "UNAVAILABLE")
    assert error["extensions"]["retryAfter"] == 1
    (line,) = _faults(toy.logs.wait_for('"status":200', since))
    assert [cause["class"] for cause in line["exception"]] == [
        "resolvers.errors.CodedError",
        "builtins.RuntimeError",
    ]


@pytest.mark.parametrize(
    ("query", "variables", "message"),
    [
        ("{", {}, "Syntax Error: Expected Name, found <EOF>."),
        ("{ nothing }", {}, "Cannot query field 'nothing' on type 'Query'."),
        ("{ echo }", {}, "Argument 'Query.echo(text:)' of type 'String!' is required, but it was not provided."),
        ("query ($v: Int!) { number(value: $v) }", {}, "Variable '$v' has invalid value: "),
        ("query ($v: Int!) { number(value: $v) }", {"v": 2**40}, "Variable '$v' has invalid value: "),
        ("{ number(value: " + "9" * 5_000 + ") }", {}, BAD_VALUE),
        ('{ word(value: "1") }', {}, BAD_VALUE),
        ("query ($w: Word!) { word(value: $w) }", {"w": "1"}, BAD_VALUE),
        ("{a" * 900, {}, "Syntax Error: Document is nested too deeply."),
        ("{" + " a" * 2_001 + " }", {}, "Syntax Error: Document contains more than 2000 tokens."),
        ('{ echo(text: "a\\u0000") }', {}, "A text literal holds U+0000 or a lone surrogate,"),
        ('{ echo(text: "\\ud800") }', {}, "Syntax Error: Invalid Unicode escape sequence"),
        ('{ echo(text: "\\u{D800}") }', {}, "Syntax Error: Invalid Unicode escape sequence"),
    ],
)
def test_a_mistake_in_document_or_variables_is_the_callers(
    toy: Toy, query: str, variables: dict[str, object], message: str
) -> None:
    since = toy.mark()
    answer = toy.post(query, variables=variables)
    error = error_of(answer)
    assert (answer.status_code, error["extensions"]["code"]) == (200, "BAD_USER_INPUT")
    assert error["message"].startswith(message)
    assert "data" not in answer.json()
    assert "set_int_max_str_digits" not in answer.text
    assert _faults(toy.logs.wait_for('"status":200', since)) == []


def test_a_bug_in_a_scalar_is_a_fault(toy: Toy) -> None:
    assert error_of(toy.post('{ word(value: "bug") }'))["extensions"]["code"] == "INTERNAL"


def test_a_nul_in_a_literal_of_a_get_is_refused(toy: Toy) -> None:
    """A body cannot bring it unescaped, because its JSON is refused first; a URL can."""
    answer = toy.client.get("/graphql", params={"query": '{ echo(text: "a\0b") }'}, headers=KEY)
    assert error_of(answer)["extensions"]["code"] == "BAD_USER_INPUT"


def test_masking_keeps_codes_of_our_own_and_only_those() -> None:
    errors = [
        GraphQLError("Too much.", extensions={"code": "QUERY_TOO_COMPLEX", "limit": 5_000}),
        GraphQLError("Told.", path=["a"], original_error=CodedError(ErrorCode.RATE_LIMITED, "Slower.", retryAfter=2)),
        GraphQLError(SECRET, path=["a"], extensions={"code": "SOMETHING_ELSE"}),
    ]
    masked = mask(errors, "r")
    assert masked is not None
    assert [(error.message, error.extensions) for error in masked] == [
        ("Too much.", {"code": "QUERY_TOO_COMPLEX", "limit": 5_000, "requestId": "r"}),
        ("Slower.", {"retryAfter": 2, "code": "RATE_LIMITED", "requestId": "r"}),
        (FAULT, {"code": "INTERNAL", "requestId": "r"}),
    ]
    assert mask([], "r") is None
    assert mask(None, "r") is None


def test_recursion_before_execution_is_the_callers_and_later_a_fault() -> None:
    early = GraphQLError("maximum recursion depth", original_error=RecursionError())
    late = GraphQLError("maximum recursion depth", path=["a"], original_error=RecursionError())
    masked = mask([early, late], "r")
    assert masked is not None
    assert [(error.message, (error.extensions or {})["code"]) for error in masked] == [
        ("The document is nested too deeply. Ask for fewer levels.", "BAD_USER_INPUT"),
        (FAULT, "INTERNAL"),
    ]
