"""The transports of `gql` for a server of onefold."""

from typing import Any

from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport


def http_transport(url: str, key: str, **options: Any) -> HTTPXAsyncTransport:
    """POST with the key in a header."""
    return HTTPXAsyncTransport(url=f"{url}/graphql", headers={"Authorization": f"Bearer {key}"}, **options)


def socket_transport(url: str, key: str, **options: Any) -> WebsocketsTransport:
    """graphql-transport-ws with the key in `connection_init`."""
    return WebsocketsTransport(
        url=f"{url.replace('http', 'ws', 1)}/graphql",
        init_payload={"Authorization": f"Bearer {key}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        **options,
    )
