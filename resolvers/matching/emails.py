"""An e-mail address in the form that is compared. Dots and tags are folded for matching only, never for lookup."""

import re

from resolvers.matching.features import Email
from resolvers.matching.generic import is_placeholder_email, is_role_local

# Where everybody has a box of his own, and many people the same firm never.
PROVIDERS = frozenset({
    "aol.com", "fastmail.com", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com",
    "live.com", "mail.com", "mail.ru", "me.com", "msn.com", "outlook.com", "proton.me", "protonmail.com", "t-online.de",
    "web.de", "yahoo.com", "yandex.ru", "zoho.com",
})  # fmt: skip
_SEPARATORS = re.compile("[._-]")
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


def matching_email(normalized: str) -> Email | None:
    """From the normal form that lookup uses (casefolded). None for a placeholder.

    Google ignores dots and tags in its own domain. A tag ("+news") is an alias of the same box everywhere else too,
    unless the box is a role's: support+anna@ and support+bob@ are two people.
    """
    local, at, domain = normalized.rpartition("@")
    if not at or is_placeholder_email(local, domain):
        return None
    base, _, tag = local.partition("+")
    role = is_role_local(base or local)
    kept = local if role and tag else base or local
    if domain in _DOTLESS:
        kept, domain = kept.replace(".", "") or kept, "gmail.com"
    return Email(f"{kept}@{domain}", normalized, role)


def have_different_tags(one: Email, other: Email) -> bool:
    """desk+ann@firm.org and desk+bob@firm.org: in a firm's own domain two tags may be two people of one box. At the
    large providers a box is one person's."""
    domain = one.form.rpartition("@")[2]
    tags = {item.shown.rpartition("@")[0].partition("+")[2] for item in (one, other)}
    return domain not in PROVIDERS and len(tags) == 2 and "" not in tags


def plain_local(form: str) -> str:
    """The local part without its separators: ann.lee, ann-lee and annlee are one."""
    return plain_handle(form.rpartition("@")[0])


def plain_handle(handle: str) -> str:
    """A user name without its separators, to be compared with a local part."""
    return _SEPARATORS.sub("", handle)
