"""The province's system administrator writes a route on the site: faults at their lines, the picture, publishing."""

from __future__ import annotations

import html
from collections.abc import Iterator

import httpx
import pytest

from services.portal.app import create_app
from tests.integration.portal.browsing import Browser
from tests.integration.portal.conftest import World

DRAFT = "/definitions/awards/star_rating_low/draft"
SOUND = """\
title: {zh: 一至二星级认定, en: One or two stars}
route:
  - node: county
    title: {zh: 县级认定, en: County}
    tier: county
    mode: any
    approvers: [{role: approver}]
    opinion: [reject, return]
    due: {workdays: 7}
"""
BROKEN = SOUND.replace("tier: county", "tier: town").replace("{workdays: 7}", "{workdays: soon}")


@pytest.fixture
def admin(world: World) -> Iterator[Browser]:
    """The administrator at the editor of a route whose draft is then published, so that each test begins without."""
    browser = world.browser("system")
    browser.open(DRAFT)
    yield browser
    browser.open(DRAFT)
    if "草稿 第" in browser.page.text:
        browser.submit("/draft", do="save", text=SOUND)
        browser.open(f"{DRAFT}/publish")
        assert "已发布" in browser.submit("/publish").text


def test_a_draft_that_nobody_wants_is_deleted(world: World, admin: Browser) -> None:
    before = versions(world)
    admin.open(DRAFT)
    assert "删除草稿" not in admin.page.text
    admin.submit("/draft", do="save", text=SOUND)
    asking = admin.click("删除草稿")
    assert "已发布的版本不受影响" in asking.text
    form = asking.form("/discard")
    admin.open(DRAFT)
    admin.submit("/draft", do="save", text=SOUND.replace("workdays: 7", "workdays: 8"))
    late = admin.send(form)
    assert (late.status, "草稿在您打开本页之后又有改动" in late.text) == (409, True)
    again = late.form("/discard")
    for _ in range(2):
        assert "草稿已删除" in admin.send(again).text
    assert versions(world) == before
    assert "没有草稿" in admin.open(f"{DRAFT}/discard").text


def test_a_route_that_was_never_published_goes_with_its_draft(world: World) -> None:
    browser = world.browser("system")
    browser.open("/definitions/awards/passing_thought/draft?begin=empty")
    browser.submit("/draft", do="save", text=SOUND)
    assert "将随草稿一并消失" in browser.click("删除草稿").text
    assert browser.submit("/discard").path == "/definitions"
    assert "passing_thought" not in browser.page.text


def versions(world: World) -> list[tuple[int, str]]:
    found = world.people["system"].get("/awards/definitions")
    mine = next(one for one in found if one["key"] == "star_rating_low")
    return [(one["version"], one["state"]) for one in mine["versions"]]


@pytest.mark.parametrize(("region", "may"), [("130000", True), ("130100", False)])
def test_the_editor_is_for_who_administers_all_that_the_node_hosts(world: World, region: str, may: bool) -> None:
    api = httpx.Client(transport=httpx.WSGITransport(app=world.node.wsgi), base_url="http://anyuan/api")
    browser = Browser(create_app(api=api, secret=b"s" * 32, secure_cookies=False, top_region=region))
    system = world.people["system"]
    browser.sign_in(system.username, system.password)
    assert ("新建流程" in browser.open("/definitions").text) is may


def test_from_the_list_to_a_published_version(world: World) -> None:
    before = versions(world)[0][0]
    browser = world.browser("system")
    browser.open("/definitions")
    browser.click("一至二星级认定")
    editor = browser.click("编写新版本")
    assert editor.path == DRAFT
    assert "title: {zh: 一至二星级认定" in editor.form("/draft").values["text"]
    assert "<svg" in editor.html
    assert "style=" not in editor.html
    saved = browser.submit("/draft", do="save", text=SOUND)
    assert "草稿已保存" in saved.text
    assert f"草稿 第{before + 1}版" in saved.text
    assert "时限：7个工作日" in saved.text
    question = browser.click("去发布")
    assert f"新提交的事项，以及退回后重新提交的事项，按第{before + 1}版办理" in question.text
    assert "正在办理的事项不受影响" in question.text
    assert f"第{before}版同时停用" in question.text
    assert "+ due: {workdays: 7}" in question.text.replace("  ", " ") or before > 1
    form = question.form("/publish")
    for _ in range(2):
        done = browser.send(form)
        assert f"第{before + 1}版已发布" in done.text
        assert done.path == f"/definitions/awards/star_rating_low/{before + 1}"
    assert versions(world)[:2] == [(before + 1, "published"), (before, "retired")]


