"""Writing segments, channels, inboxes and memories: a part of the root of writing."""

from typing import Annotated

import strawberry

from db.channels import ChannelRow
from resolvers.access import Scope
from resolvers.contacts.channels import add_channel, remove_channel, update_channel
from resolvers.contacts.inboxes import add_inbox, remove_inbox
from resolvers.contacts.landing import Landed
from resolvers.contacts.naming import update_inbox, update_label, update_segment
from resolvers.contacts.tags import set_segments
from resolvers.ids import CHANNEL, encode_id
from resolvers.memories.writing import forget, remember
from schema import channel_inputs, hanging_inputs
from schema.contact_fields import contact_id
from schema.context import Info
from schema.described import about, mutation
from schema.errors import UserError, attempt
from schema.hanging_types import Channel, Inbox, Segment, channel_type, inbox_type, segment_type
from schema.history_payloads import RemovePayload
from schema.inputs import raw
from schema.organization import Label, label_type
from schema.payloads import ContactPayload, landed_payload

_ERRORS = "What was wrong. Empty: it is done and on disk. Not empty: nothing was written."
_INPUT = strawberry.argument(description="What to do.")


@strawberry.type(description="The answer of a mutation on one channel.")
class ChannelPayload:
    """The type `ChannelPayload`."""

    channel: Channel | None = about("The channel, after.")
    landed_on: strawberry.ID | None = about("The survivor that shows it now, when its contact was merged away.")
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="The answer of updateSegment.")
class SegmentPayload:
    """The type `SegmentPayload`."""

    segment: Segment | None = about("The segment, after.")
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="The answer of updateLabel.")
class LabelPayload:
    """The type `LabelPayload`."""

    label: Label | None = about("The label, after.")
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="The answer of updateInbox.")
class InboxPayload:
    """The type `InboxPayload`."""

    inbox: Inbox | None = about("The inbox, after.")
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="Writing what hangs on contacts beside their history.")
class HangingMutation:
    """What `Mutation` has of segments, channels, inboxes and memories."""

    @mutation("Puts a contact into exactly these segments, by name; missing ones are made.", needs=Scope.CONTACTS_WRITE)
    async def set_segments(
        self,
        info: Info,
        input: Annotated[hanging_inputs.SetSegmentsInput, _INPUT],  # noqa: A002
    ) -> ContactPayload | None:
        """`Mutation.setSegments`."""
        act = set_segments(info.context.db, info.context.act, input.contact_id, input.names)
        return landed_payload(*await attempt(act))

    @mutation("Gives a segment another name or colour.", needs=Scope.CONTACTS_WRITE)
    async def update_segment(
        self,
        info: Info,
        input: Annotated[hanging_inputs.UpdateSegmentInput, _INPUT],  # noqa: A002
    ) -> SegmentPayload | None:
        """`Mutation.updateSegment`."""
        row, errors = await attempt(update_segment(info.context.db, info.context.act, raw(input)))
        return SegmentPayload(segment=segment_type(row) if row else None, user_errors=errors)

    @mutation("Gives a label another name or colour.", needs=Scope.CONTACTS_WRITE)
    async def update_label(
        self,
        info: Info,
        input: Annotated[hanging_inputs.UpdateLabelInput, _INPUT],  # noqa: A002
    ) -> LabelPayload | None:
        """`Mutation.updateLabel`."""
        row, errors = await attempt(update_label(info.context.db, info.context.act, raw(input)))
        return LabelPayload(label=label_type(row) if row else None, user_errors=errors)

    @mutation("Changes an inbox.", needs=Scope.CONTACTS_WRITE)
    async def update_inbox(
        self,
        info: Info,
        input: Annotated[hanging_inputs.UpdateInboxInput, _INPUT],  # noqa: A002
    ) -> InboxPayload | None:
        """`Mutation.updateInbox`."""
        row, errors = await attempt(update_inbox(info.context.db, info.context.act, raw(input)))
        return InboxPayload(inbox=inbox_type(row) if row else None, user_errors=errors)

    @mutation("Gives a contact a channel.", needs=Scope.CONTACTS_WRITE)
    async def add_channel(
        self,
        info: Info,
        input: Annotated[channel_inputs.AddChannelInput, _INPUT],  # noqa: A002
    ) -> ChannelPayload | None:
        """`Mutation.addChannel`."""
        act = add_channel(info.context.db, info.context.act, input.contact_id, raw(input.channel))
        return _channel_payload(*await attempt(act))

    @mutation("Changes a channel.", needs=Scope.CONTACTS_WRITE)
    async def update_channel(
        self,
        info: Info,
        input: Annotated[channel_inputs.UpdateChannelInput, _INPUT],  # noqa: A002
    ) -> ChannelPayload | None:
        """`Mutation.updateChannel`."""
        return _channel_payload(*await attempt(update_channel(info.context.db, info.context.act, raw(input))))

    @mutation("Takes a channel off a contact, and off everything that was merged into it.", needs=Scope.CONTACTS_WRITE)
    async def remove_channel(
        self,
        info: Info,
        input: Annotated[channel_inputs.RemoveChannelInput, _INPUT],  # noqa: A002
    ) -> RemovePayload | None:
        """`Mutation.removeChannel`."""
        removed, errors = await attempt(remove_channel(info.context.db, info.context.act, input.id))
        shown = strawberry.ID(encode_id(CHANNEL, removed)) if removed else None
        return RemovePayload(removed_id=shown, user_errors=errors)

    @mutation("Gives a contact an address in an inbox; a missing inbox is made.", needs=Scope.CONTACTS_WRITE)
    async def add_inbox(
        self,
        info: Info,
        input: Annotated[hanging_inputs.AddInboxInput, _INPUT],  # noqa: A002
    ) -> ContactPayload | None:
        """`Mutation.addInbox`."""
        return landed_payload(*await attempt(add_inbox(info.context.db, info.context.act, raw(input))))

    @mutation("Takes an address off a contact, and off everything that was merged into it.", needs=Scope.CONTACTS_WRITE)
    async def remove_inbox(
        self,
        info: Info,
        input: Annotated[hanging_inputs.RemoveInboxInput, _INPUT],  # noqa: A002
    ) -> ContactPayload | None:
        """`Mutation.removeInbox`."""
        return landed_payload(*await attempt(remove_inbox(info.context.db, info.context.act, raw(input))))

    @mutation("Adds to what a persona remembers of a contact.", needs=Scope.CONTACTS_WRITE)
    async def remember(
        self,
        info: Info,
        input: Annotated[hanging_inputs.RememberInput, _INPUT],  # noqa: A002
    ) -> ContactPayload | None:
        """`Mutation.remember`."""
        return landed_payload(*await attempt(remember(info.context.db, info.context.act, raw(input))))

    @mutation(
        "Lets a persona forget a fact, or all, of a contact and of everything that was merged into it, for good.",
        needs=Scope.CONTACTS_WRITE,
    )
    async def forget(
        self,
        info: Info,
        input: Annotated[hanging_inputs.ForgetInput, _INPUT],  # noqa: A002
    ) -> ContactPayload | None:
        """`Mutation.forget`."""
        return landed_payload(*await attempt(forget(info.context.db, info.context.act, raw(input))))


def _channel_payload(done: Landed[ChannelRow] | None, errors: list[UserError]) -> ChannelPayload:
    return ChannelPayload(
        channel=channel_type(done.thing) if done else None,
        landed_on=contact_id(done.landed_on) if done and done.landed_on else None,
        user_errors=errors,
    )
