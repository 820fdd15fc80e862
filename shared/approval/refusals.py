"""What a refusal of the core is called outside: an error with a stable code and words for the person at the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.approval.core.refusal import Refusal, RefusalCode
from shared.approval.core.state import LastMove
from shared.approval.core.words import Verb
from shared.errors import AnyuanError, Conflict, Fault, Forbidden, Invalid, StaleRevision

_WORDS: Mapping[RefusalCode, tuple[type[AnyuanError], str, str]] = {
    RefusalCode.NOT_YOURS: (Forbidden, "此事项不由您办理", "This case does not ask for your decision"),
    RefusalCode.NOT_THE_INITIATOR: (Forbidden, "只有发起人可以进行此操作", "Only the initiator may do this"),
    RefusalCode.NOT_AN_ADMINISTRATOR: (
        Forbidden,
        "只有本地区或上级的系统管理员可以进行此操作",
        "Only a system administrator of the region or above may do this",
    ),
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
    RefusalCode.TASK_CLAIMED: (Conflict, "此任务已被他人认领", "Somebody else has claimed this task"),
    RefusalCode.MAX_VISITS: (
        Conflict,
        "该环节退回次数已达上限，请同意、驳回或退回其他环节",
        "That node has been visited as often as it may be: approve, reject or return elsewhere",
    ),
    RefusalCode.NOWHERE_TO_RETURN: (
        Conflict,
        "不能退回到该环节，请选择已办理过的前序环节",
        "The case cannot be returned there: choose an earlier node that has been passed",
    ),
    RefusalCode.NOT_REMOVABLE: (
        Conflict,
        "只能减去自己加签、尚未办理且不是最后一人的签署人",
        "Only a signer whom you added, who has not spoken and is not the last one, can be removed",
    ),
    RefusalCode.TOO_SOON: (Conflict, "24小时内已催办过，请稍后再催", "A reminder was sent within the last day"),
    RefusalCode.TOO_LATE: (Conflict, "已超过可申请撤销的期限", "The time in which this could be revoked is over"),
    RefusalCode.FIELD_FROZEN: (
        Conflict,
        "事项正在审批，当前环节不允许修改这些内容",
        "Under approval these fields cannot change at the present stage",
    ),
    RefusalCode.RECIPIENT_UNFIT: (
        Invalid,
        "所选人员不能办理：须是本环节所在地区的在职人员，且不是发起人、回避人或已办理人",
        "Choose an official of the stage's region who is not the initiator, not barred and has not decided yet",
    ),
    RefusalCode.CANNOT_MIGRATE: (
        Conflict,
        "不能迁移：须是同一流程的更高版本，且包含当前环节",
        "Choose a later version of the same definition that has the present node",
    ),
    RefusalCode.ELSEWHERE: (
        Conflict,
        "该事项正由另一节点办理，此操作请在办理该事项的节点进行",
        "Another node has this case now: this can be done there only",
    ),
    RefusalCode.NOT_ACROSS_NODES: (
        Conflict,
        "此流程含有等待子事项的环节，不能移交其他节点办理",
        "This route waits for cases of their own, and so cannot be handed over to another node",
    ),
    RefusalCode.STALE_REVISION: (StaleRevision, StaleRevision.default_zh, StaleRevision.default_en),
    RefusalCode.OPINION_REQUIRED: (Invalid, "请填写办理意见", "An opinion is required"),
    RefusalCode.SIGNATURE_REQUIRED: (
        Invalid,
        "此环节须填写签名编号：签名存放在别处的编号（如电子签名的序列号）",
        "This stage needs a signature: the reference under which it is kept elsewhere",
    ),
}
_VERBS: Mapping[Verb, str] = {
    Verb.SUBMIT: "提交",
    Verb.APPROVE: "同意",
    Verb.REJECT: "驳回",
    Verb.RETURN: "退回",
    Verb.RESUBMIT: "重新提交",
    Verb.WITHDRAW: "撤回",
    Verb.TAKE_BACK: "拿回",
    Verb.CLAIM: "认领",
    Verb.UNCLAIM: "退还认领",
    Verb.TRANSFER: "转办",
    Verb.DELEGATE: "委派",
    Verb.RESOLVE: "回复委派",
    Verb.ADD_SIGN: "加签",
    Verb.REMOVE_SIGN: "减签",
    Verb.SUSPEND: "暂停",
    Verb.RESUME: "恢复",
    Verb.TERMINATE: "终止",
    Verb.MIGRATE: "迁移流程版本",
    Verb.HAND_OVER_ALL: "离职转办",
    Verb.REQUEST_REVOCATION: "申请撤销",
}

_POINTERS = {
    RefusalCode.OPINION_REQUIRED: "/opinion",
    RefusalCode.SIGNATURE_REQUIRED: "/signature",
    RefusalCode.RECIPIENT_UNFIT: "/to",
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
    code, pointer = refusal.code.value, _POINTERS.get(refusal.code)
    faults = [Fault(code=code, zh=zh, en=en, pointer=one) for one in refusal.pointers]
    return cls(code, zh=zh, en=en, pointer=pointer, faults=faults, **extra)


def _winner(winner: LastMove) -> dict[str, Any]:
    return {"name": winner.person.name, "verb": winner.verb.value, "at": winner.at.isoformat()}
