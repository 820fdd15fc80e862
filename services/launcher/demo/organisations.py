"""The organisations with their tree and members, and the projects that they run."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from services.launcher.demo import papers
from services.launcher.demo.model import DemoOrganisation, DemoPerson, DemoProject
from services.launcher.demo.people import PeopleMaker
from services.launcher.demo.places import Places
from services.launcher.demo.sources import only, rows, words
from shared.calendar import quarter_bounds
from shared.regions import Level, Region, Regions

#: The province's committee was founded on this day (河北省安全生产志愿者工作委员会); its branches followed.
_FIRST_FOUNDING = date(2014, 12, 18)
_KIND_ZH = {
    "committee": "统筹本地区安全生产志愿服务，组织三支队伍和集中活动日行动",
    "county": "面向县域村镇开展安全宣讲、入户查检和隐患举报宣传",
    "street": "由街道社区网格员和居民骨干组成，常年开展楼门口宣讲和敲门查检",
    "village": "扎根乡村，用大喇叭和入户的方式宣传农村安全",
    "enterprise": "由企业安全管理人员和班组长组成，开展班前宣讲和家属安全活动",
    "industry": "由行业协会和骨干企业发起，组织同行隐患互查和岗前教育",
    "experts": "由安全生产专家和注册安全工程师组成，为企业和基层提供咨询",
    "school": "由在校大学生组成，与中小学和社区结对开展安全教育",
    "arts": "由业余文艺爱好者组成，创排安全题材节目下基层巡演",
    "tourism": "在景区和公共场所开展安全劝导和应急救护演示",
}
_DESK_OF_KIND = {"enterprise": "enterprise", "industry": "enterprise", "experts": "enterprise", "school": "school"}


def make_organisations(
    rng: Random, *, places: Places, regions: Regions, today: date
) -> tuple[tuple[DemoOrganisation, ...], tuple[DemoPerson, ...]]:
    """Answer the listed organisations, upper before lower, and all their members."""
    maker = PeopleMaker(rng, places=places, regions=regions, today=today)
    keys = {line["name"]: f"o{place:02d}" for place, line in enumerate(rows("organisations"), start=1)}
    organisations: list[DemoOrganisation] = []
    people: list[DemoPerson] = []
    for line in rows("organisations"):
        founded = _founded(rng, line["region"], has_parent=bool(line["parent"]))
        members = [
            maker.member(organisation=keys[line["name"]], kind=line["kind"], region=line["region"], founded_on=founded)
            for _ in range(int(line["size"]))
        ]
        # Whoever has served longest leads; the key settles a tie.
        members.sort(key=lambda person: (person.joined_on, person.key))
        people += sorted(members, key=lambda person: person.key)
        organisations.append(_organisation(rng, line, keys, members, founded, places, regions, today))
    return tuple(organisations), tuple(people)


def make_projects(
    organisations: tuple[DemoOrganisation, ...], *, quarters: tuple[str, ...], regions: Regions, today: date
) -> tuple[DemoProject, ...]:
    """Answer the projects of every organisation, opened with the first quarter that is shown."""
    opened = quarter_bounds(quarters[0]).first
    projects: list[DemoProject] = []
    for organisation in organisations:
        area = regions.get(organisation.region, on=today).name
        # One featured project for each city unit and the province: the notice asks for one or two (3.1).
        own = [line | {"featured": "yes"} for line in only(rows("featured"), "organisation", organisation.name)]
        usual = [line | {"featured": ""} for line in only(rows("projects"), "kind", organisation.kind)]
        for line in own + usual:
            name = line["name"].format(area=area)
            projects.append(
                DemoProject(
                    key=f"j{len(projects) + 1:03d}",
                    name=name if line["featured"] or area in name else area + name,
                    organisation=organisation.key,
                    region=organisation.region,
                    theme=line["theme"] or None,
                    target_groups=_targets(organisation.kind),
                    summary=line["summary"],
                    opened_on=opened,
                    featured=bool(line["featured"]),
                )
            )
    return tuple(projects)


def _organisation(
    rng: Random,
    line: dict[str, str],
    keys: dict[str, str],
    members: list[DemoPerson],
    founded: date,
    places: Places,
    regions: Regions,
    today: date,
) -> DemoOrganisation:
    home, desk = _desk(rng, line, places, regions.get(line["region"], on=today))
    return DemoOrganisation(
        key=keys[line["name"]],
        name=line["name"],
        region=line["region"],
        kind=line["kind"],
        parent=keys.get(line["parent"]),
        uscc=papers.uscc(rng, prefix=line["uscc"], region=home.code) if line["uscc"] else None,
        address=home.full_name + desk.removeprefix(home.name),
        founded_on=founded,
        introduction=f"{line['name']}{_KIND_ZH[line['kind']]}。",
        head=members[0].key,
        members=tuple(member.key for member in members),
    )


def _desk(rng: Random, line: dict[str, str], places: Places, region: Region) -> tuple[Region, str]:
    """Answer where the organisation has its desk: a committee with the authority that leads it."""
    if line["kind"] == "committee":
        authority = "应急管理厅" if region.level is Level.PROVINCE else "应急管理局"
        return places.homes(region.code)[0], f"{region.name}{authority}宣教中心"
    kind = _DESK_OF_KIND.get(line["kind"], "office")
    own = [place for place in places.named(region, kind) if place.removesuffix("办事处") in line["name"]]
    return (region, own[0]) if own else places.pick(rng, region.code, (kind,))


def _founded(rng: Random, region: str, *, has_parent: bool) -> date:
    if region == "130000" and not has_parent:
        return _FIRST_FOUNDING
    return _FIRST_FOUNDING + timedelta(days=rng.randint(90, 2200))


def _targets(kind: str) -> tuple[str, ...]:
    """Answer the target groups that the activities of this kind of organisation name, each once, in their order."""
    lines = only(rows("activities"), "kinds", kind)
    found = (group for line in lines for group in words(line["targets"]))
    return tuple(dict.fromkeys(found))
