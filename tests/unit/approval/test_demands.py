"""What a node demands of a decision besides the verb: words, the reference of a signature."""

from __future__ import annotations

from shared.approval.core.parsing import parse
from shared.approval.core.refusal import RefusalCode
from shared.approval.core.words import CaseState, Verb
from tests.unit.approval.cases import BEN, CAI, Desk, body, node


def test_a_mandatory_opinion_is_asked_for() -> None:
    desk = Desk(parse(body(node("county", opinion=["return"]))))
    assert desk.refused(Verb.RETURN, BEN, opinion="  ").code is RefusalCode.OPINION_REQUIRED
    assert desk.do(Verb.RETURN, BEN, opinion="请补充照片").state is CaseState.RETURNED


def test_a_mandatory_signature_is_asked_for_and_kept_with_the_decision() -> None:
    desk = Desk(parse(body(node("county", signature=["approve"]), node("city"))))
    assert desk.refused(Verb.APPROVE, BEN, opinion="同意", signature="  ").code is RefusalCode.SIGNATURE_REQUIRED
    desk.do(Verb.APPROVE, BEN, signature="CFCA-20170901-0007")
    desk.do(Verb.APPROVE, CAI)
    said = [move.decision.said.signature for move in desk.moves if move.decision and move.decision.said]
    assert said == ["", "CFCA-20170901-0007", ""]
