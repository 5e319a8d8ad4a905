"""Where a webhook may lead: public addresses only, in whatever spelling. Pure."""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

MAXIMUM_URL = 2_000
# What Python 3.11 calls global although a private address may stand behind it, or nobody in particular.
_ALSO_REFUSED = [
    ip_network(net)
    for net in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10", "192.88.99.0/24")
]


@dataclass(frozen=True)
class AddressRules:
    """`allow_private`: also loopback and private addresses, by plain http and on any port, for tests and for networks
    of one's own."""

    allow_private: bool = False


def is_public(address: str) -> bool:
    """Whether a numeric address is one of the public internet."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if not found.is_global or found.is_multicast or found.is_reserved:
        return False
    return not any(found in net for net in _ALSO_REFUSED if net.version == found.version)


def url_problem(url: str, rules: AddressRules) -> str | None:
    """What keeps a URL from being a webhook's, in a sentence; None if nothing does. A name is not looked up: that is
    done, and its addresses are judged, at each connection."""
    if len(url) > MAXIMUM_URL or not url.isascii() or any(c.isspace() or not c.isprintable() for c in url):
        return f"The URL must be at most {MAXIMUM_URL} characters of ASCII without spaces; write other names as xn--…."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is no URL. Write https://host/path."
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return "This is no URL of a receiver. Write https://host/path."
    if parts.username is not None or parts.fragment:
        return "A URL with a user, a password or a fragment is refused: deliveries are signed instead."
    if rules.allow_private:
        return None
    return _public_problem(parts.scheme, parts.hostname.rstrip("."), port)


def _public_problem(scheme: str, host: str, port: int | None) -> str | None:
    if scheme == "http":
        return "Plain http is refused: anybody on the way could read it. Write https://."
    if port not in (None, 443):
        return "Only port 443 can be delivered to."
    numeric = _numeric(host)
    if numeric is not None and not is_public(numeric):
        return "The address is not a public one: private, loopback and link-local addresses are refused."
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return "The host is one of a local network: only public ones can be delivered to."
    return None


def _numeric(host: str) -> str | None:
    """The address that a host spells in numbers: dotted, decimal, octal, hexadecimal, short, or IPv6."""
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        return str(IPv4Address(socket.inet_aton(host)))
    except OSError:
        return None
