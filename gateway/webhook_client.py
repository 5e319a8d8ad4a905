"""Sending to addresses that strangers chose: only to public ones, judged when the connection is made, whatever a name
said when it was checked before; no redirects, no proxies, and an end to whatever the receiver does."""

import asyncio
import socket
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpcore

from resolvers.events.addresses import AddressRules, is_public

_ANSWER_BYTES = 65_536
_CONNECT_SECONDS = 5.0
_ADDRESSES_TRIED = 4
_LOOKUPS_AT_ONCE = 64  # a name server that never answers holds a thread for half a minute

_REFUSED = "The host has an address that is not public (private, loopback or link-local): nothing was sent."
_UNKNOWN = "The host was not found."
_NO_CONNECTION = "No connection could be made, or its certificate was refused."
_BROKEN = "The connection broke, or what came was no HTTP answer."
_CUT = f"The answer was longer than {_ANSWER_BYTES:,} bytes and was cut off."
_REDIRECTED = "The answer was a redirect, which is not followed: give the webhook the final URL."


@dataclass(frozen=True)
class Answer:
    """The status, None when there was none; and what was wrong, in a sentence of ours that quotes nothing."""

    status: int | None
    problem: str | None


class _NotPublic(Exception):
    """The name leads to an address that is not to be spoken to."""


class _Unknown(Exception):
    """The name leads nowhere."""


class WebhookClient:
    """Connections are kept for a short while, each to the address that was judged when it was made."""

    def __init__(self, rules: AddressRules, seconds: float) -> None:
        self._seconds = seconds
        self._backend = _JudgedBackend(rules)
        self._pool = httpcore.AsyncConnectionPool(
            network_backend=self._backend, max_connections=None, max_keepalive_connections=100, keepalive_expiry=15.0
        )

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POSTs it; never raises for what the receiver or the network does. The status counts once it is there: an
        answer that then goes on for ever is cut off, and its status stays."""
        status: int | None = None
        sent = {"content-type": "application/json", "user-agent": "onefold-webhooks", **headers}
        try:
            async with asyncio.timeout(self._seconds):
                async with self._pool.stream(
                    "POST",
                    url,
                    headers=list(sent.items()),
                    content=body,
                    extensions={"timeout": {"connect": _CONNECT_SECONDS, "pool": self._seconds}},
                ) as response:
                    status = response.status
                    problem = await _read(response)
        except TimeoutError:
            late = "its answer had not ended" if status is not None else "there was no answer"
            return Answer(status, f"After {self._seconds:g} seconds {late}.")
        except httpcore.TimeoutException:
            return Answer(status, f"No connection was made within {_CONNECT_SECONDS:g} seconds.")
        except _NotPublic:
            return Answer(None, _REFUSED)
        except _Unknown:
            return Answer(None, _UNKNOWN)
        except httpcore.ConnectError:
            return Answer(status, _NO_CONNECTION)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError, ValueError):
            return Answer(status, _BROKEN)
        return Answer(status, problem or _said(status))

    async def close(self) -> None:
        """Lets go of all connections."""
        await self._pool.aclose()
        self._backend.close()


class _JudgedBackend(httpcore.AsyncNetworkBackend):
    """Looks a name up once, judges every address of it, and connects to one that was judged. TLS still verifies the
    name."""

    def __init__(self, rules: AddressRules) -> None:
        self._rules = rules
        self._inner = httpcore.AnyIOBackend()
        self._threads = ThreadPoolExecutor(_LOOKUPS_AT_ONCE, thread_name_prefix="lookup")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises _NotPublic when any address of the host is not public, _Unknown when it has none."""
        addresses = await self._look_up(host, port)
        if not self._rules.allow_private and not all(is_public(one) for one in addresses):
            raise _NotPublic
        for last, address in enumerate(addresses[:_ADDRESSES_TRIED], 1 - min(len(addresses), _ADDRESSES_TRIED)):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if last == 0:
                    raise
        raise _Unknown

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise _NotPublic

    async def sleep(self, seconds: float) -> None:
        """As httpcore's."""
        await self._inner.sleep(seconds)

    def close(self) -> None:
        """Waits for no look-up."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _look_up(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, _addresses, host, port)
        except (OSError, UnicodeError):
            raise _Unknown from None
        return list(dict.fromkeys(found))


def _addresses(host: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


async def _read(response: httpcore.Response) -> str | None:
    """Reads the answer away, so that the connection can be kept; a long one is cut off, and its connection with it."""
    read = 0
    async for part in response.aiter_stream():
        read += len(part)
        if read > _ANSWER_BYTES:
            return _CUT
    return None


def _said(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    return _REDIRECTED if 300 <= status < 400 else f"The receiver answered {status}."
