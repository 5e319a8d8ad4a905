"""How an organisation merges: read and changed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from db import organizations
from db.engine import Database, Transaction
from db.organizations import SettingsRow
from resolvers.access import Act, Scope, organization_for_input, require
from resolvers.contacts.values import BadValue, country, phone_region, web_address
from resolvers.duplicates.choices import check_thresholds, read_matching
from resolvers.errors import ErrorCode, refuse
from resolvers.merging.survivorship import CHOOSABLE, Rule


async def merge_settings(db: Database, act: Act, org_id: UUID) -> SettingsRow:
    """The settings as they stand."""
    require(act.actor, Scope.CONTACTS_READ)
    return await db.read(lambda tx: organizations.settings(tx, org_id))


async def update_merge_settings(
    db: Database, act: Act, organization_id: UUID | None, raw: Mapping[str, Any]
) -> SettingsRow:
    """Changes what is sent. Left out: unchanged; null for defaultRegion: none. Raises Refused."""
    require(act.actor, Scope.SETTINGS)
    org_id = organization_for_input(act.actor, organization_id)
    changes = _read(raw)
    return await db.write(lambda tx: _update(tx, act, org_id, changes))


async def _update(tx: Transaction, act: Act, org_id: UUID, changes: dict[str, Any]) -> SettingsRow:
    # Writers of identifiers hold the row FOR SHARE, merges read it under the lock: both see one rule throughout.
    current = await organizations.settings_for_change(tx, org_id)
    await organizations.lock_organization(tx, org_id)
    changed = replace(current, **changes)
    if changed == current:
        return current
    check_thresholds(changed)
    changed = replace(changed, updated_at=act.now)
    values = asdict(changed)
    del values["org_id"]
    await organizations.change_settings(tx, org_id, values)
    return changed


def _read(raw: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name, column in (("roleRule", "role_rule"), ("identifierRule", "identifier_rule")):
        if name in raw:
            if raw[name] is None:
                raise refuse(ErrorCode.BAD_USER_INPUT, f"{name} cannot be cleared; leave it out to keep it.", name)
            changes[column] = raw[name]
    if "defaultRegion" in raw:
        changes["default_region"] = _region(raw["defaultRegion"])
    if raw.get("survivorship") is not None:
        changes["survivorship"] = _survivorship(raw["survivorship"])
    if "conversationUrlTemplate" in raw:
        changes["conversation_url_template"] = _template(raw["conversationUrlTemplate"])
    return changes | read_matching(raw)


def _template(value: str | None) -> str | None:
    """A web address with {id} in it."""
    if value is None:
        return None
    field = "conversationUrlTemplate"
    if "{id}" not in value:
        raise refuse(ErrorCode.BAD_USER_INPUT, f"{field} must have {{id}} where the conversation's id belongs.", field)
    try:
        web_address(value.replace("{id}", "conversation_0"))
    except BadValue as error:
        raise refuse(ErrorCode.BAD_USER_INPUT, f"{field} {error}.", field) from None
    return value


def _region(value: str | None) -> str | None:
    try:
        code = country(value)
    except BadValue as error:
        raise refuse(ErrorCode.BAD_USER_INPUT, f"defaultRegion {error}.", "defaultRegion") from None
    if code is not None and phone_region(code) is None:
        message = f"{code} has no phone numbers of its own; name the country whose numbers come without a '+'."
        raise refuse(ErrorCode.BAD_USER_INPUT, message, "defaultRegion")
    return code


def _survivorship(rules: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The whole list: a cell that is not named follows its default rule."""
    chosen: dict[str, str] = {}
    for index, given in enumerate(rules):
        path = ("survivorship", str(index))
        cell, rule = given["field"], given["rule"]
        if cell not in CHOOSABLE:
            message = f"{cell} always follows its own rule. A rule can be chosen for: {', '.join(sorted(CHOOSABLE))}."
            raise refuse(ErrorCode.BAD_USER_INPUT, message, *path, "field")
        if rule not in (Rule.PRIMARY, Rule.MOST_RECENT):
            raise refuse(ErrorCode.BAD_USER_INPUT, "rule must be PRIMARY or MOST_RECENT.", *path, "rule")
        if rule == Rule.MOST_RECENT:
            chosen[cell] = rule
    return chosen
