"""Two contacts, at most one finding a field. A field that one side lacks is no finding, and so no evidence."""

from collections.abc import Iterable, Sequence

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import token_sort_ratio

from resolvers.matching.block import SHORTEST_LOCAL, name_key, phone_key
from resolvers.matching.compare_names import name_level
from resolvers.matching.emails import have_different_tags, plain_handle, plain_local
from resolvers.matching.features import Email, Features, OuterId, Phone
from resolvers.matching.findings import Finding, KeyCount, KeyCounts
from resolvers.matching.phones import same_line

FEW = 3  # people behind an identifier: up to one it is somebody's own, up to these a household's, beyond an office's
SIMILAR_STREET = 85  # of 100; rapidfuzz.fuzz.token_sort_ratio
NEAR_YEARS = 10
MOST_PAIRED = 20  # addresses of a contact that are looked at for slips: each is compared with each
_NOBODY = KeyCount()


def compare(left: Features, right: Features, counts: KeyCounts) -> list[Finding]:
    """The findings, one a field. `counts` must hold every key that both sides share and others hold too. Symmetric:
    the other way round gives the same fields and levels, with left and right changed."""
    found = [
        _external_id(left, right),
        _channel(left, right),
        _email(left, right, counts),
        _phone(left, right, counts),
        _username(left, right),
        _name(left, right, counts),
        _birthdate(left, right),
        _address(left, right),
        _company(left, right),
        _country(left, right),
    ]
    return [finding for finding in found if finding is not None]


def _external_id(left: Features, right: Features) -> Finding | None:
    if not left.external_ids or not right.external_ids:
        return None
    shared = _shared_id(left.external_ids, right.external_ids)
    if shared:
        return Finding("externalId", "exact", shared.shown, shared.shown)
    pair = conflicting_ids(left, right)
    return Finding("externalId", "conflict", pair[0].shown, pair[1].shown) if pair else None


def conflicting_ids(left: Features, right: Features) -> tuple[OuterId, OuterId] | None:
    """Verified ids of one system, of which the two share none; None when there is no such system."""
    if not left.external_ids or not right.external_ids:
        return None
    ours, theirs = _verified(left.external_ids), _verified(right.external_ids)
    for system in sorted(ours.keys() & theirs.keys()):
        if not {item.value for item in ours[system]} & {item.value for item in theirs[system]}:
            return ours[system][0], theirs[system][0]
    return None


def _verified(ids: Iterable[OuterId]) -> dict[str, list[OuterId]]:
    found: dict[str, list[OuterId]] = {}
    for item in ids:
        if item.verified and item.system:
            found.setdefault(item.system, []).append(item)
    return found


def _channel(left: Features, right: Features) -> Finding | None:
    shared = _shared_id(left.channels, right.channels)
    return Finding("channel", "exact", shared.shown, shared.shown) if shared else None


def _username(left: Features, right: Features) -> Finding | None:
    if not (left.usernames or right.usernames):
        return None
    shared = _shared_id(left.usernames, right.usernames)
    if shared:
        return Finding("username", "exact", shared.shown, shared.shown)
    theirs = {item.value: item for item in reversed(right.usernames)}
    for one in left.usernames:
        if one.value in theirs and len(one.value) >= SHORTEST_LOCAL:
            return Finding("username", "other_system", one.shown, theirs[one.value].shown)
    return _as_email(left, right) or _turned(_as_email(right, left))


def _as_email(left: Features, right: Features) -> Finding | None:
    """The user name of the one is the name of the other's box: annlee92, ann.lee92@."""
    boxes = {plain_local(email.form): email for email in right.emails if not email.role}
    for item in left.usernames:
        box = boxes.get(plain_handle(item.value))
        if box and len(plain_handle(item.value)) >= SHORTEST_LOCAL:
            return Finding("username", "as_email", item.shown, box.shown)
    return None


def _turned(finding: Finding | None) -> Finding | None:
    return finding._replace(left=finding.right, right=finding.left) if finding else None


def _shared_id(left: Sequence[OuterId], right: Sequence[OuterId]) -> OuterId | None:
    if not left or not right:
        return None
    theirs = {(item.system, item.value) for item in right}
    return next((item for item in left if (item.system, item.value) in theirs), None)


def class_of(people: int) -> str:
    """How much an identifier says that so many people are seen with (our term frequency for identifiers)."""
    if people <= 1:
        return "exact"
    return "exact_few" if people <= FEW else "exact_many"


def _email(left: Features, right: Features, counts: KeyCounts) -> Finding | None:
    if not left.emails or not right.emails:
        return None
    theirs = {email.form: email for email in right.emails}
    shared = [(email, theirs[email.form]) for email in left.emails if email.form in theirs]
    if shared:
        return min((_same_email(*pair, counts) for pair in shared), key=_by_people)
    ours = [email for email in left.emails if not email.role][:MOST_PAIRED]
    others = [email for email in right.emails if not email.role][:MOST_PAIRED]
    pairs = [(one, other) for one in ours for other in others]
    for level, test in (("domain_typo", _domain_typo), ("same_local", _same_local), ("local_typo", _local_typo)):
        for one, other in pairs:
            if test(one.form, other.form):
                return Finding("email", level, one.shown, other.shown)
    return Finding("email", "none_equal", left.emails[0].shown, right.emails[0].shown)


