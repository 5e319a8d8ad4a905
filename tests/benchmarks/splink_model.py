"""Splink 5 on contacts, set up by hand: our normal forms, blocking keys and weights in bits, in Splink's own terms.

What it has no terms for is left out: people behind an identifier, short forms and scripts of names, guards. In their
place it has term frequencies of whole names and string distances. Needs the `bench` extra.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.comparison_level_library import CustomLevel, NullLevel
from splink.comparison_library import CustomComparison

from resolvers.matching.block import keys_of
from resolvers.matching.candidates import Holders
from resolvers.matching.emails import plain_local
from resolvers.matching.features import Features
from resolvers.matching.fold import translit
from resolvers.matching.score import MODEL, prior_bits
from resolvers.matching.sweep import ContactSet

_BITS = MODEL.levels
_SURE = 0.9  # the greater one of m and u, of which the weight is the log2 of the quotient
_LISTS = pyarrow.list_(pyarrow.string())
_SCHEMA = pyarrow.schema(
    [("unique_id", pyarrow.string())]
    + [(name, _LISTS) for name in ("keys", "ids", "verified", "systems", "channels", "emails", "locals", "roles")]
    + [(name, _LISTS) for name in ("phones", "usernames", "handles")]
    + [(name, pyarrow.string()) for name in ("full_name", "given", "family", "birthdate", "street", "postcode")]
    + [(name, pyarrow.string()) for name in ("company", "country")]
)


def splink_pairs(records: Mapping[str, Features]) -> list[tuple[str, str, float]]:
    """(lower id, higher id, bits: log2 of the odds) of every pair that shares a blocking key within its cap."""
    rows = _rows(records)
    contacts = DuckDBAPI().register(pyarrow.Table.from_pylist(rows, schema=_SCHEMA))
    settings = SettingsCreator(
        link_type="dedupe_only",
        probability_two_random_records_match=2 ** prior_bits(len(records)),
        blocking_rules_to_generate_predictions=[block_on("keys", arrays_to_explode=["keys"])],
        comparisons=_comparisons(),
        retain_matching_columns=False,
    )
    found = Linker(contacts, settings, log_level=None).inference.predict().as_record_list()
    pairs = []
    for pair in found:
        left, right = sorted((pair["unique_id_l"], pair["unique_id_r"]))
        pairs.append((left, right, float(pair["match_weight"])))
    return pairs


def _rows(records: Mapping[str, Features]) -> list[dict[str, Any]]:
    whole = ContactSet(records)
    shared: dict[str, Holders[str]] = {}
    rows = []
    for contact_id, features in records.items():
        texts = [key.text for key in keys_of(features)]
        shared |= {text: whole.holders_of(text) for text in texts if text not in shared}
        keys = [text for text in texts if shared[text].is_open(text[0])]
        rows.append(_row(features) | {"unique_id": contact_id, "keys": keys})
    return rows


def _row(features: Features) -> dict[str, Any]:
    """Empty stands as NULL, which Splink takes for no evidence."""
    name = features.name
    own = [email.form for email in features.emails if not email.role]
    verified = [item for item in features.external_ids if item.verified]
    row = {
        "ids": [item.shown for item in features.external_ids],
        "verified": [item.shown for item in verified],
        "systems": sorted({item.system for item in verified}),
        "channels": [item.shown for item in features.channels],
        "emails": own,
        "locals": [plain_local(form) for form in own if len(plain_local(form)) >= 6],
        "roles": [email.form for email in features.emails if email.role],
        "phones": [phone.number for phone in features.phones],
        "usernames": [item.shown for item in features.usernames],
        "handles": [item.value for item in features.usernames],
        "full_name": " ".join(sorted(map(translit, (name.given, name.family)))).strip() if name else "",
        "given": name.given if name else "",
        "family": name.family if name else "",
        "birthdate": features.birthdate,
        "street": " ".join((*features.street, features.house)).strip(),
        "postcode": features.postcode,
        "company": features.company,
        "country": features.country,
    }
    return {field: value or None for field, value in row.items()}


def _comparisons() -> list[CustomComparison]:
    return [
        _comparison("externalId", "ids", (_any("ids"), "exact"), (_two_ids(), "conflict"), ("ELSE", 0.0)),
        _comparison("channel", "channels", (_any("channels"), "exact"), ("ELSE", 0.0)),
        _comparison(
            "email", "emails", (_any("emails"), "exact"), (_any("locals"), "same_local"), ("ELSE", "none_equal")
        ),
        _comparison("email", "roles", (_any("roles"), "role"), ("ELSE", 0.0)),
        _comparison("phone", "phones", (_any("phones"), "exact"), ("ELSE", "none_equal")),
        _comparison(
            "username", "usernames", (_any("usernames"), "exact"), (_any("handles"), "other_system"), ("ELSE", 0.0)
        ),
        _name(),
        _comparison(
            "birthdate",
            "birthdate",
            ("birthdate_l = birthdate_r", "exact"),
            ("damerau_levenshtein(birthdate_l, birthdate_r) = 1", "near"),
            ("ELSE", "differ"),
        ),
        _comparison(
            "address",
            "postcode",
            ("postcode_l = postcode_r AND street_l = street_r", "street"),
            ("postcode_l = postcode_r", "postcode"),
            ("ELSE", "differ"),
        ),
        _comparison("company", "company", ("company_l = company_r", "exact"), ("ELSE", "differ")),
        _comparison("country", "country", ("country_l = country_r", "same"), ("ELSE", "differ")),
    ]


def _name() -> CustomComparison:
    """Levels of two names as Splink can tell them: one word alone stands in `given`."""
    both = "family_l IS NOT NULL AND family_r IS NOT NULL"
    like = "jaro_winkler_similarity({0}_l, {0}_r) >= 0.9"
    letter = "(length(given_l) = 1 OR length(given_r) = 1) AND given_l[1] = given_r[1]"
    single = "(family_l IS NULL OR family_r IS NULL) AND (given_l = {0}_r OR given_r = {0}_l)"
    return _comparison(
        "name",
        "full_name",
        (f"full_name_l = full_name_r AND {both}", "exact"),
        (f"{both} AND given_l = given_r AND {like.format('family')}", "fuzzy"),
        (f"{both} AND family_l = family_r AND {like.format('given')}", "fuzzy_given"),
        (f"{both} AND family_l = family_r AND {letter}", "letter"),
        (f"{both} AND {like.format('given')} AND {like.format('family')}", "fuzzy2"),
        ("full_name_l = full_name_r", "single_eq"),
        (single.format("family"), "family_only"),
        (single.format("given"), "given_only"),
        ("family_l IS NULL OR family_r IS NULL", "single_diff"),
        ("given_l = given_r", "family_differs"),
        ("family_l = family_r", "given_differs"),
        ("ELSE", "differ"),
    )


def _any(column: str) -> str:
    return f"list_has_any({column}_l, {column}_r)"


def _two_ids() -> str:
    return f"{_any('systems')} AND NOT {_any('verified')}"


def _comparison(field: str, column: str, *levels: tuple[str, str | float]) -> CustomComparison:
    """`levels`: (condition or ELSE, a level of the model or bits), the first that holds counts."""
    made: list[Any] = [NullLevel(column)]
    for condition, level in levels:
        bits = level if isinstance(level, float) else _BITS[field][level]
        m, u = (_SURE, _SURE / 2**bits) if bits > 0 else (_SURE * 2**bits, _SURE)
        made.append(CustomLevel(condition).configure(m_probability=m, u_probability=u))
        if (field, level) == ("name", "exact"):
            made[-1].configure(tf_adjustment_column=column, disable_tf_exact_match_detection=True)
    return CustomComparison(made, output_column_name=column)
