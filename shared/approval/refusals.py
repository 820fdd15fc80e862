"""What a refusal of the core is called outside: an error with a stable code and words for the person at the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.approval.core.guard import Refusal, RefusalCode
from shared.approval.core.state import LastMove
from shared.approval.core.words import Verb
from shared.errors import AnyuanError, Conflict, Forbidden, Invalid, StaleRevision

_WORDS: Mapping[RefusalCode, tuple[type[AnyuanError], str, str]] = {
    RefusalCode.NOT_YOURS: (Forbidden, "此事项不由您办理", "This case does not ask for your decision"),
    RefusalCode.NOT_THE_INITIATOR: (Forbidden, "只有发起人可以撤回或重新提交", "Only the initiator may do this"),
    RefusalCode.OWN_CASE: (Forbidden, "不能审批自己发起的事项", "Nobody decides their own case"),
    RefusalCode.BARRED: (Forbidden, "您与此事项有利害关系，须回避", "You are barred from deciding this case"),
    RefusalCode.ONE_STAGE_PER_ROUND: (
        Forbidden,
        "您在本轮已办理过其他环节，同一人每轮只能办理一个环节",
        "One person decides at most one stage of a round, and you have decided one",
    ),
    RefusalCode.ALREADY_DECIDED: (Conflict, "此环节已由他人办理", "This stage has been decided already"),
    RefusalCode.NOT_YOUR_TURN: (Conflict, "尚未轮到您办理", "It is not your turn yet"),
    RefusalCode.NOT_LEGAL_NOW: (Conflict, "事项当前状态不允许此操作", "The state of the case does not allow this now"),
    RefusalCode.HELD: (Conflict, "此环节暂无人可办理，已挂起", "Nobody may decide this stage now: it is held"),
    RefusalCode.MAX_ROUNDS: (
        Conflict,
        "已达退回次数上限，请同意或驳回",
        "The case has had its last round: approve or reject it",
    ),
    RefusalCode.STALE_REVISION: (StaleRevision, StaleRevision.default_zh, StaleRevision.default_en),
    RefusalCode.OPINION_REQUIRED: (Invalid, "请填写办理意见", "An opinion is required"),
}
_VERBS: Mapping[Verb, str] = {
    Verb.SUBMIT: "提交",
    Verb.APPROVE: "同意",
    Verb.REJECT: "驳回",
    Verb.RETURN: "退回",
    Verb.RESUBMIT: "重新提交",
    Verb.WITHDRAW: "撤回",
}


def error_of(refusal: Refusal, *, revision: int, allowed: Sequence[Verb]) -> AnyuanError:
    """Answer the error that a refusal is raised as.

    A conflict says who won (`winner`), which verbs are left (`allowed_actions`) and the current `revision`.
    """
    cls, zh, en = _WORDS[refusal.code]
    extra: dict[str, Any] = {}
    if issubclass(cls, Conflict | StaleRevision):
        extra = {"revision": revision, "allowed_actions": [verb.value for verb in allowed]}
    if refusal.winner is not None and issubclass(cls, Conflict):
        extra["winner"] = _winner(refusal.winner)
        zh = f"{zh}（{refusal.winner.person.name} 已{_VERBS.get(refusal.winner.verb, '办理')}）"
        en = f"{en} ({refusal.winner.person.name}: {refusal.winner.verb})"
    pointer = "/opinion" if refusal.code is RefusalCode.OPINION_REQUIRED else None
    return cls(refusal.code.value, zh=zh, en=en, pointer=pointer, **extra)


def _winner(winner: LastMove) -> dict[str, Any]:
    return {"name": winner.person.name, "verb": winner.verb.value, "at": winner.at.isoformat()}
