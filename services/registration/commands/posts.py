"""Posts: proposed by the system administrator, effective when the security administrator confirms."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.registration.commands.absences import end_without_office
from services.registration.commands.accounts import create_account, issue_secret
from services.registration.model import Account, PostRow, PostState
from services.registration.policy import check_confirmation, check_proposal, check_region
from shared.clock import business_date
from shared.contracts.registration import PostChanged
from shared.errors import Conflict, NotFound, pointing_at
from shared.identity import Principal, Role
from shared.identity.people import ADMINISTRATORS, OFFICIALS
from shared.regions import Regions
from shared.storage import UnitOfWork

BOOTSTRAP = "bootstrap"
REGISTRATION = "registration"
"""Who gave the posts that nobody proposed: the first start, or an approved registration."""

_FIRST_ADMINISTRATORS = {
    Role.SYSTEM_ADMIN: "系统管理员",
    Role.SECURITY_ADMIN: "安全管理员",
    Role.AUDIT_ADMIN: "审计管理员",
}


def propose_post(
    uow: UnitOfWork, *, proposer: Principal, account_id: str, role: Role, region: str, regions: Regions
) -> PostRow:
    """Propose a post for someone; it has no effect until another administrator confirms it.

    :raises NotFound: `account_not_found`.
    :raises Invalid: `role_not_given_by_hand`, `unknown_region`, `region_not_reporting`.
    :raises HostedElsewhere: when the region is hosted at another node.
    :raises Conflict: `post_exists`, or `one_administrator_role` for a second of the three.
    """
    check_proposal(proposer=proposer, account_id=account_id, role=role)
    check_region(region, regions, on=business_date(uow.now))
    # A region is decided for, and looked after, at its node: a post elsewhere would look like power and have none.
    with pointing_at("/region"):
        uow.check_hosts(region)
    if uow.session.get(Account, account_id) is None:
        raise NotFound("account_not_found", zh="没有这个账号", en="There is no such account", pointer="/account_id")
    held = uow.session.scalars(
        select(PostRow).where(PostRow.account_id == account_id, PostRow.state != PostState.ENDED)
    ).all()
    if any(post.role == role and post.region == region for post in held):
        raise Conflict("post_exists", zh="该人员已有此职务", en="The person has this post already")
    if role in ADMINISTRATORS and any(post.role in ADMINISTRATORS for post in held):
        raise Conflict(
            "one_administrator_role",
            zh="三类管理员不得由同一人兼任",
            en="Nobody holds two of the three administrator roles",
        )
    return _add_post(
        uow, account_id=account_id, role=role, region=region, state=PostState.PROPOSED, by=proposer.account_id
    )


def confirm_post(uow: UnitOfWork, *, confirmer: Principal, post_id: str) -> PostRow:
    """Make a proposed post effective.

    :raises Forbidden: `second_person_needed`.
    :raises Conflict: `post_not_proposed`.
    """
    post = _locked(uow, post_id)
    check_confirmation(confirmer=confirmer, proposed_by=post.proposed_by, account_id=post.account_id)
    if post.state != PostState.PROPOSED:
        raise Conflict("post_not_proposed", zh="该职务不在待确认状态", en="This post does not wait for confirmation")
    post.state = PostState.ACTIVE
    post.confirmed_by = confirmer.account_id
    post.changed_at = uow.now
    tell_post(uow, post)
    return post


def end_post(uow: UnitOfWork, *, post_id: str) -> PostRow:
    """End a post at once; its holder decides nothing from now on, for themselves or for somebody who is away."""
    post = _locked(uow, post_id)
    if post.state != PostState.ENDED:
        was_active = post.state == PostState.ACTIVE
        post.state = PostState.ENDED
        post.changed_at = uow.now
        if was_active:
            tell_post(uow, post)
        if was_active and post.role in OFFICIALS:
            end_without_office(uow, account_id=post.account_id)
    return post


def grant_post(
    uow: UnitOfWork,
    *,
    account_id: str,
    role: Role,
    region: str,
    organisation_id: str | None = None,
    by: str = REGISTRATION,
) -> PostRow:
    """Give a post that follows from an approved registration or from the first start."""
    post = _add_post(
        uow,
        account_id=account_id,
        role=role,
        region=region,
        state=PostState.ACTIVE,
        by=by,
        organisation_id=organisation_id,
    )
    tell_post(uow, post)
    return post


def bootstrap(uow: UnitOfWork) -> dict[str, dict[str, str]]:
    """Make the first three administrators, of the topmost region that this node hosts.

    Answers, by role, their user names and one-use secrets.

    As long as one of them has not chosen a password, a repetition gives that one a new secret, so that a secret
    lost on the way locks nobody out.
    :raises Conflict: `already_bootstrapped` when all three have chosen their passwords.
    """
    made: dict[str, dict[str, str]] = {}
    for role, name in _FIRST_ADMINISTRATORS.items():
        username = role.value.replace("_", "-")
        account = uow.session.scalar(select(Account).where(Account.username == username))
        if account is None:
            account = create_account(uow, name=name, username=username)
            grant_post(uow, account_id=account.id, role=role, region=uow.here.top_region, by=BOOTSTRAP)
        if account.password_hash is None:
            made[role.value] = {"username": username, "secret": issue_secret(uow, account_id=account.id)}
    if not made:
        raise Conflict("already_bootstrapped", zh="首批管理员已建立", en="The first administrators exist already")
    return made


def _add_post(
    uow: UnitOfWork,
    *,
    account_id: str,
    role: Role,
    region: str,
    state: PostState,
    by: str,
    organisation_id: str | None = None,
) -> PostRow:
    post = PostRow(
        id=uuid.uuid4().hex,
        account_id=account_id,
        role=role.value,
        region=region,
        organisation_id=organisation_id,
        state=state.value,
        proposed_by=by,
        confirmed_by="rules" if state == PostState.ACTIVE else None,
        changed_at=uow.now,
    )
    uow.session.add(post)
    uow.session.flush()
    return post


def _locked(uow: UnitOfWork, post_id: str) -> PostRow:
    post = uow.session.scalar(select(PostRow).where(PostRow.id == post_id).with_for_update())
    if post is None:
        raise NotFound("post_not_found", zh="没有这个职务", en="There is no such post")
    return post


def tell_post(uow: UnitOfWork, post: PostRow) -> None:
    """Publish what a post is now."""
    uow.publish(post_as_told(uow.session, post))


def post_as_told(session: Session, post: PostRow) -> PostChanged:
    """Answer what a post is now, as the others hear it."""
    return PostChanged(
        post_id=post.id,
        account_id=post.account_id,
        name=session.get_one(Account, post.account_id).name,
        role=post.role,
        region=post.region,
        organisation_id=post.organisation_id,
        active=post.state == PostState.ACTIVE,
    )
