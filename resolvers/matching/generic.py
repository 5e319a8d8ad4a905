"""Values that name nobody: placeholders, and addresses of a role that many people answer. Pure."""

import re

_BETWEEN_WORDS = re.compile(r"[._\-\d]+")
ROLE_WORDS = frozenset(
    {
        "abuse",
        "account",
        "accounting",
        "accounts",
        "admin",
        "administracion",
        "administration",
        "anfrage",
        "application",
        "applications",
        "assistance",
        "bestellung",
        "billing",
        "booking",
        "bookings",
        "buchhaltung",
        "buero",
        "careers",
        "client",
        "clientes",
        "clients",
        "comercial",
        "compras",
        "contabilidad",
        "contabilidade",
        "contact",
        "contacto",
        "contato",
        "customer",
        "customers",
        "customerservice",
        "dispatch",
        "enquiries",
        "enquiry",
        "events",
        "everyone",
        "facturacion",
        "feedback",
        "finance",
        "financeiro",
        "frontdesk",
        "general",
        "group",
        "hello",
        "help",
        "helpdesk",
        "hiring",
        "hola",
        "hr",
        "info",
        "informacion",
        "inquiries",
        "invoice",
        "invoices",
        "it",
        "jobs",
        "kontakt",
        "kontor",
        "kunden",
        "kundenservice",
        "legal",
        "logistics",
        "mail",
        "mailbox",
        "management",
        "marketing",
        "members",
        "membership",
        "news",
        "newsletter",
        "noreply",
        "office",
        "oi",
        "order",
        "orders",
        "partner",
        "partners",
        "payments",
        "payroll",
        "postmaster",
        "pr",
        "press",
        "privacy",
        "procurement",
        "purchasing",
        "queries",
        "questions",
        "recepcion",
        "reception",
        "rechnung",
        "recruiting",
        "reklamation",
        "reservas",
        "reservations",
        "reservierung",
        "returns",
        "rh",
        "sac",
        "sales",
        "secretaria",
        "secretary",
        "security",
        "service",
        "servicios",
        "shipping",
        "shop",
        "soporte",
        "staff",
        "store",
        "students",
        "studio",
        "subscriptions",
        "suporte",
        "suppliers",
        "support",
        "team",
        "tech",
        "vendas",
        "ventas",
        "verkauf",
        "vertrieb",
        "webmaster",
        "welcome",
        "zakaz",
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


PLACEHOLDER_NAMES = frozenset(
    {
        "anonymous",
        "anonym",
        "anonimo",
        "asdf",
        "caller",
        "client",
        "cliente",
        "contact",
        "contacto",
        "contato",
        "customer",
        "desconocido",
        "desconhecido",
        "first last",
        "first name last name",
        "firstname lastname",
        "guest",
        "invitado",
        "kunde",
        "lead",
        "n a",
        "na",
        "name",
        "neizvestno",
        "new contact",
        "new lead",
        "no name",
        "nobody",
        "none",
        "null",
        "qwerty",
        "sin nombre",
        "test",
        "test test",
        "test user",
        "tester",
        "unbekannt",
        "undefined",
        "unknown",
        "unknown caller",
        "user",
        "visitor",
        "website visitor",
    }
)
# What programs write for "no date".
PLACEHOLDER_DAYS = frozenset({"1900-01-01", "1901-01-01", "1970-01-01"})


def is_role_local(base: str) -> bool:
    """Whether the local part, without its tag, is made of a role's words alone."""
    words = [word for word in _BETWEEN_WORDS.split(base) if word]
    return bool(words) and all(word in ROLE_WORDS for word in words)


def is_placeholder_email(local: str, domain: str) -> bool:
    """Whether nobody has this address."""
    base = local.partition("+")[0]
    return base in PLACEHOLDER_LOCALS or domain in PLACEHOLDER_DOMAINS or domain.startswith("example.")


def is_placeholder_phone(digits: str) -> bool:
    """Whether nobody has this number."""
    return (
        len(set(digits)) <= 2
        or re.search(r"(\d)\1{6}", digits) is not None
        or any(run in digits for run in ("123456789", "987654321"))
    )


def is_placeholder_id(value: str) -> bool:
    """Whether a program wrote this for "none"."""
    return value.casefold() in PLACEHOLDER_IDS
