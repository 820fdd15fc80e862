"""A system administrator moves a running case to a later version, and the work of somebody who leaves to another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from services.launcher.story.people import wait_for
from tests.integration.portal.browsing import Browser
from tests.integration.portal.conftest import World, living
from tests.integration.portal.test_deciding import opened

_numbers = count(1)
DRAFT = "/definitions/reporting/activity_report/draft"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with living(tmp_path_factory.mktemp("administering")) as made:
        yield made


def publish(world: World, change: tuple[str, str]) -> int:
    """Publish the activity report's route with one text in the place of another; answers the version."""
    browser = world.browser("system")
    text = browser.open(DRAFT).form("/draft").values["text"]
    assert change[0] in text, text
    browser.submit("/draft", do="save", text=text.replace(*change))
    browser.open(f"{DRAFT}/publish")
    assert "已发布" in browser.submit("/publish").text
    return int(browser.page.path.rsplit("/", 1)[1])


def test_a_running_case_goes_on_by_a_later_version_and_by_none_that_lacks_its_node(world: World) -> None:
    case_id = world.submitted("迁移到新版本")
    admin = opened(world, "system", case_id)
    nothing = admin.click("迁移流程版本")
    assert "没有更新的版本" in nothing.text
    assert "确认迁移" not in nothing.text
    fitting = publish(world, ("workdays: 10", "workdays: 15"))
    lacking = publish(world, ("node: county\n", "node: district\n"))
    try:
        admin.open(f"/cases/reporting/{case_id}/migrate")
        assert "本事项现按第1版办理" in admin.page.text
        assert "不能迁移：该版没有正在办理的环节“县级审批”" in admin.page.text
        assert f'value="{lacking}" disabled' in admin.page.html
        assert f'value="{fitting}" required checked' in admin.page.html
        silent = admin.submit("/migrate", version=str(fitting), opinion="")
        assert silent.status == 422
        assert admin.submit("/migrate", opinion="按新规定办理", version="x").status == 422
        assert "必填" in admin.submit("/migrate", opinion="按新规定办理", version="").text
        form = admin.page.form("/migrate")
        for _ in range(2):
            done = admin.send(form, version=str(fitting), opinion="按新规定办理")
            assert "迁移流程版本已办理" in done.text
        case = world.people["county"].get(f"/reporting/cases/{case_id}")
        assert case["definition_version"] == fitting
        trail = opened(world, "county", case_id).page.text
        assert trail.count("按新规定办理") == 1
        assert "迁移流程版本" in trail
        assert "已同意" in opened(world, "county", case_id).submit("/approve").text
    finally:
        publish(world, ("node: district\n", "node: county\n"))


def test_a_version_that_does_not_fit_is_refused_though_it_was_sent(world: World) -> None:
    case_id = world.submitted("不能迁移")
    admin = opened(world, "system", case_id)
    lacking = publish(world, ("node: county\n", "node: district\n"))
    try:
        admin.open(f"/cases/reporting/{case_id}/migrate")
        assert "确认迁移" not in admin.page.text
        refused = admin.submit("/migrate", version=str(lacking), opinion="硬要迁移")
        assert refused.status == 409
        assert "不能迁移" in refused.text
    finally:
        publish(world, ("node: district\n", "node: county\n"))


@pytest.fixture
def leaving(world: World) -> tuple[Browser, str]:
    """何建民 has claimed a report; the administrator is at the list of those with work by name."""
    case_id = world.submitted(f"离职转办的报告{next(_numbers)}")
    county = opened(world, "county", case_id)
    county.click("认领")
    county.submit("/claim")
    admin = world.browser("system")
    wait_for(lambda: "何建民" in admin.open("/hand-over").text, what="the claimed task")
    return admin, case_id


def test_what_waits_for_one_person_goes_to_another_once(world: World, leaving: tuple[Browser, str]) -> None:
    admin, case_id = leaving
    assert 'aria-current="page">离职转办' in admin.page.html
    asking = admin.open(f"/hand-over/{world.people['county'].account_id}")
    assert "转办 何建民 的待办" in asking.text
    assert "活动报告 1 项" in asking.text
    assert "韩雪 · 石家庄市正定县 审批" in asking.text
    assert "梁卫东" not in asking.text
    missing = admin.submit("/hand-over/", to="", opinion="本人调离")
    assert missing.status == 422
    assert missing.form("/hand-over/").values["opinion"] == "本人调离"
    form = missing.form("/hand-over/")
    for _ in range(2):
        done = admin.send(form, to=world.people["county2"].account_id, opinion="本人调离")
        assert done.status == 200
        assert "活动报告 已转办 1 项" in done.text
    case = world.people["county2"].get(f"/reporting/cases/{case_id}")
    assert [
        task["assignee_name"] for stage in case["stages"] for task in stage["tasks"] if task["ended_at"] is None
    ] == ["韩雪"]
    entries = world.people["county2"].get(f"/reporting/cases/{case_id}/trail")["entries"]
    assert [entry["verb"] for entry in entries].count("hand_over_all") == 1
    gone = admin.open(form.action)
    assert gone.path == "/hand-over"
    assert "没有可以转办的待办" in gone.text
    assert "已同意" in opened(world, "county2", case_id).submit("/approve").text


def test_what_cannot_be_theirs_stays_and_is_told_by_name(world: World, leaving: tuple[Browser, str]) -> None:
    admin, _ = leaving
    admin.open(f"/hand-over/{world.people['county'].account_id}")
    done = admin.submit("/hand-over/", to=world.people["city"].account_id, opinion="试一试")
    assert "1 项没有转成" in done.text
    assert "活动报告：离职转办的报告" in done.text
    unfit = admin.open(f"/hand-over/{world.people['county'].account_id}")
    assert unfit.status == 200, "it is still theirs"
    refused = admin.submit("/hand-over/", to=world.people["wang"].account_id, opinion="试一试")
    assert "没有转办：所选人员没有有效职务" in refused.text.replace(" ", "")
    admin.open(f"/hand-over/{world.people['county'].account_id}")
    admin.submit("/hand-over/", to=world.people["county2"].account_id, opinion="本人调离")


@pytest.mark.parametrize("handle", ["county", "security", "wang"])
def test_nobody_else_hands_over(world: World, handle: str) -> None:
    browser = world.browser(handle)
    assert 'href="/hand-over"' not in browser.open("/").html
    assert "没有" in browser.open("/hand-over").text
    assert browser.open("/hand-over/somebody").path == "/hand-over"
