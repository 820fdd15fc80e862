"""What an administrator does next about a link: in Chinese and English, with the command where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from shared.nodes.marks import RESTORED
from shared.nodes.status import LinkState

KEY_REVOKED = "key_revoked"
"""The stop that only a release of certain letters ends, not a mere going on."""


class Step(NamedTuple):
    """One thing to do; `command` is run on this node, and empty where there is none."""

    zh: str
    en: str
    command: str = ""


_LOOK = Step(
    "先看清被隔离的信件及原因", "First read which letters are in quarantine, and why", "anyuan node quarantine"
)
_NEWER_CHARTER = Step(
    "本节点的公告可能较旧：从省级取得最新公告放到公告文件处（会自动采用）",
    "The charter here may be old: put the newest one from the province in its place; it is taken up by itself",
)
_FORGED = Step(
    "信件可能是伪造的：报告安全管理员，与对方核对之后再恢复接收",
    "Letters may be forged: tell the security administrator, ask the other node, and only then let it go on",
)
_STOPS: dict[str, Step] = {
    "unknown_key": _NEWER_CHARTER,
    "key_not_valid": _NEWER_CHARTER,
    "unknown_epoch": _NEWER_CHARTER,
    "does_not_fit": Step(
        "对方的版本可能较新：升级本节点后再恢复接收",
        "The other node may be newer: upgrade this one, then let it go on",
    ),
    "fork": Step(
        "对方可能从备份恢复后直接启动：请对方按操作手册做 anyuan node restored 并由省级给出新纪元",
        "The other node may have started from a backup: have it run anyuan node restored and get its next epoch",
    ),
    "given_up_by_broker": Step(
        "RabbitMQ 多次投递失败：查看本节点 worker 的日志",
        "RabbitMQ gave up delivering a letter: read the log of the worker here",
    ),
    "cannot_be_kept": Step(
        "信件无法入库：查看本节点 worker 的日志", "A letter cannot be stored: read the worker's log"
    ),
}
_MUCH_SILENCE = timedelta(hours=2).total_seconds()


def steps(state: LinkState) -> list[Step]:
    """Answer what to do about a link, the most pressing first; nothing about one that is well."""
    return [*_about_its_stream(state), *_about_ours(state), *_about_the_line(state)]


def _about_its_stream(state: LinkState) -> Iterator[Step]:
    node = state.node
    if state.stopped == KEY_REVOKED:
        yield _LOOK
        zh = "该密钥已吊销：确认哪些信件确系对方所发，按位置放行"
        en = "Its key was revoked: find out which letters are truly its own, and release them up to that place"
        yield Step(zh, en, f"anyuan node resume {node} --by … --reason … --release-to …")
    elif state.stopped:
        yield _LOOK
        yield _STOPS.get(state.stopped, _FORGED)
        en = "Then let its stream go on; what was missed is asked for"
        yield Step("查明后恢复接收，缺的信件会自动补发", en, f"anyuan node resume {node} --by … --reason …")
    elif state.quarantined:
        yield _LOOK
    if state.differs:
        zh = "双方记载不一致：先再对账一次；仍不一致则有一方从备份恢复或被篡改，报告安全管理员"
        en = (
            "Both ends differ: compare once more; if they still do, one was restored or tampered with, so tell security"
        )
        yield Step(zh, en, f"anyuan node compare {node}")


def _about_ours(state: LinkState) -> Iterator[Step]:
    if state.held_because == RESTORED:
        zh = "恢复后等待对方答复与省级给出的新纪元：公告到位后会自动继续"
        en = "After a restore it waits for the other node and for its next epoch: it goes on when the charter gives it"
        yield Step(zh, en, f"anyuan node compare {state.node}")
    if state.stopped_there:
        zh, en = (
            "对方停止接收本节点：联系对方管理员查明",
            "The other node stopped our stream: ask its administrators why",
        )
        yield Step(f"{zh}（{state.stopped_there}）", f"{en} ({state.stopped_there})")
    if state.refused:
        zh = "对方拒绝了本节点的事件：看下面的清单，改正说出它们的业务数据"
        yield Step(zh, "The other node refused events of ours: read them below, and put right what said them")


def _about_the_line(state: LinkState) -> Iterator[Step]:
    if state.is_in_time and (state.silent_seconds or 0.0) < _MUCH_SILENCE:
        return
    if state.queued:
        zh = "信件在队列中出不去：检查线路与对方 RabbitMQ；shovel 会自动重建，也可手动重建"
        en = "Letters do not leave their queue: look at the line and its RabbitMQ; the shovel is made anew by itself"
        yield Step(zh, en, f"anyuan node link {state.node}")
    else:
        zh, en = (
            "对方没有收讫或没有音讯：联系对方，看其 worker 是否在运行",
            "Nothing is heard of it: ask whether its worker runs",
        )
        yield Step(zh, en, "anyuan events lag --service links")
