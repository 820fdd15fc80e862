"""An approved report is undone: the province decides it, and hours and file follow, with nothing removed."""

from __future__ import annotations

from services.launcher.story import acts
from services.launcher.story.acts import Served
from services.launcher.story.people import wait_for
from tests.faults.settling import settled
from tests.journeys.site import Site

COUNTY, CITY, PROVINCE = "130123", "130100", "130000"


def test_hours_of_a_revoked_report_are_taken_back(site: Site) -> None:
    with site.troupe() as troupe:
        clerk = troupe.official("郭静", role="clerk", region=COUNTY)
        county = troupe.official("何建民", role="approver", region=COUNTY)
        city = troupe.official("梁卫东", role="approver", region=CITY)
        province = troupe.official("宋文华", role="approver", region=PROVINCE)
        head, organisation = troupe.organisation("马立新", county, name="正定县安全服务队", region=COUNTY)
        person = troupe.volunteer("王晓明", clerk, region=COUNTY)
        case = troupe.report(
            head,
            organisation,
            name="古城景区应急演练",
            first_day=troupe.days_ago(9),
            served=[Served(person=person, days=1, hours=3)],
            deciders=(county, city, province),
        )
        wait_for(lambda: person.get("/records/ledger/mine")["total"] == 3, what="the hours of the report")
        wait_for(lambda: person.get("/registration/volunteers/me/file")["hours_total"] == 3, what="the e-file")

        acts.decide(head, "reporting", case, "request_revocation", step="ask", opinion="签到表有误")
        undo = acts.task_about(province, "reporting", business_type="activity_report/revocation", title_has="古城景区")
        acts.decide(province, "reporting", undo["case_id"], "approve", step="undo", opinion="情况属实，予以撤销")

        wait_for(lambda: person.get("/records/ledger/mine")["total"] == 0, what="the hours to be taken back")
        wait_for(lambda: person.get("/registration/volunteers/me/file")["hours_total"] == 0, what="the e-file again")
        assert sorted(entry["kind"] for entry in person.get("/records/ledger/mine")["entries"]) == ["credit", "void"]
        assert head.get(f"/reporting/cases/{case}")["state"] == "revoked"
    assert settled(site.database_urls()).faults == []
