"""Who has just applied: people and organisations that wait for the listed officials."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from services.launcher.demo.agenda import workday_after
from services.launcher.demo.enrolment import Enrolment
from services.launcher.demo.ground import Ground
from services.launcher.demo.model import DemoOrganisation, DemoPerson
from services.launcher.demo.people import PeopleMaker
from services.launcher.demo.places import Places

#: Region, kind and name of the organisations.
_ORGANISATIONS = (
    ("130123", "street", "正定县新城铺镇安全志愿服务队"),
    ("130100", "industry", "石家庄市物业行业安全志愿服务队"),
    ("130200", "industry", "唐山市陶瓷行业安全志愿服务队"),
    ("130000", "experts", "河北省特种设备安全专家志愿服务队"),
)
#: Where people applied, and how many.
_PEOPLE = (("130123", 3), ("130100", 2), ("130000", 2))
_PURPOSE = "组织本行业、本辖区志愿者开展安全宣传和隐患排查，普及安全知识。"
#: Long enough ago for anybody's date of joining, which means nothing here.
_FOUNDED = timedelta(days=460)


class Newcomers:
    """Adds to the agenda who applied in the last days."""

    def __init__(self, ground: Ground, enrolment: Enrolment) -> None:
        self._ground = ground
        self._enrolment = enrolment
        self._rng = ground.rng("newcomers")
        self._maker = PeopleMaker(
            self._rng,
            places=Places(ground.regions, on=ground.world.today),
            regions=ground.regions,
            today=ground.world.today,
        )

    def plan(self) -> None:
        """Put down the applications; nobody decides them."""
        agenda = self._ground.agenda
        for region, kind, name in _ORGANISATIONS:
            head = self._person(region, kind)
            made = self._organisation(region, kind, name, head)
            enter = partial(self._enrolment.enter_organisation, made, head=head, waits=True)
            agenda.on(self._days_ago(self._rng.randint(2, 6)), enter)
        for region, count in _PEOPLE:
            for _ in range(count):
                people = [self._person(region, "street")]
                agenda.on(self._days_ago(self._rng.randint(1, 5)), partial(self._enrolment.enter, people))

    def _days_ago(self, days: int) -> date:
        return workday_after(self._ground.agenda.last_day - timedelta(days=days), days=0)

    def _person(self, region: str, kind: str) -> DemoPerson:
        founded = self._ground.world.today - _FOUNDED
        made = self._maker.member(organisation="", kind=kind, region=region, founded_on=founded)
        # Their papers come to the office of this region, wherever in it they live.
        return replace(made, key=f"n{made.key}", region=region)

    def _organisation(self, region: str, kind: str, name: str, head: DemoPerson) -> DemoOrganisation:
        return DemoOrganisation(
            key=f"n{region}",
            name=name,
            region=region,
            kind=kind,
            parent=None,
            uscc=None,
            address=head.address,
            founded_on=self._ground.agenda.last_day,
            introduction=_PURPOSE,
            head=head.key,
            members=(head.key,),
        )
