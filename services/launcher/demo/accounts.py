"""The accounts that one can sign in to: listed, with a password that everybody may know. All others have none."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from services.launcher.demo.model import DemoOrganisation, DemoPerson, DemoWorld
from services.launcher.story.run import write_whole
from shared.identity import Role
from shared.regions import Regions

PASSWORD = "Anyuan-2026"  # noqa: S105 - printed beside every demonstration
MARKER = "seeded.json"
#: Officials who can be signed in as: the user name of each post.
OFFICIALS = {
    (Role.CLERK, "130123"): "zhengding-jingban",
    (Role.APPROVER, "130123"): "zhengding-shenpi",
    (Role.CLERK, "130100"): "shijiazhuang-jingban",
    (Role.APPROVER, "130100"): "shijiazhuang-shenpi",
    (Role.APPROVER, "130200"): "tangshan-shenpi",
    (Role.CLERK, "130000"): "hebei-jingban",
    (Role.APPROVER, "130000"): "hebei-shenpi",
}
#: The organisations whose heads are listed, each the first of its region.
HEADS = {"130123": "zhengding-lingdui", "130200": "tangshan-lingdui"}
STARRED, NEWCOMER = "zhiyuanzhe-xing", "zhiyuanzhe-xin"
_STAR_HOURS = 10_000
_GOOD_QUALITY = 3.5

_FIRST_CLICKS = {
    "system-admin": "机构与账号：新建账号，提出任职 / accounts: propose a post",
    "security-admin": "机构与账号：确认任职 / accounts: confirm a post",
    "audit-admin": "接口 /api/reporting/messaging：事件收发状况 / over the API: how events flow",
    "zhengding-jingban": "待我审批：核对志愿者注册 / to decide: confirm volunteers",
    "zhengding-shenpi": "待我审批：退回或通过活动报告，一星认定 / to decide: reports, a first star",
    "shijiazhuang-jingban": "待我审批：核对志愿者注册 / to decide: confirm volunteers",
    "shijiazhuang-shenpi": "待我审批：县级已通过的报告，表彰提名 / to decide: what the counties passed",
    "tangshan-shenpi": "待我审批：活动报告，表彰提名 / to decide: reports, a nomination",
    "hebei-jingban": "项目与活动：全省 / projects and activities of the whole province",
    "hebei-shenpi": "待我审批：终审报告，时长随即入账 / to decide: the last tier, hours are credited",
    "zhengding-lingdui": "活动报告：更正被退回的报告，再次提交 / reports: correct the returned one",
    "tangshan-lingdui": "活动报告：完成草稿并提交 / reports: complete the draft and submit it",
    STARRED: "我的档案：时长、星级、表彰 / my file: hours, stars, awards",
    NEWCOMER: "我的档案：离下一颗星还差多少 / my file: what the next star takes",
}


@dataclass(frozen=True, kw_only=True)
class DemoAccount:
    """An account to sign in to, and what to look at with it."""

    role: str
    username: str
    password: str
    first_click: str


@dataclass(frozen=True, kw_only=True)
class DemoAccounts:
    """The listed accounts, in the order in which they are shown."""

    accounts: tuple[DemoAccount, ...]

    @classmethod
    def of(cls, roles: dict[str, str]) -> DemoAccounts:
        """Answer the accounts of these user names, each with the role that its holder has."""
        return cls(
            accounts=tuple(
                DemoAccount(role=role, username=username, password=PASSWORD, first_click=_FIRST_CLICKS[username])
                for username, role in roles.items()
            )
        )

    @classmethod
    def load(cls, folder: Path) -> DemoAccounts:
        """Read the accounts that were listed when this folder was seeded."""
        listed = json.loads((folder / MARKER).read_text(encoding="utf-8"))["accounts"]
        return cls(accounts=tuple(DemoAccount(**line) for line in listed))

    def save(self, folder: Path) -> None:
        """Write the marker that says: everything before this is there."""
        text = {"accounts": [asdict(account) for account in self.accounts]}
        write_whole(folder / MARKER, json.dumps(text, ensure_ascii=False, indent=2))


def listed_organisations(world: DemoWorld) -> dict[str, DemoOrganisation]:
    """Answer the organisations whose heads are listed, by user name."""
    return {
        username: next(organisation for organisation in world.organisations if organisation.region == region)
        for region, username in HEADS.items()
    }


def listed_people(world: DemoWorld, regions: Regions, *, without: Collection[str]) -> dict[str, str]:
    """Answer the user names of the people of the world who are listed, by their keys.

    Who has few hours is none of the people named by `without`.
    """
    heads = {organisation.head for organisation in world.organisations}
    found = {organisation.head: username for username, organisation in listed_organisations(world).items()}
    hours = world.hours_of_people()
    quality = _quality(world)

    def is_starred(person: DemoPerson) -> bool:
        return hours[person.key] >= _STAR_HOURS and quality[person.key] >= _GOOD_QUALITY

    def is_near(person: DemoPerson) -> bool:
        return regions.contains("130100", person.region, on=world.today)

    # Preferably of the places that the listed officials are of.
    others = [person for person in world.people if person.key not in heads and hours.get(person.key)]
    starred = max(filter(is_starred, others), key=lambda one: (is_near(one), hours[one.key], one.key))
    local = next(organisation.key for organisation in world.organisations if organisation.region == "130123")
    few = min(
        (one for one in others if one.key not in without),
        key=lambda one: (one.organisation != local, hours[one.key], one.key),
    )
    return {**found, starred.key: STARRED, few.key: NEWCOMER}


def _quality(world: DemoWorld) -> dict[str, float]:
    marks: dict[str, list[int]] = defaultdict(list)
    for activity in world.activities:
        for entry in activity.entries:
            marks[entry.person].append(entry.quality)
    return {person: sum(given) / len(given) for person, given in marks.items()}
