"""定州 answers straight to the province, whatever the digits of its code say: it is a city of its own."""

from __future__ import annotations

from services.launcher.story.acts import Served
from tests.faults.settling import settled
from tests.journeys.site import Site

DINGZHOU, PROVINCE = "130682", "130000"


def test_a_report_of_dingzhou_goes_to_its_own_office_and_then_to_the_province(site: Site) -> None:
    with site.troupe() as troupe:
        clerk = troupe.official("高敏", role="clerk", region=DINGZHOU)
        city = troupe.official("石国强", role="approver", region=DINGZHOU)
        province = troupe.official("宋文华", role="approver", region=PROVINCE)
        head, organisation = troupe.organisation("田野", city, name="定州市安全志愿服务队", region=DINGZHOU)
        person = troupe.volunteer("董丽华", clerk, region=DINGZHOU)

        case = troupe.report(
            head,
            organisation,
            name="定州市安全进社区",
            first_day=troupe.days_ago(20),
            served=[Served(person=person, days=13)],
            deciders=(city, province),
        )
        assert troupe.regions_that_approved(head, "reporting", case) == [DINGZHOU, PROVINCE]

        # The first star is the county's to decide; where there is none, the tier above it decides.
        star = troupe.star_case(person, 1)
        troupe.grant_star(city, person, 1)
        assert troupe.regions_that_approved(city, "awards", star) == [DINGZHOU]
    assert settled(site.database_urls()).faults == []
