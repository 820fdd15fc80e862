"""Six hundred hours over many quarters: two stars are the county's to give, the third is the city's."""

from __future__ import annotations

from services.launcher.story import acts
from services.launcher.story.acts import Served
from tests.faults.settling import settled
from tests.journeys.site import Site

COUNTY, CITY, PROVINCE = "130123", "130100", "130000"
DAYS, HOURS = 13, 8
REPORTS = 6  # of 104 hours each: 624 in all


def test_the_third_star_is_decided_by_the_city_and_not_by_the_county(site: Site) -> None:
    with site.troupe() as troupe:
        clerk = troupe.official("郭静", role="clerk", region=COUNTY)
        county = troupe.official("何建民", role="approver", region=COUNTY)
        city = troupe.official("梁卫东", role="approver", region=CITY)
        province = troupe.official("宋文华", role="approver", region=PROVINCE)
        head, organisation = troupe.organisation("马立新", county, name="正定县应急志愿服务队", region=COUNTY)
        person = troupe.volunteer("王晓明", clerk, region=COUNTY)

        for number in range(1, REPORTS + 1):
            troupe.report(
                head,
                organisation,
                name=f"第{number}次安全宣传",
                first_day=troupe.days_ago(80 * (REPORTS + 1 - number)),
                served=[Served(person=person, days=DAYS, hours=HOURS)],
                deciders=(county, city, province),
            )
            if number in (1, 3):
                # 104 hours are past 100 and 312 are past 300.
                troupe.grant_star(county, person, 1 if number == 1 else 2)

        third = troupe.star_case(person, 3)
        revision = city.get(f"/awards/cases/{third}")["rev"]
        acts.expect_refusal(
            lambda: county.post(
                f"/awards/cases/{third}/approve", key=troupe.place.key("not theirs"), revision=revision
            ),
            status=403,
            what="a third star granted by the county",
        )
        troupe.grant_star(city, person, 3)

        assert troupe.regions_that_approved(city, "awards", third) == [CITY]
        file = person.get("/registration/volunteers/me/file")
        assert file["hours_total"] == REPORTS * DAYS * HOURS
        assert file["stars"] == 3
    assert settled(site.database_urls()).faults == []
