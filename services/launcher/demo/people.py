"""The members of the organisations: who they are, what they can do, since when they serve."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from services.launcher.demo import papers
from services.launcher.demo.model import DemoPerson
from services.launcher.demo.names import Names
from services.launcher.demo.places import Places
from shared.identifiers import Sex
from shared.regions import Regions

#: What kinds of people (A10 of the notice) an organisation of each kind draws, with weights.
_CATEGORIES = {
    "committee": {
        "publicity_worker": 48,
        "enterprise_safety_manager": 14,
        "safety_expert": 12,
        "registered_safety_engineer": 10,
        "amateur_artist": 11,
        "other": 5,
    },
    "county": {"publicity_worker": 65, "enterprise_safety_manager": 10, "amateur_artist": 15, "other": 10},
    "street": {"publicity_worker": 70, "amateur_artist": 10, "other": 20},
    "village": {"publicity_worker": 75, "amateur_artist": 10, "other": 15},
    "enterprise": {
        "enterprise_safety_manager": 60,
        "registered_safety_engineer": 15,
        "safety_expert": 5,
        "other": 20,
    },
    "industry": {
        "enterprise_safety_manager": 60,
        "registered_safety_engineer": 15,
        "safety_expert": 15,
        "other": 10,
    },
    "experts": {"safety_expert": 45, "registered_safety_engineer": 45, "enterprise_safety_manager": 10},
    "school": {"other": 82, "amateur_artist": 18},
    "arts": {"amateur_artist": 85, "publicity_worker": 15},
    "tourism": {"publicity_worker": 30, "enterprise_safety_manager": 40, "other": 30},
}
#: The team that each kind of person joins first (notice 5: 三支队伍).
_TEAM = {
    "publicity_worker": "grassroots",
    "enterprise_safety_manager": "experts",
    "safety_expert": "experts",
    "registered_safety_engineer": "experts",
    "amateur_artist": "arts",
    "other": "grassroots",
}
_OCCUPATIONS = {
    "publicity_worker": ("乡镇应急办工作人员", "街道宣教专干", "社区网格员", "村委会委员", "县应急管理局宣教人员"),
    "enterprise_safety_manager": ("企业安全部部长", "车间安全员", "企业安全总监", "班组长"),
    "safety_expert": ("高级工程师", "安全评价师", "退休总工程师", "高校教师"),
    "registered_safety_engineer": ("注册安全工程师", "企业安全总监"),
    "amateur_artist": ("群众艺术馆馆员", "退休教师", "剧团演员", "社区文艺骨干"),
    "other": ("个体经营者", "退休职工", "社区居民", "快递员", "出租车司机"),
}
_SPECIALTIES = {
    "publicity_worker": ("政策宣讲", "入户宣传", "摄影摄像", "新媒体", "组织协调"),
    "enterprise_safety_manager": ("隐患排查", "用电安全", "机械安全", "应急演练", "班组安全"),
    "safety_expert": ("危险化学品", "矿山安全", "粉尘防爆", "法规解读", "应急预案"),
    "registered_safety_engineer": ("安全评价", "消防安全", "特种设备", "有限空间", "法规解读"),
    "amateur_artist": ("快板", "小品", "河北梆子", "舞蹈", "书法", "杂技"),
    "other": ("应急救护", "驾驶", "手语", "心理疏导", "摄影摄像"),
}
#: The first and last year of birth and the most usual one, by kind of organisation.
_BIRTHS = {"school": (2003, 2006, 2004), "arts": (1955, 1998, 1964), "street": (1955, 2002, 1972)}
_USUAL_BIRTHS = (1958, 2001, 1980)
_GROWN_UP = 18
#: The city that shows what three full teams of fifty look like: its members often serve in a second team.
_MODEL_CITY = "130100"


class PeopleMaker:
    """Makes the members of one organisation after the other."""

    def __init__(self, rng: Random, *, places: Places, regions: Regions, today: date) -> None:
        self._rng = rng
        self._places = places
        self._regions = regions
        self._today = today
        self._names = Names(rng)
        self._made = 0

    def member(self, *, organisation: str, kind: str, region: str, founded_on: date) -> DemoPerson:
        """Answer a new member of an organisation of this kind in this region."""
        self._made += 1
        sex = self._rng.choices((Sex.MALE, Sex.FEMALE), (46, 54))[0]
        born = self._born(kind)
        home = self._rng.choice(self._places.homes(region))
        category = self._draw(_CATEGORIES[kind])
        in_model_city = self._regions.contains(_MODEL_CITY, region, on=self._today)
        return DemoPerson(
            key=f"p{self._made:04d}",
            name=self._names.next(sex=sex, born=born.year),
            sex=sex,
            birth_date=born,
            id_number=papers.id_number(self._rng, area=self._card_area(home.code, born), born=born, sex=sex),
            mobile=papers.mobile(self._made),
            region=home.code,
            address=self._places.address(self._rng, home),
            category=category,
            occupation="在校大学生" if kind == "school" else self._rng.choice(_OCCUPATIONS[category]),
            engineer_certificate=(
                papers.engineer_certificate(self._rng) if category == "registered_safety_engineer" else None
            ),
            specialties=tuple(self._rng.sample(_SPECIALTIES[category], self._rng.randint(1, 3))),
            political_status=self._political_status(born),
            teams=self._teams(_TEAM[category], second=0.55 if in_model_city else 0.08),
            organisation=organisation,
            joined_on=self._joined(born, founded_on),
            public_consent=self._rng.random() < 0.7,
        )

    def _draw(self, weights: dict[str, int]) -> str:
        return self._rng.choices(list(weights), list(weights.values()))[0]

    def _born(self, kind: str) -> date:
        first, last, usual = _BIRTHS.get(kind, _USUAL_BIRTHS)
        # Everybody is of age for the whole year that is shown, whatever day it is shown on.
        last = min(last, self._today.year - _GROWN_UP - 2)
        year = round(self._rng.triangular(first, last, min(usual, last)))
        return date(year, 1, 1) + timedelta(days=self._rng.randrange(365))

    def _card_area(self, home: str, born: date) -> str:
        # Some people moved here: their card keeps the code of the county where they grew up.
        moved = self._rng.random() < 0.15
        units = self._regions.county_units(on=self._today)
        return papers.card_area(self._rng.choice(units).code if moved else home, born=born, regions=self._regions)

    def _political_status(self, born: date) -> str:
        if self._today.year - born.year < 28:
            return self._rng.choices(("03", "01", "13"), (70, 15, 15))[0]
        return self._rng.choices(("01", "13"), (45, 55))[0]

    def _teams(self, first: str, *, second: float) -> tuple[str, ...]:
        others = [team for team in ("experts", "arts", "grassroots") if team != first]
        weights = [1 if team == "grassroots" else 3 for team in others]
        extra = self._rng.choices(others, weights)
        return (first, *extra) if self._rng.random() < second else (first,)

    def _joined(self, born: date, founded_on: date) -> date:
        earliest = max(founded_on, date(born.year + _GROWN_UP, 12, 31))
        # One in six was recruited in the year that is shown; the others had joined before it began.
        recent = self._rng.random() < 0.17
        latest = self._today - timedelta(days=100 if recent else 460)
        if recent:
            earliest = max(earliest, self._today - timedelta(days=420))
        return earliest + timedelta(days=self._rng.randint(0, max(0, (latest - earliest).days)))
