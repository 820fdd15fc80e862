"""Officials decide on the pages of cases: quickly, once, and never over somebody else's decision unawares."""

from __future__ import annotations

from services.launcher.story.people import wait_for
from tests.integration.portal.browsing import Browser
from tests.integration.portal.conftest import World


def opened(world: World, handle: str, case_id: str) -> Browser:
    browser = world.browser(handle)
    wait_for(lambda: browser.open(f"/cases/reporting/{case_id}").status == 200, what="the case")
    return browser


def test_three_clicks_from_signing_in_to_an_approved_report(world: World) -> None:
    case_id = world.submitted("入户讲解用气安全")
    who = world.people["county"]
    browser = world.browser()

    desk = browser.sign_in(who.username, who.password)
    assert "待我审批" in desk.text
    case = browser.click("入户讲解用气安全")
    assert case.path == f"/cases/reporting/{case_id}"
    assert "7 小时服务时间" in case.text
    after = browser.submit("/approve")

    assert "已同意“活动报告：入户讲解用气安全”，现由石家庄市审批" in after.text
    assert case_id not in after.html
    assert world.people["city"].get(f"/reporting/cases/{case_id}")["allowed_actions"][:1] == ["approve"]


def test_a_double_click_decides_once(world: World) -> None:
    case_id = world.submitted("双击一次生效")
    browser = opened(world, "county", case_id)
    form = browser.page.form("/approve")
    assert browser.send(form, opinion="材料齐全").status == 200
    assert "已同意" in browser.send(form, opinion="材料齐全").text
    entries = world.people["county"].get(f"/reporting/cases/{case_id}/trail")["entries"]
    assert [entry["verb"] for entry in entries] == ["submit", "approve"]


def test_who_comes_second_reads_who_was_faster(world: World) -> None:
    case_id = world.submitted("两人同时打开")
    first, second = opened(world, "county", case_id), opened(world, "county2", case_id)
    first.submit("/approve")

    lost = second.submit("/approve")
    assert lost.status == 409
    assert "刚才的操作没有生效：何建民 已于" in lost.text
    assert "同意。" in lost.text
    assert "您的审批" not in lost.text
    assert second.open(f"/cases/reporting/{case_id}/approve").path == f"/cases/reporting/{case_id}"
    asked = second.open(f"/cases/reporting/{case_id}/return")
    assert asked.status == 409
    assert "何建民" in asked.text


def test_a_return_names_fields_and_the_correction_shows_what_changed(world: World) -> None:
    case_id = world.submitted("退回后更正")
    county = opened(world, "county", case_id)
    county.click("退回修改")
    missing = county.submit("/return")
    assert missing.status == 422
    assert "请填写办理意见" in missing.text
    county.send(
        county.page.form("/return"),
        opinion="请核对李秀兰的时长",
        **{"remark:/lines/1/hours": "实际服务三个半小时", "remark:/summary": "请写明人数"},
    )
    assert "已退回" in county.page.text

    head = world.browser("head")
    assert "按退回意见更正" in head.page.text
    report = head.click("退回后更正")
    assert "何建民（石家庄市正定县）" in report.text
    assert "退回理由： 实际服务三个半小时" in report.text
    assert "2 处需要更正" in report.text
    head.submit("/reports/", then="submit", **{"lines-1-hours": "3.5", "summary": SUMMARY_AGAIN})
    assert "已提交审批" in head.page.text

    again = opened(world, "county", case_id).page
    assert "与第 1 轮相比的改动" in again.text
    assert "4 小时" in again.text.split("与第 1 轮相比的改动")[1]
    assert "3.5 小时" in again.text.split("与第 1 轮相比的改动")[1]
    assert "第 2 轮" in again.text
    assert "办理记录完整" in again.text


SUMMARY_AGAIN = "走进正定镇三个社区共二百一十户，讲解家庭用气安全并演示灭火器使用，发放明白纸一百二十份。"


def test_a_rejection_asks_for_the_reason_and_says_what_it_means(world: World) -> None:
    case_id = world.submitted("驳回即告结束")
    browser = opened(world, "county", case_id)
    question = browser.click("驳回")
    assert "不能再提交" in question.text
    assert browser.submit("/reject").status == 422
    assert "已驳回" in browser.submit("/reject", opinion="活动没有举行").text
    assert "已驳回" in browser.open(f"/cases/reporting/{case_id}").text


def test_the_initiator_withdraws_and_finds_the_draft(world: World) -> None:
    case_id = world.submitted("撤回成为草稿")
    head = opened(world, "head", case_id)
    assert "同意" not in head.page.text
    head.click("撤回")
    draft = head.submit("/withdraw")
    assert draft.path.startswith("/reports/")
    assert "草稿" in draft.text
    assert "正定县 → 石家庄市 → 河北省" in draft.text


def test_a_case_that_is_not_theirs_looks_as_if_it_were_not_there(world: World) -> None:
    case_id = world.submitted("别人的事项")
    page = world.browser("wang").open(f"/cases/reporting/{case_id}")
    assert page.status == 404
    assert "没有找到" in page.text
