"""Lists of cases on pages: narrowed down, decided many at once, and the verbs behind the three main ones."""

from __future__ import annotations

import re
from pathlib import Path

from services.launcher.story.people import wait_for
from tests.integration.portal.conftest import World, living
from tests.integration.portal.test_deciding import opened
from tests.integration.portal.test_pages import check

_ROW = re.compile(r'name="row" value="([^"]+)"')


def rows_of(html: str, *titles: str) -> list[str]:
    return [value for value in _ROW.findall(html) if any(title in value for title in titles)]


def test_many_are_approved_at_once_and_each_says_what_became_of_it(world: World) -> None:
    names = ("批量办理甲", "批量办理乙", "批量办理丙")
    ids = [world.submitted(name) for name in names]
    opened(world, "county", ids[2])
    county = world.browser("county")
    page = county.open("/lists/todo?title=批量")
    check(page)
    assert all(name in page.text for name in names)
    assert "checked" not in page.html.split('class="batch"')[1]
    assert county.open("/lists/todo?title=批量&ticked=all").html.count(" checked>") == 3
    chosen = rows_of(county.page.html, *names)
    form = county.page.form("/lists/decisions")
    opened(world, "county2", ids[1]).submit("/approve")

    done = county.send(form, row=chosen, opinion="材料齐全", verb="approve")
    check(done)
    assert "同意：已办理 2 件。1 件未办理" in done.text
    assert "韩雪 已同意" in done.text
    again = county.send(form, row=chosen, opinion="材料齐全", verb="approve")
    assert "同意：已办理 2 件。1 件未办理" in again.text
    trail = world.people["county"].get(f"/reporting/cases/{ids[0]}/trail")["entries"]
    assert [(entry["verb"], entry["opinion"]) for entry in trail] == [("submit", ""), ("approve", "材料齐全")]
    assert "批量办理甲" not in county.open("/lists/todo").text
    assert "批量办理甲" in county.open("/lists/done").text


def test_nothing_ticked_decides_nothing_and_a_bad_filter_is_said_at_its_field(world: World) -> None:
    world.submitted("没有勾选")
    county = world.browser("county")
    wait_for(lambda: "没有勾选" in county.open("/lists/todo").text, what="the case")
    assert "请先勾选" in county.send(county.page.form("/lists/decisions"), verb="approve").text
    short = county.open("/lists/todo?title=短")
    assert short.status == 422
    assert "长度不符合要求" in short.text
    assert county.open("/lists/nothing").status == 404


def test_every_list_is_there_for_an_official_and_for_a_submitter(world: World) -> None:
    world.submitted("谁的列表")
    for handle, which in (("county", "todo"), ("county", "cc"), ("county", "done"), ("head", "started")):
        page = world.browser(handle).open(f"/lists/{which}")
        assert page.status == 200
        check(page)
    assert "谁的列表" in page.text
    assert "没有符合条件的事项" in world.browser("head").open("/lists/started?title=从未有过").text


def test_many_are_signed_each_for_itself_where_the_route_demands_it(tmp_path: Path) -> None:
    with living(tmp_path) as world:
        system = world.browser("system")
        draft = "/definitions/reporting/activity_report/draft"
        text = system.open(draft).form("/draft").values["text"]
        signing = re.sub(r"^( +)opinion: .*$", r"\g<0>\n\1signature: [approve]", text, count=1, flags=re.MULTILINE)
        plain = world.submitted("签名前的报告")
        assert "草稿已保存" in system.submit("/draft", do="save", text=signing).text, system.page.text
        system.open(f"{draft}/publish")
        assert "已发布" in system.submit("/publish").text
        signed, silent = world.submitted("签名的报告"), world.submitted("没有签名的报告")

        county = opened(world, "county", silent)
        page = county.open("/lists/todo?business_type=activity_report")
        check(page)
        assert page.text.count("签名编号（同意须填写）") == 2
        rows = _ROW.findall(page.html)
        assert {row.split("|")[1] for row in rows} == {plain, signed, silent}
        signature = {f"signature-{signed}": "CFCA-7"}
        done = county.submit("/lists/decisions", row=rows, verb="approve", **signature)
        assert "同意：已办理 2 件。1 件未办理" in done.text
        head = world.people["head"]
        last = {case: head.get(f"/reporting/cases/{case}")["last"] for case in (plain, signed, silent)}
        assert [(one["verb"], one["signature"]) for one in last.values()] == [
            ("approve", ""),
            ("approve", "CFCA-7"),
            ("submit", ""),
        ]


def test_a_task_is_delegated_answered_and_decided(world: World) -> None:
    case_id = world.submitted("请人提意见")
    county = opened(world, "county", case_id)
    assert "更多操作" in county.page.text
    county.click("委派")
    check(county.page)
    assert "韩雪 · 石家庄市正定县 审批" in county.page.text
    refused = county.submit("/delegate", to="")
    assert refused.status == 422
    to = world.people["county2"].account_id
    done = county.submit("/delegate", to=to, opinion="请核对人数")
    assert "委派已办理" in done.text
    other = opened(world, "county2", case_id)
    other.click("回复委派")
    assert other.submit("/resolve", opinion="").status == 422
    assert "回复委派已办理" in other.submit("/resolve", phrase="经核实，情况属实。", opinion="人数无误。").text
    back = opened(world, "county", case_id)
    assert "经核实，情况属实。人数无误。" in back.page.text
    assert "已同意" in back.submit("/approve").text


def test_copies_are_sent_read_and_listed(world: World) -> None:
    case_id = world.submitted("抄送一下")
    county = opened(world, "county", case_id)
    county.click("抄送")
    check(county.page)
    assert county.submit("/cc", to=[]).status == 422
    county.submit("/cc", to=[world.people["city"].account_id])
    city = world.browser("city")
    assert "未读" in city.open("/lists/cc").text
    city.click("抄送一下")
    city.click("已阅")
    city.submit("/mark_read")
    assert "未读" not in city.open("/lists/cc").text


def test_a_signer_is_added_and_taken_off_and_a_claim_given_back(world: World) -> None:
    case_id = world.submitted("加签减签")
    county = opened(world, "county", case_id)
    county.click("认领")
    county.submit("/claim")
    county.click("退还认领")
    county.submit("/unclaim")
    county.click("加签")
    county.submit("/add_sign", to=world.people["county2"].account_id, placing="parallel")
    assert "加签已办理" in county.page.text
    county.click("减签")
    assert "韩雪" in county.page.text
    assert "减签已办理" in county.submit("/remove_sign").text


def test_phrases_are_kept_and_offered(world: World) -> None:
    city = world.browser("city")
    page = city.open("/phrases")
    check(page)
    assert "同意。" in page.html
    too_many = city.submit("/phrases", phrases="\n".join(["同意"] * 21))
    assert too_many.status == 422
    city.open("/phrases")
    assert "常用语已保存" in city.submit("/phrases", phrases="同意，请省级审定。\n\n 同意。").text
    assert city.open("/phrases").form("/phrases").values["phrases"].splitlines() == ["同意，请省级审定。", "同意。"]
