"""A city has organisations of its own: their reports begin at the city, and no county hears of them."""

from __future__ import annotations

from services.launcher.story import acts
from services.launcher.story.acts import Served
from tests.faults.settling import settled
from tests.journeys.site import Site

COUNTY, CITY, PROVINCE = "130123", "130100", "130000"


def test_a_report_of_a_citys_organisation_goes_to_the_city_and_then_to_the_province(site: Site) -> None:
    with site.troupe() as troupe:
        clerk = troupe.official("冯雪", role="clerk", region=CITY)
        county = troupe.official("何建民", role="approver", region=COUNTY)
        city = troupe.official("梁卫东", role="approver", region=CITY)
        province = troupe.official("宋文华", role="approver", region=PROVINCE)
        head, organisation = troupe.organisation("侯亮", city, name="石家庄市安全志愿服务总队", region=CITY)
        person = troupe.volunteer("贾玉兰", clerk, region=CITY)

        case = troupe.report(
            head,
            organisation,
            name="石家庄市安全生产月启动仪式",
            first_day=troupe.days_ago(3),
            served=[Served(person=person, days=1, hours=4)],
            deciders=(city, province),
        )
        assert troupe.regions_that_approved(head, "reporting", case) == [CITY, PROVINCE]
        acts.expect_refusal(
            lambda: county.get(f"/reporting/cases/{case}"), status=404, what="a look from a county at a case above it"
        )
    assert settled(site.database_urls()).faults == []
