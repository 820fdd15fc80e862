"""A volunteer moves to another county: asked for, corrected, taken over, followed through every service, on pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from services.launcher.story import acts
from services.launcher.story.people import wait_for
from services.records.commands.cases import approvals
from shared.approval.core.parsing import parse
from shared.approval.definitions import shipped
from tests.integration.portal.browsing import Browser
from tests.integration.portal.conftest import World, living

NEW = "130125"
WISH: dict[str, str | list[str]] = {"region": NEW, "reason": "搬家到行唐县", "consent": "yes"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """行唐县 has a clerk and an approver."""
    with living(tmp_path_factory.mktemp("moving")) as made:
        for handle, name, role in (("new_clerk", "田梅", "clerk"), ("new_approver", "谢军", "approver")):
            made.people[handle] = acts.appoint(
                made.admins, acts.made_up(made.place, handle, name), role=role, region=NEW
            )
        yield made


def waiting_for(browser: Browser, text: str) -> None:
    wait_for(lambda: text in browser.open("/").text, what=f"{text} on the desk")


def transfers(world: World, handle: str) -> list[Any]:
    found: list[Any] = world.people[handle].get("/records/transfers/mine")
    return found


def test_what_is_missing_is_said_at_its_field(world: World) -> None:
    volunteer = world.browser("li")
    volunteer.open("/me")
    page = volunteer.click("异地转移")
    assert "现在所属地区 石家庄市正定县" in page.text
    refused = volunteer.submit("/transfers", **{**WISH, "consent": []})
    assert refused.status == 422
    assert "请勾选同意" in refused.text
    refused = volunteer.submit("/transfers", **{**WISH, "region": "130123"})
    assert refused.status == 422
    assert "您已在该地区，无需转移" in refused.text
    assert transfers(world, "li") == []


def test_a_volunteer_withdraws_their_consent(world: World) -> None:
    volunteer = world.browser("li")
    volunteer.open("/transfers")
    assert "已提交，由石家庄市行唐县办理" in volunteer.submit("/transfers", **WISH).text
    volunteer.click("撤回同意")
    volunteer.submit("/withdraw", opinion="不搬了")
    assert [one["state"] for one in transfers(world, "li")] == ["withdrawn"]
    page = volunteer.open("/transfers")
    assert "石家庄市正定县 → 石家庄市行唐县 已撤回" in page.text
    assert "申请转移" in page.text


def test_a_demanded_signature_is_asked_for_at_its_field(world: World) -> None:
    written: dict[str, Any] = dict(shipped()["transfer"].body)
    written |= {"version": 3, "route": [{**written["route"][0], "signature": ["approve"]}]}
    with world.node.databases["records"].unit_of_work() as uow:
        approvals.publish(uow, parse(written), by="test")
    volunteer, clerk = world.browser("li"), world.browser("new_clerk")
    volunteer.open("/transfers")
    volunteer.submit("/transfers", **WISH)
    waiting_for(clerk, "异地转移：李秀兰")
    assert "签名编号 签名保存在别处的编号" in clerk.click("异地转移：李秀兰").text
    refused = clerk.submit("/approve", opinion="已核验", signature=" ")
    assert refused.status == 422
    assert "此环节须填写签名编号" in refused.text
    clerk.submit("/approve", opinion="已核验", signature="档案-2026-7")
    case = transfers(world, "li")[0]["case_id"]
    assert "签名编号：档案-2026-7" in volunteer.open(f"/cases/records/{case}").text
    volunteer.open("/transfers")
    volunteer.click("撤回同意")
    volunteer.submit("/withdraw", opinion="不搬了")


def test_a_transfer_is_returned_corrected_and_taken_over(world: World) -> None:
    volunteer, clerk, approver = (world.browser(one) for one in ("wang", "new_clerk", "new_approver"))
    volunteer.open("/transfers")
    volunteer.submit("/transfers", **WISH)
    waiting_for(clerk, "异地转移：王晓明")
    case = clerk.click("异地转移：王晓明")
    for told in ("转出地区 石家庄市正定县", "转入地区 石家庄市行唐县", "原因 搬家到行唐县", "累计服务时间"):
        assert told in case.text
    clerk.click("退回")
    clerk.submit("/return", opinion="请写明现住址所在乡镇")

    page = volunteer.open("/transfers")
    assert "请写明现住址所在乡镇" in page.text
    action = f"/transfers/{transfers(world, 'wang')[0]['id']}"
    assert "已重新提交" in volunteer.submit(action, reason="搬家到行唐县龙州镇").text
    waiting_for(clerk, "异地转移：王晓明")
    assert "搬家到行唐县龙州镇" in clerk.click("异地转移：王晓明").text
    clerk.submit("/approve", opinion="已核验", signature="CFCA-0006")
    waiting_for(approver, "异地转移：王晓明")
    approver.click("异地转移：王晓明")
    assert "审批全部完成" in approver.submit("/approve", opinion="同意接收", signature="CFCA-0007").text

    wait_for(lambda: transfers(world, "wang")[0]["state"] == "moved", what="registration's word")
    me = world.people["wang"].get("/registration/volunteers/me")
    assert me["region"] == NEW
    own = volunteer.open("/me").text
    assert "石家庄市行唐县" in own
    assert "由石家庄市正定县转入石家庄市行唐县" in own
    assert "已转移" in volunteer.open("/transfers").text
    history = volunteer.click("查看办理进度").text
    assert "签名编号：CFCA-0007" in history
    wait_for(
        lambda: "志愿者转出：王晓明" in world.browser("clerk").open("/messages").text, what="the old place's message"
    )
    wait_for(lambda: "异地转移" in volunteer.open("/messages").text, what="the volunteer's message")
    [listed] = world.people["new_clerk"].get("/registration/volunteers")["items"]
    assert listed["name"] == "王晓明"


def test_who_moved_here_from_another_node_claims_an_account_with_their_secret(world: World) -> None:
    visitor = world.browser("")
    visitor.open("/login")
    page = visitor.click("认领转入的账号")
    assert "请用原账号领取的认领口令证明身份，并重新填写身份证号" in page.text
    missing = visitor.submit("/claim", secret="x", username="tang-jing", password="a", password_again="b")
    assert missing.status == 422
    wrong = visitor.submit(
        "/claim",
        secret="nobody-was-told-this",
        username="tang-jing",
        password="Correct-Horse-9",
        password_again="Correct-Horse-9",
        id_number="130123199001011234",
        mobile="13800001234",
        consents=["privacy", "id_number"],
    )
    assert wrong.status == 422
    assert "一次性口令无效" in wrong.text
