"""The main job, step by step.

An organisation in 正定县 reports an activity; county, city and province decide it; the hours are credited; a
volunteer is starred and commended; a second report is rejected and credits nothing. `docs/a-reports-way.md` follows
the same way file by file.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.launcher.story import acts
from services.launcher.story.acts import Served
from services.launcher.story.cast import Cast
from services.launcher.story.people import Person, StoryFailed, credited_hours, wait_for
from services.launcher.story.settling import settled

COUNTY, CITY, PROVINCE = "130123", "130100", "130000"
SUMMARY = "本次活动走进正定镇12个社区，入户讲解用火用电用气安全，发放明白纸860份，现场演示灭火器使用24场。"
LONG_DAYS = 13
"""Thirteen days of eight hours are 104 hours: enough for the first star."""


@dataclass
class Told:
    """What the story has come to so far."""

    organisation_id: str = ""
    report_id: str = ""
    report_case: str = ""
    rejected_report_id: str = ""
    crossing_report_id: str = ""
    nomination_case: str = ""
    award_case: str = ""


@dataclass
class Story:
    """One telling; every step can be told again and comes to the same end."""

    cast: Cast
    first_day: date
    told: Told = field(default_factory=Told)

    def steps(self) -> tuple[tuple[str, Callable[[], str]], ...]:
        """Answer the steps in their order: a title, and what happens; it answers what there is to say."""
        return (
            (
                "三员就位，任命各级经办、审批人员 / Officials appointed, each post confirmed by a second person",
                self.appoint,
            ),
            (
                "正定县组织注册，县级审批 / An organisation of 正定县 registers, the county approves",
                self.register_organisation,
            ),
            (
                "志愿者实名注册，县级经办确认 / Volunteers register, the county's clerk confirms",
                self.register_volunteers,
            ),
            ("记录项目、活动和每人时长 / A project, an activity, everybody's hours", self.hold_activity),
            ("提交活动报告 / The activity report is submitted", self.submit),
            ("县级退回：指出具体字段 / The county returns it, with reasons on fields", self.return_once),
            ("更正后重新提交 / Corrected and submitted again", self.resubmit),
            ("县、市、省逐级审批 / County, city and province approve, each a different person", self.approve),
            ("时长入账 / Records confirmed, hours credited", self.credit),
            ("一星认定：县级决定 / A first star, decided by the county", self.grant_star),
            (
                "优秀志愿者：县级提名，市、省决定 / A commendation: county nominates, city and province decide",
                self.commend,
            ),
            ("另一报告被驳回，不计时长 / Another report is rejected and credits nothing", self.reject),
        )

    def appoint(self) -> str:
        """Appoint the officials."""
        cast, (city, province) = self.cast, self.cast.above
        acts.appoint(cast.admins, cast.county_clerk, role="clerk", region=COUNTY)
        acts.appoint(cast.admins, cast.county, role="approver", region=COUNTY)
        acts.appoint(city, cast.city, role="approver", region=CITY)
        acts.appoint(province, cast.province, role="approver", region=PROVINCE)
        # A case that comes to a post before the word of its holder does is held first, with one more alarm.
        settled(cast)
        return "郭静（县经办）何建民（县审批）梁卫东（市审批）宋文华（省审批）"

    def register_organisation(self) -> str:
        """Register the organisation."""
        name = f"正定县安全生产志愿服务队（{self.cast.place.run}）"
        self.told.organisation_id = acts.register_organisation(
            self.cast.head, self.cast.county, name=name, region=COUNTY
        )
        return name

    def register_volunteers(self) -> str:
        """Register the volunteers."""
        for number, person in enumerate(self.cast.volunteers):
            acts.register_volunteer(person, self.cast.county_clerk, region=COUNTY, place_in_run=number)
        return f"{len(self.cast.volunteers)} 人 / people"

    def hold_activity(self) -> str:
        """Hold the activity: three people over 100 hours, one of them below the quality floor."""
        people = self.cast.volunteers
        served = [
            Served(person=people[0], days=LONG_DAYS, quality=5),
            Served(person=people[1], days=LONG_DAYS, quality=4),
            Served(person=people[2], days=LONG_DAYS, quality=2),
            *(Served(person=person, days=1, hours=4) for person in people[3:]),
        ]
        self.told.report_id = acts.hold_activity(
            self.cast.head,
            organisation_id=self.told.organisation_id,
            name="安全生产月入户宣传",
            first_day=self.first_day,
            served=served,
            place="石家庄市正定县正定镇各社区",
        )
        return f"{sum(one.days for one in served)} 条记录 / records"

    def submit(self) -> str:
        """Submit the report."""
        self.told.report_case = acts.submit_report(self.cast.head, self.told.report_id, summary=SUMMARY, step="first")
        return self.told.report_case

    def return_once(self) -> str:
        """Return the report with reasons on fields."""
        acts.decide(
            self.cast.county,
            "reporting",
            self.told.report_case,
            "return",
            step="return",
            opinion="请核对末条记录的时长，并补充发放材料数量",
            remarks=[
                {"pointer": "/lines/0/hours", "reason": "与签到表不一致，应为7.5小时"},
                {"pointer": "/summary", "reason": "请写明发放材料数量"},
            ],
        )
        return "2 处意见 / remarks"

    def resubmit(self) -> str:
        """Correct the hours that the county named and submit again."""
        head, key = self.cast.head, self.cast.place.key
        report = head.get(f"/reporting/reports/{self.told.report_id}")
        if report["state"] == "returned":
            first = report["lines"][0]
            if first["hours"] != 7.5:
                head.change(
                    "PATCH",
                    f"/reporting/reports/{self.told.report_id}",
                    {"lines": [{"record_id": first["record_id"], "hours": 7.5}]},
                    key=key("correct"),
                    revision=report["revision"],
                )
            acts.submit_report(
                head, self.told.report_id, summary=SUMMARY + "更正：首日一人时长为7.5小时。", step="again"
            )
        return "1 处时长更正 / one correction"

    def approve(self) -> str:
        """Approve in three tiers; doing it a second time changes nothing."""
        case = self.told.report_case
        for person, step in ((self.cast.county, "county"), (self.cast.city, "city"), (self.cast.province, "province")):
            acts.decide(person, "reporting", case, "approve", step=f"report/{step}", opinion="同意")
        whole = self.cast.province.get(f"/reporting/cases/{case}")
        acts.expect_refusal(
            lambda: self.cast.province.post(
                f"/reporting/cases/{case}/approve", {}, key=self.cast.place.key("again"), revision=whole["rev"]
            ),
            status=409,
            what="a second approval",
        )
        return "正定县 → 石家庄市 → 河北省"

    def credit(self) -> str:
        """Wait until every record is confirmed and the ledger adds up."""
        expected = {person.username: 4.0 for person in self.cast.volunteers[3:]}
        report = self.cast.head.get(f"/reporting/reports/{self.told.report_id}")
        for person in self.cast.volunteers[:3]:
            lines = [line for line in report["lines"] if line["volunteer_number"] == person.volunteer_number]
            expected[person.username] = float(sum(line["hours"] for line in lines if line["counted"]))
        for person in self.cast.volunteers:
            self._wait_for_hours(person, expected[person.username], of=self.told.report_id)
        return f"{sum(expected.values()):g} 小时 / hours"

    def grant_star(self) -> str:
        """Decide the candidates that the credited hours made; the one below the quality floor is none."""
        for person in self.cast.volunteers[:2]:
            case_id = self._candidacy(person)
            if case_id:
                step = f"star/{person.username}"
                acts.decide(self.cast.county, "awards", case_id, "approve", step=step, opinion="同意认定")
            self._wait_for_star(person)
        if self._stars(self.cast.volunteers[2]) or self._open_candidacy(self.cast.volunteers[2]):
            raise StoryFailed("a volunteer below the quality floor became a candidate")
        return "王晓明、李秀兰 ★"

    @staticmethod
    def _wait_for_hours(person: Person, hours: float, *, of: str) -> None:
        wait_for(lambda: credited_hours(person, of) == hours, what=f"{hours:g} hours of {person.name}")

    def _wait_for_star(self, person: Person) -> None:
        wait_for(lambda: self._stars(person) == 1, what=f"the star of {person.name}")

    @staticmethod
    def _stars(person: Person) -> int:
        return int(person.get("/registration/volunteers/me/file")["stars"])

    @staticmethod
    def _open_candidacy(person: Person) -> str | None:
        """Answer the case of the star that this person is a candidate for, or None."""
        running = person.get("/awards/stars/mine")["nominations"]
        # Told again, the story may find a commendation on its way as well.
        return next((str(one["case_id"]) for one in running if one["kind"] == "star"), None)

    def _candidacy(self, person: Person) -> str:
        """Wait for the candidacy; answers "" when it was decided already."""
        return wait_for(
            lambda: self._open_candidacy(person) or (" " if person.get("/awards/stars/mine")["stars"] else None),
            what=f"the candidacy of {person.name}",
        ).strip()

    def commend(self) -> str:
        """Nominate the first starred volunteer; the award reaches their file and their inbox."""
        person = self.cast.volunteers[0]
        nomination = self.cast.county_clerk.post(
            "/awards/nominations",
            {
                "award": "outstanding_volunteer",
                "round": str(self.first_day.year),
                "volunteer_number": person.volunteer_number,
                "story": "连续十三天入户宣传，走遍正定镇全部老旧小区，帮助37户更换老化燃气软管，群众称赞不已。",
            },
            key=self.cast.place.key("nomination"),
        )
        self.told.award_case = nomination["case_id"]
        for official, step in ((self.cast.city, "city"), (self.cast.province, "province")):
            acts.decide(official, "awards", self.told.award_case, "approve", step=f"award/{step}", opinion="同意表彰")
        wait_for(
            lambda: any(one["kind"] == "award" for one in person.get("/registration/volunteers/me/file")["entries"]),
            what="the award in the e-file",
        )
        wait_for(
            lambda: any(
                one["kind"] == "award.granted" for one in person.get("/notifications/messages", limit=100)["items"]
            ),
            what="the award in the inbox",
        )
        return "王晓明：优秀志愿者"

    def reject(self) -> str:
        """Reject another report: its records are void, and nobody's hours change."""
        person = self.cast.volunteers[3]
        before = person.get("/records/ledger/mine")["total"]
        self.told.rejected_report_id = acts.hold_activity(
            self.cast.head,
            organisation_id=self.told.organisation_id,
            name="消防演练观摩",
            first_day=self.first_day + timedelta(days=LONG_DAYS),
            served=[Served(person=person, days=1, hours=8)],
            place="石家庄市正定县常山影剧院广场",
        )
        case = acts.submit_report(
            self.cast.head,
            self.told.rejected_report_id,
            summary="组织志愿者观摩消防演练并协助维持现场秩序，参与群众约三百人。",
            step="reject",
        )
        acts.decide(self.cast.county, "reporting", case, "reject", step="reject", opinion="无签到表和照片，不予认定")
        wait_for(
            lambda: person.get("/records/records/mine", state="void")["items"],
            what="the voided record of the rejected report",
        )
        if person.get("/records/ledger/mine")["total"] != before:
            raise StoryFailed("a rejected report credited hours")
        return "0 小时 / hours"


def tell(story: Story, say: Callable[[int, int, str, str | None, float], None]) -> float:
    """Tell the whole story; answers the seconds it took.

    `say(number, of, title, outcome, seconds)` is called before each step (outcome None) and after it.
    :raises StoryFailed: naming the step that failed.
    """
    begun = time.monotonic()
    steps = story.steps()
    for number, (title, happen) in enumerate(steps, start=1):
        say(number, len(steps), title, None, 0.0)
        started = time.monotonic()
        try:
            outcome = happen()
        except StoryFailed as failure:
            raise StoryFailed(f"step {number} ({title}): {failure}") from failure
        say(number, len(steps), title, outcome, time.monotonic() - started)
    return time.monotonic() - begun
