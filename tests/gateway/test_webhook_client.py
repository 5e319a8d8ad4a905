"""Where deliveries go: public addresses only, in any spelling, judged at the connection; and an end to every answer."""

import socket
from typing import Any
from unittest.mock import patch

import pytest

from gateway.webhook_client import Answer, WebhookClient
from resolvers.events.addresses import AddressRules, is_public, url_problem
from tests.support.receiver import OK, receiving, status

PUBLIC, PRIVATE = AddressRules(), AddressRules(allow_private=True)
REFUSED = "The host has an address that is not public (private, loopback or link-local): nothing was sent."


async def send(url: str, rules: AddressRules = PRIVATE, seconds: float = 30.0) -> Answer:
    """One POST."""
    client = WebhookClient(rules, seconds)
    try:
        return await client.send(url, {"webhook-id": "x"}, b"{}")
    finally:
        await client.close()


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "0", "0.0.0.0"),
        *("localhost", "LOCALHOST", "localhost.", "a.localhost", "printer.local", "metadata.google.internal"),
        *("10.1.2.3", "172.16.0.1", "192.168.1.1", "192.168.1.1.", "100.64.0.1", "169.254.169.254", "0xa9fea9fe"),
        *("224.0.0.1", "255.255.255.255", "192.0.0.1", "198.18.0.1", "203.0.113.1", "240.0.0.1", "192.88.99.1"),
        *(
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[::127.0.0.1]",
            "[fe80::1]",
            "[fe80::1%25eth0]",
        ),
        *("[fc00::1]", "[fd00:ec2::254]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[fec0::1]"),
        *("[ff02::1]", "[2001::1]", "[2001:db8::1]", "[::ffff:0:127.0.0.1]"),
    ],
)
async def test_no_spelling_leads_to_a_private_address(host: str) -> None:
    """Neither when the webhook is made nor, whatever was stored, at the connection."""
    url = f"https://{host}/"
    assert url_problem(url, PUBLIC) is not None
    answer = await send(url, PUBLIC)
    assert answer.status is None
    assert answer.problem in (REFUSED, "The host was not found.")


@pytest.mark.parametrize(
    "url",
    [
        *("", "hooks", "https://", "https:///x", "//example.com/", "ftp://example.com/", "file:///etc/passwd"),
        *("http://example.com/", "https://example.com:22/", "https://example.com:99999/", "https://example.com:x/"),
        *(
            "https://user:secret@example.com/",
            "https://example.com/#x",
            "https://exa mple.com/",
            "https://example.com/\n",
        ),
        *("https://ex\u00e4mple.com/", "https://example.com/\x00", "https://[::1/", "https://" + "a" * 2_000),
    ],
)
def test_what_is_no_webhooks_url(url: str) -> None:
    """Said in a sentence when it is made."""
    problem = url_problem(url, PUBLIC)
    assert problem is not None
    assert problem.endswith(".")


def test_public_urls_are_taken() -> None:
    """Names and public addresses, with a path and a query."""
    for url in (
        "https://hooks.example.com/a?b=c",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]:443/",
        "https://xn--bcher-kva.example/",
    ):
        assert url_problem(url, PUBLIC) is None, url
    assert url_problem("http://127.0.0.1:8080/", PRIVATE) is None
    assert is_public("8.8.8.8")


def _resolving(*answers: list[str]) -> Any:
    """A resolver that gives these addresses in turn, the last ones for ever."""
    left = list(answers)

    def resolve(_host: str, port: int, **_: Any) -> list[Any]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    return patch("gateway.webhook_client.socket.getaddrinfo", resolve)


async def test_a_name_that_leads_inside_is_refused_at_the_connection() -> None:
    """Also when only one of its addresses does, and when it led outside as the webhook was made."""
    async with receiving() as receiver:
        port = receiver.url.partition("127.0.0.1:")[2].partition("/")[0]
        for addresses in (["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["127.0.0.1", "93.184.216.34"]):
            with _resolving(addresses):
                assert url_problem("https://hooks.example.com/", PUBLIC) is None
                assert await send(f"http://hooks.example.com:{port}/", PUBLIC) == Answer(None, REFUSED)
        assert receiver.got == []


async def test_a_name_is_looked_up_once_for_a_connection() -> None:
    """What was judged is what is connected to: a name that changes between check and connect gains nothing."""
    async with receiving() as receiver:
        port = receiver.url.partition("127.0.0.1:")[2].partition("/")[0]
        with _resolving(["127.0.0.1"], ["192.0.2.1"]):
            assert await send(f"http://hooks.example.com:{port}/hook") == Answer(204, None)
        assert receiver.got[0].headers["host"] == f"hooks.example.com:{port}"


async def test_a_redirect_is_not_followed() -> None:
    """Wherever it leads; the log says so."""
    async with receiving() as receiver:
        receiver.answer = lambda _: status(302, "location: http://169.254.169.254/latest/meta-data/")
        answer = await send(receiver.url)
        assert len(receiver.got) == 1
    assert answer.status == 302
    assert answer.problem is not None
    assert "redirect" in answer.problem


async def test_an_endless_answer_is_cut_off() -> None:
    """After 64 KB; its status counts."""
    async with receiving() as receiver:
        receiver.answer = lambda _: b"HTTP/1.1 200 OK\r\nx-kind: endless\r\n\r\n"
        answer = await send(receiver.url)
        assert answer.status == 200
        assert answer.problem == "The answer was longer than 65,536 bytes and was cut off."
        await receiver.all_closed()


async def test_a_receiver_that_never_answers_is_given_up() -> None:
    """After the time of the setting, and its connection is closed."""
    async with receiving() as receiver:
        receiver.answer = lambda _: None
        assert await send(receiver.url, seconds=0.2) == Answer(None, "After 0.2 seconds there was no answer.")
        await receiver.all_closed()


async def test_an_answer_that_drips_is_given_up() -> None:
    """A status line that never ends its headers, and a body that never ends: the clock is over the whole."""
    async with receiving() as receiver:
        receiver.answer = lambda _: b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx"
        assert await send(receiver.url, seconds=0.2) == Answer(200, "After 0.2 seconds its answer had not ended.")
        receiver.answer = lambda _: b"HTTP/1.1 200 OK\r\nx-"
        assert await send(receiver.url, seconds=0.2) == Answer(None, "After 0.2 seconds there was no answer.")


async def test_what_is_no_answer_is_told_in_our_words() -> None:
    """Nonsense, headers without end, nobody there: a sentence that quotes nothing, never an exception."""
    async with receiving() as receiver:
        for said in (b"\x00\xff nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"x" * 200_000 + b"\r\n\r\n"):
            receiver.answer = lambda _, said=said: said  # type: ignore[misc]
            assert await send(receiver.url) == Answer(None, "The connection broke, or what came was no HTTP answer.")
        receiver.answer = lambda _: OK
        https = receiver.url.replace("http:", "https:")
        assert (await send(https, seconds=5)).status is None
        nobody = receiver.url
    answer = await send(nobody)
    assert answer == Answer(None, "No connection could be made, or its certificate was refused.")


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would connect for us to what we refuse."""
    async with receiving() as receiver, receiving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert await send(receiver.url) == Answer(204, None)
        assert proxy.got == []
