"""What a contact is made of."""

from typing import Any

import strawberry

from db.identifiers import IdentifierRow
from resolvers.ids import CONTACT, IDENTIFIER, encode_id
from resolvers.merging import survivorship
from resolvers.merging.provenance import FieldOrigin
from schema.described import about
from schema.enums import IdentifierKind
from schema.scalars import JSON


@strawberry.type(description="An identifier: an e-mail address, a phone number, an external id or a user name.")
class Identifier:
    """The type `Identifier`."""

    id: strawberry.ID = about("Its id.")
    kind: IdentifierKind = about("What kind it is.")
    system: str | None = about("The system that an external id or user name belongs to, such as `crm`.")
    value: str = about("As it was given.")
    normalized: str = about("As it is compared: folded e-mail, E.164 phone number.")
    verified: bool = about("Whether it was proven; after a merge, whether any of the equal ones was.")
    contact_id: strawberry.ID = about("The contact that it was first given to, also after merges.")


@strawberry.type(description="A postal address. A merge takes it as a whole.")
class Address:
    """The type `Address`."""

    line1: str | None = about("Street and number.")
    line2: str | None = about("What else helps to find the door.")
    city: str | None = about("City.")
    region: str | None = about("State, province or county.")
    postal_code: str | None = about("Postal code.")
    country: str | None = about("Two letters by ISO 3166, such as `DE`. Phone numbers without '+' are read in it.")


@strawberry.type(description="A value that another one beat.")
class DiscardedValue:
    """The type `DiscardedValue`."""

    value: JSON | None = about("The value. It is not lost: it stands in the contact that it belongs to.")
    contact_id: strawberry.ID = about("Whose value it is.")


@strawberry.type(description="Where a value comes from, by which rule it stands, and what it beat.")
class FieldProvenance:
    """The type `FieldProvenance`."""

    field: str = about("A field's name, or the way to a key inside an attribute object: `customAttributes/plan`.")
    value: JSON | None = about("The value.")
    contact_id: strawberry.ID | None = about("The contact it was first given to; null when it is from all of them.")
    rule: survivorship.Rule = about("The rule that chose it.")
    discarded: list[DiscardedValue] = about("What it beat.")


def identifier_type(row: IdentifierRow) -> Identifier:
    """A row as its type."""
    return Identifier(
        id=strawberry.ID(encode_id(IDENTIFIER, row.id)),
        kind=IdentifierKind(row.kind),
        system=row.system or None,
        value=row.value,
        normalized=row.normalized,
        verified=row.verified,
        contact_id=strawberry.ID(encode_id(CONTACT, row.contact_id)),
    )


def address_type(stored: dict[str, Any] | None) -> Address | None:
    """An address as stored (by the API's names) as its type."""
    if stored is None:
        return None
    return Address(
        line1=stored.get("line1"),
        line2=stored.get("line2"),
        city=stored.get("city"),
        region=stored.get("region"),
        postal_code=stored.get("postalCode"),
        country=stored.get("country"),
    )


def provenance_type(origin: FieldOrigin) -> FieldProvenance:
    """An origin as its type."""
    return FieldProvenance(
        field=origin.field,
        value=origin.value,
        contact_id=strawberry.ID(encode_id(CONTACT, origin.contact_id)) if origin.contact_id else None,
        rule=origin.rule,
        discarded=[
            DiscardedValue(value=lost.value, contact_id=strawberry.ID(encode_id(CONTACT, lost.contact_id)))
            for lost in origin.discarded
        ],
    )