def test_every_fault_is_told_with_its_line_and_node_and_nothing_typed_is_lost(world: World, admin: Browser) -> None:
    before = versions(world)
    for do, status in (("check", 200), ("save", 422)):
        page = admin.submit("/draft", do=do, text=BROKEN)
        assert page.status == status
        assert page.form("/draft").values["text"] == BROKEN
        assert "有 2 处需要改正" in page.text
        assert "第 5 行 环节“县级认定” › tier：“town”不可用，可用：home, county, city, province" in page.text
        assert "第 9 行 环节“县级认定” › due › workdays：应为1到9999的整数" in page.text
        assert "tier: town" in page.text
        assert "尚未保存" in page.text
    assert versions(world) == before
    admin.open("/language/en?next=/")
    admin.open(DRAFT)
    page = admin.submit("/draft", do="check", text=BROKEN)
    assert 'Line 5 node “County” › tier: "town" is not one of home, county, city, province' in page.text
    assert "2 things to correct" in page.text
    admin.open("/language/zh-CN?next=/")


def test_what_is_no_yaml_is_told_with_its_line(admin: Browser) -> None:
    page = admin.submit("/draft", do="save", text="title: {zh: 审批\nroute: [")
    assert page.status == 422
    assert "格式不是 YAML 或 JSON" in page.text
    assert page.form("/draft").values["text"] == "title: {zh: 审批\nroute: ["
    hostile = "title: {zh: '</textarea><script>alert(1)</script>', en: x}\n"
    page = admin.submit("/draft", do="check", text=hostile)
    assert "<script>alert" not in page.html


def test_what_cannot_be_published_is_saved_and_told_before_anybody_tries(world: World, admin: Browser) -> None:
    page = admin.submit("/draft", do="save", text=SOUND.replace("role: approver", "role: volunteer"))
    assert "草稿已保存" in page.text
    assert "没有“volunteer”这个办理角色" in page.text
    assert "可以先保存为草稿，改正后才能发布" in page.text
    assert "去发布" not in page.text
    publishing = admin.open(f"{DRAFT}/publish")
    assert "改正后才能发布" in publishing.text
    assert "/draft/publish" not in [form for form in publishing.html.split('"') if form.endswith("publish")]


def test_who_saves_second_keeps_the_text_and_decides(world: World, admin: Browser) -> None:
    admin.submit("/draft", do="save", text=SOUND)
    other = world.browser("system")
    other.open(DRAFT)
    admin.submit("/draft", do="save", text=SOUND.replace("workdays: 7", "workdays: 8"))
    mine = SOUND.replace("workdays: 7", "workdays: 9")
    lost = other.submit("/draft", do="save", text=mine)
    assert lost.status == 409
    assert "没有保存：草稿已被改动" in lost.text
    assert "您（在另一个窗口） 已于" in lost.text
    assert "workdays: 8" in lost.text
    assert lost.form("/draft").values["text"] == mine
    # Saving again without saying so would lose the other text unseen.
    again = other.submit("/draft", do="save", text=mine)
    assert again.status == 409
    current = again.html.split('name="over" value="')[1].split('"')[0]
    done = other.submit("/draft", over=current, text=mine)
    assert "草稿已保存" in done.text
    assert "workdays: 9" in other.open(DRAFT).form("/draft").values["text"]


