"""Messages: writing one to each person it is for, once, and marking it as read."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable

from sqlalchemy import select

from services.notifications.model import KnownOrganisation, KnownVolunteer, Message, PostHolder
from services.notifications.policy import is_addressee
from services.notifications.rules import Text
from shared.errors import NotFound, Unavailable
from shared.identity import Role
from shared.messaging.upsert import upsert
from shared.storage import UnitOfWork


class AddresseeNotKnownYet(Unavailable):
    """The event that says whom to tell has not arrived yet: the inbox tries this one again later."""

    default_code = "addressee_not_known_yet"
    default_zh = "接收人信息尚未同步"
    default_en = "The event that says whom to tell has not arrived yet"


def tell(uow: UnitOfWork, accounts: Iterable[str], text: Text, *, dedupe: str) -> None:
    """Write a message to each of these accounts, unless they were told this before."""
    messages = [
        {
            "id": uuid.uuid4().hex,
            "account_id": account_id,
            "kind": text.kind,
            "title_zh": text.title_zh,
            "title_en": text.title_en,
            "body_zh": text.body_zh,
            "body_en": text.body_en,
            "link": text.link,
            "dedupe": dedupe,
            "created_at": uow.now,
        }
        for account_id in sorted(set(accounts))
    ]
    if messages:
        telling = upsert(uow.session, Message).on_conflict_do_nothing(index_elements=["account_id", "dedupe"])
        uow.session.execute(telling, messages)


def tell_volunteer(uow: UnitOfWork, volunteer_number: str, text: Text, *, dedupe: str) -> None:
    """Write a message to the volunteer of this number, where they are at home: elsewhere nobody would read it.

    :raises AddresseeNotKnownYet: when the volunteer's registration has not arrived here.
    """
    known = uow.session.get(KnownVolunteer, volunteer_number)
    if known is None:
        raise AddresseeNotKnownYet(volunteer_number=volunteer_number)
    if uow.hosts(known.region):
        tell(uow, [known.account_id], text, dedupe=dedupe)


def tell_holders(
    uow: UnitOfWork, *, role: str, region: str, text: Text, dedupe: str, except_for: Collection[str] = ()
) -> frozenset[str]:
    """Write a message to everybody who holds a role in a region, except for some accounts; answers who that is.

    :raises AddresseeNotKnownYet: when no holder was ever heard of; posts that have ended since are no reason to wait.
    """
    return tell_officials(uow, roles=[role], region=region, text=text, dedupe=dedupe, except_for=except_for)


def tell_officials(
    uow: UnitOfWork,
    *,
    roles: Collection[str],
    region: str,
    text: Text,
    dedupe: str,
    except_for: Collection[str] = (),
) -> frozenset[str]:
    """Write a message to everybody who holds one of these roles in a region, except for some; answers who that is.

    :raises AddresseeNotKnownYet: when no holder of any of them was ever heard of.
    """
    wanted = select(PostHolder).where(PostHolder.role.in_(sorted(roles)), PostHolder.region == region)
    holders = list(uow.session.scalars(wanted))
    if not holders:
        raise AddresseeNotKnownYet(roles=sorted(roles), region=region)
    accounts = frozenset(holder.account_id for holder in holders if holder.active).difference(except_for)
    tell(uow, accounts, text, dedupe=dedupe)
    return accounts


def tell_administrators(uow: UnitOfWork, organisation_id: str, text: Text, *, dedupe: str) -> None:
    """Write a message to the head and the administrators of an organisation.

    :raises AddresseeNotKnownYet: when the organisation's approval has not arrived here.
    """
    organisation = uow.session.get(KnownOrganisation, organisation_id)
    if organisation is None:
        raise AddresseeNotKnownYet(organisation_id=organisation_id)
    administrators = uow.session.scalars(
        select(PostHolder.account_id).where(
            PostHolder.organisation_id == organisation_id,
            PostHolder.role == Role.ORGANISATION_ADMIN.value,
            PostHolder.active,
        )
    )
    tell(uow, [organisation.head_account_id, *administrators], text, dedupe=dedupe)


def mark_read(uow: UnitOfWork, message_id: str, *, account_id: str) -> Message:
    """Mark one of one's messages as read; a second time changes nothing.

    :raises NotFound: `message_not_found`, also for someone else's.
    """
    message = uow.session.scalar(select(Message).where(Message.id == message_id).with_for_update())
    if message is None or not is_addressee(account_id, message_to=message.account_id):
        raise NotFound("message_not_found", zh="没有找到该消息", en="There is no such message")
    if message.read_at is None:
        message.read_at = uow.now
    return message
