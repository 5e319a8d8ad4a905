"""International phone numbers that need no parser: their normal form as phonenumbers gives it, at a tenth of its cost.

Pure. After the country's code a number is kept as it stands unless the country's own prefix is taken off it (a '0'
behind '+49', say), and is possible when its length is one of the country's. Both are read from phonenumbers' own
metadata; where either is in doubt the answer is None, and the parser decides.
"""

import re
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, region_code_for_country_code

_PLAIN = re.compile(r"\+[1-9][0-9 .()-]+[0-9]", re.ASCII)
_BETWEEN = str.maketrans("", "", "+ .()-")
_LONGEST_CODE = 3


def plain_e164(shown: str) -> str | None:
    """`+` and digits for a number written so with blanks, dots, hyphens or brackets; None if the parser must decide."""
    if _PLAIN.fullmatch(shown) is None:
        return None
    digits = shown.translate(_BETWEEN)
    for length in range(1, _LONGEST_CODE + 1):  # no code is the beginning of another
        plan = _plan(digits[:length])
        if plan is not None:
            lengths, prefix = plan
            rest = digits[length:]
            kept = len(rest) in lengths and rest[0] != "0" and (prefix is None or prefix.match(rest) is None)
            return f"+{digits}" if kept else None
    return None


@cache
def _plan(code: str) -> tuple[frozenset[int], re.Pattern[str] | None] | None:
    """How long the numbers of a country's code may be, and what is taken off their beginning; None if it is no code."""
    if int(code) not in COUNTRY_CODE_TO_REGION_CODE:
        return None
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(code), region_code_for_country_code(int(code)))
    assert metadata is not None, "the code is one of its own"
    prefix = metadata.national_prefix_for_parsing
    lengths = metadata.general_desc.possible_length if metadata.general_desc else ()
    return frozenset(lengths), re.compile(prefix) if prefix else None