def _same_email(one: Email, other: Email, counts: KeyCounts) -> Finding:
    people = counts.get(f"e:{one.form}", _NOBODY).people
    shared = one.role or have_different_tags(one, other)
    return Finding("email", "role" if shared else class_of(people), one.shown, other.shown, people)


def _by_people(finding: Finding) -> tuple[bool, int]:
    return finding.level == "role", finding.people


def _domain_typo(left: str, right: str) -> bool:
    (one, _, here), (other, _, there) = left.rpartition("@"), right.rpartition("@")
    if here == there or (one != other and plain_local(left) != plain_local(right)):
        return False
    return len(here) >= 5 and OSA.distance(here, there, score_cutoff=1) <= 1


def _same_local(left: str, right: str) -> bool:
    local = plain_local(left)
    return len(local) >= SHORTEST_LOCAL and local == plain_local(right)


def _local_typo(left: str, right: str) -> bool:
    """One slip in a letter; another digit is another person (ann71@, ann72@)."""
    (one, _, here), (other, _, there) = left.rpartition("@"), right.rpartition("@")
    if here != there or min(len(one), len(other)) < SHORTEST_LOCAL or OSA.distance(one, other, score_cutoff=1) > 1:
        return False
    return _digits(one) == _digits(other)


def _digits(text: str) -> list[str]:
    return [letter for letter in text if letter.isdigit()]


def _phone(left: Features, right: Features, counts: KeyCounts) -> Finding | None:
    if not left.phones or not right.phones:
        return None
    theirs: dict[str, list[Phone]] = {}
    for phone in right.phones:
        theirs.setdefault(phone_key(phone.number), []).append(phone)
    shared = [
        (one, other) for one in left.phones for other in theirs.get(phone_key(one.number), ()) if same_line(one, other)
    ]
    if not shared:
        return Finding("phone", "none_equal", left.phones[0].shown, right.phones[0].shown)
    return min((_same_phone(*pair, counts) for pair in shared), key=_by_people)


def _same_phone(one: Phone, other: Phone, counts: KeyCounts) -> Finding:
    people = counts.get(phone_key(one.number), _NOBODY).people
    return Finding("phone", class_of(people), one.shown, other.shown, people)


def _name(left: Features, right: Features, counts: KeyCounts) -> Finding | None:
    if left.name is None or right.name is None:
        return None
    level = name_level(left.name, right.name)
    key = name_key(left.name)
    holders = counts.get(key, _NOBODY).holders if key and key == name_key(right.name) else 0
    return Finding("name", level, left.name.shown, right.name.shown, holders=holders)


def _birthdate(left: Features, right: Features) -> Finding | None:
    one, other = left.birthdate, right.birthdate
    if not one or not other:
        return None
    if births_differ(one, other):
        return Finding("birthdate", "differ", one, other)
    if left.birthdate_doubtful or right.birthdate_doubtful:
        return None
    return Finding("birthdate", "exact" if one == other else "near", one, other)


def births_differ(left: str, right: str) -> bool:
    """Whether both are known and no slip makes one of the other."""
    return bool(left and right) and left != right and not _is_near(left, right)


def _is_near(left: str, right: str) -> bool:
    """Day and month changed, or one digit, and then less than ten years apart."""
    if left[:4] == right[:4] and left[5:7] == right[8:] and left[8:] == right[5:7]:
        return True
    digits = sum(one != other for one, other in zip(left, right, strict=False))
    return digits == 1 and len(left) == len(right) and abs(int(left[:4]) - int(right[:4])) < NEAR_YEARS


def _address(left: Features, right: Features) -> Finding | None:
    streets, postcodes = bool(left.street and right.street), bool(left.postcode and right.postcode)
    if not (streets or postcodes):
        return None
    values = (_shown_address(left), _shown_address(right))
    if streets and left.house == right.house and _same_place(left, right) and _similar_street(left, right):
        return Finding("address", "street", *values)
    if postcodes and left.postcode == right.postcode:
        return Finding("address", "postcode", *values)
    return Finding("address", "differ", *values)


def _same_place(left: Features, right: Features) -> bool:
    """Main Street 1 is in every town: the postcode or the city has to agree, unless one side tells neither."""
    pairs = ((left.postcode, right.postcode), (left.city, right.city))
    known = [one == other for one, other in pairs if one and other]
    return any(known) or not known


def _similar_street(left: Features, right: Features) -> bool:
    if left.street == right.street:
        return True
    return token_sort_ratio(" ".join(left.street), " ".join(right.street)) >= SIMILAR_STREET


def _shown_address(features: Features) -> str:
    parts = (" ".join(features.street), features.house, features.postcode, features.city)
    return " ".join(part for part in parts if part)


def _company(left: Features, right: Features) -> Finding | None:
    if not left.company or not right.company:
        return None
    level = "exact" if left.company == right.company else "differ"
    return Finding("company", level, left.company_shown, right.company_shown)


def _country(left: Features, right: Features) -> Finding | None:
    if not left.country or not right.country:
        return None
    level = "same" if left.country == right.country else "differ"
    return Finding("country", level, left.country, right.country)