def test_two_who_begin_a_draft_and_one_whose_draft_was_published_keep_their_texts(world: World, admin: Browser) -> None:
    other = world.browser("system")
    other.open(DRAFT)
    admin.submit("/draft", do="save", text=SOUND)
    late = SOUND.replace("workdays: 7", "workdays: 6")
    lost = other.submit("/draft", do="save", text=late)
    assert (lost.status, lost.form("/draft").values["text"]) == (409, late)
    admin.click("去发布")
    admin.submit("/publish")
    other.open(DRAFT)
    admin.open(DRAFT)
    admin.submit("/draft", do="save", text=SOUND)
    behind = world.browser("system")
    behind.open(DRAFT)
    admin.open(f"{DRAFT}/publish")
    admin.submit("/publish")
    gone = behind.submit("/draft", do="save", text=late)
    assert gone.status == 409
    assert "草稿已经发布，或已不存在" in gone.text
    assert "草稿已保存" in behind.submit("/draft", over="", text=late).text


def test_a_double_click_saves_once_and_a_draft_that_moved_is_not_published(world: World, admin: Browser) -> None:
    form = admin.page.form("/draft")
    for _ in range(2):
        assert "草稿已保存" in admin.send(form, do="save", text=SOUND).text
    publishing = admin.open(f"{DRAFT}/publish").form("/publish")
    admin.open(DRAFT)
    admin.submit("/draft", do="save", text=SOUND.replace("workdays: 7", "workdays: 5"))
    lost = admin.send(publishing)
    assert lost.status == 409
    assert "没有发布：草稿在您打开本页之后又有改动" in lost.text
    assert versions(world)[0][1] == "draft"


def test_a_text_survives_the_end_of_a_session_and_a_page_that_is_too_old(world: World, admin: Browser) -> None:
    other = world.browser("system")
    other.open(DRAFT)
    form = other.page.form("/draft")
    forged = other.send(form, csrf_token="too old", do="save", text=SOUND)
    assert forged.status == 400
    assert html.unescape(forged.html.split("readonly>\n")[1].split("</textarea>")[0]) == SOUND
    # Signed out in another window, which shares the cookies; the form's own token is still good.
    other.client.delete_cookie("anyuan")
    ended = other.send(form, do="save", text=SOUND)
    assert "登录已过期" in ended.text
    assert "workdays: 7" in ended.text
    assert versions(world)[0][1] != "draft"


def test_a_draft_begins_with_any_version_or_with_next_to_nothing(admin: Browser) -> None:
    assert "max_rounds: 1" in admin.click("第1版").form("/draft").values["text"]
    empty = admin.click("从空白开始")
    assert "title: {zh: 新流程, en: New route}" in empty.form("/draft").values["text"]
    assert "<svg" in empty.html
    assert admin.open(f"{DRAFT}?begin=99").status == 404


def test_a_new_route_is_begun_published_and_retired(world: World) -> None:
    browser = world.browser("system")
    browser.open("/definitions")
    browser.click("新建流程")
    bad = browser.open("/definitions/new?service=reporting&key=Local+Matter")
    assert bad.status == 422
    assert "代码格式不正确" in bad.text
    assert (
        browser.open("/definitions/new?service=reporting&key=activity_report")
        .form("/draft")
        .values["text"]
        .startswith("title: {zh: 活动报告审批")
    )
    browser.open("/definitions/new?service=reporting&key=local_matter")
    assert browser.page.path == "/definitions/reporting/local_matter/draft?begin=empty"
    browser.submit("/draft", do="save")
    browser.click("去发布")
    published = browser.submit("/publish")
    assert "第1版已发布" in published.text
    question = browser.click("停用")
    assert "停用后不能再发起此类事项" in question.text
    form = question.form("/retire")
    for _ in range(2):
        assert "流程已停用" in browser.send(form).text
    assert "没有使用中的版本" in browser.open("/definitions/reporting/local_matter/retire").text
    assert "没有草稿" in browser.open("/definitions/reporting/local_matter/draft/publish").text


def test_nobody_else_is_shown_the_way_or_let_in(world: World) -> None:
    for handle in ("county", "security", "wang"):
        browser = world.browser(handle)
        for path in (DRAFT, f"{DRAFT}/publish", DRAFT.replace("draft", "retire"), "/definitions/new"):
            assert browser.open(path).status == 403, (handle, path)
        assert "编写新版本" not in browser.open("/definitions/awards/star_rating_low/1").text
    assert world.browser("system").open("/definitions/notifications/x/draft").status == 404
