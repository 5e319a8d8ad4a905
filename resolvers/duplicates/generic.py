"""Identifiers that name nobody: placeholders, and addresses of a role that many people answer. Pure."""

import re

ROLE_WORDS = frozenset(
    {
        "abuse",
        "accounting",
        "admin",
        "administracion",
        "anfrage",
        "billing",
        "booking",
        "bookings",
        "buchhaltung",
        "careers",
        "contact",
        "contacto",
        "contato",
        "customer",
        "customerservice",
        "enquiries",
        "enquiry",
        "facturacion",
        "feedback",
        "finance",
        "hello",
        "help",
        "helpdesk",
        "hola",
        "hr",
        "info",
        "informacion",
        "inquiries",
        "invoice",
        "invoices",
        "jobs",
        "kontakt",
        "marketing",
        "news",
        "newsletter",
        "noreply",
        "office",
        "oi",
        "orders",
        "postmaster",
        "press",
        "privacy",
        "purchasing",
        "reception",
        "rechnung",
        "recruiting",
        "returns",
        "sales",
        "service",
        "shop",
        "soporte",
        "staff",
        "suporte",
        "support",
        "team",
        "vendas",
        "ventas",
        "verkauf",
        "webmaster",
        "welcome",
    }
)
PLACEHOLDER_LOCALS = frozenset(
    {
        "asdf",
        "fake",
        "n-a",
        "na",
        "nobody",
        "noemail",
        "nomail",
        "none",
        "null",
        "qwerty",
        "test",
        "tester",
        "testing",
        "undefined",
        "unknown",
    }
)
PLACEHOLDER_DOMAINS = frozenset(
    {
        "a.com",
        "asdf.com",
        "email.com",
        "noemail.com",
        "none.com",
        "test.com",
    }
)
PLACEHOLDER_IDS = frozenset(
    {
        "0",
        "n/a",
        "nan",
        "none",
        "null",
        "undefined",
    }
)


def is_generic(kind: str, normalized: str) -> bool:
    """Whether an identifier (normal form) proves nothing about who somebody is."""
    if kind == "EMAIL":
        return _is_generic_email(normalized)
    if kind == "PHONE":
        return _is_placeholder_phone(normalized)
    return normalized.casefold() in PLACEHOLDER_IDS


def _is_generic_email(normalized: str) -> bool:
    local, _, domain = normalized.rpartition("@")
    base = local.partition("+")[0]
    words = [word for word in re.split(r"[._\-\d]+", base) if word]
    is_role = bool(words) and all(word in ROLE_WORDS for word in words)
    return is_role or base in PLACEHOLDER_LOCALS or domain in PLACEHOLDER_DOMAINS or domain.startswith("example.")


def _is_placeholder_phone(normalized: str) -> bool:
    digits = re.sub(r"\D", "", normalized.partition(";")[0])
    return (
        len(set(digits)) <= 2
        or re.search(r"(\d)\1{6}", digits) is not None
        or any(run in digits for run in ("123456789", "987654321"))
    )
