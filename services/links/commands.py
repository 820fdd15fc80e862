"""What an administrator does about a link from the site; who and why goes into the trail of the links."""

from __future__ import annotations

from typing import Any

from shared.errors import AnyuanError, Conflict, NotFound
from shared.identity import Principal
from shared.nodes import reconcile
from shared.nodes.advice import KEY_REVOKED
from shared.nodes.office import NOT_NOW, Office, note
from shared.nodes.overview import link_of
from shared.nodes.status import state_of
from shared.storage import UnitOfWork


def resume(uow: UnitOfWork, office: Office, node: str, *, by: Principal, reason: str) -> dict[str, Any]:
    """Let a stopped stream go on; every letter of it is judged again.

    :raises Conflict: when it is not stopped, or waits for the release of certain letters, which names its command.
    """
    stopped = state_of(uow.session, node, uow.now).stopped
    if stopped is None:
        raise Conflict(
            "not_stopped", zh=f"节点 {node} 的信件流没有停止", en=f"The stream of node {node} is not stopped"
        )
    if stopped == KEY_REVOKED:
        command = f"anyuan node resume {node} --by … --reason … --release-to …"
        zh = f"密钥已吊销的信件须按位置放行，请在服务器上执行：{command}"
        en = f"Letters of a revoked key are released up to a place, on the server: {command}"
        raise Conflict("needs_release", zh=zh, en=en)
    _in_force(uow, office)
    reconcile.resume(uow, office, node, by=_named(by), reason=reason)
    return link_of(uow.session, office, node, uow.now)


def compare(uow: UnitOfWork, office: Office, node: str, *, by: Principal) -> dict[str, Any]:
    """Ask a node how far both streams are.

    :raises NotFound: when the charter names no such node.
    """
    _in_force(uow, office)
    map_ = office.charter(uow.session, uow.now).map
    if node not in map_ or node == office.me:
        raise NotFound(zh=f"节点表中没有其他节点 {node}", en=f"The node map has no other node {node}")
    reconcile.compare(uow, office, node)
    note(uow.session, uow.now, node=node, what="compared", code="by_hand", detail=f"by {_named(by)}")
    return link_of(uow.session, office, node, uow.now)


def _in_force(uow: UnitOfWork, office: Office) -> None:
    """Make sure that letters can be written now.

    :raises Conflict: when the charter is past its day or cannot be read, or no key is in force.
    """
    try:
        office.signer(uow.session, uow.now)
    except NOT_NOW as error:
        told = (error.zh, error.en) if isinstance(error, AnyuanError) else ("公告已过期或无法读取", str(error))
        zh, en = f"公告或密钥不可用：{told[0]}", f"No charter or key is in force: {told[1]}"
        raise Conflict("no_charter_in_force", zh=zh, en=en) from error


def _named(by: Principal) -> str:
    return f"{by.name} ({by.account_id})"
