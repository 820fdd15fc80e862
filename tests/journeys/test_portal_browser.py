"""An official at a phone: three clicks from signing in to an approved report, with and without scripts.

Nothing that a page loads comes from anywhere else, and the security policy has nothing to refuse.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize, expect

from services.launcher.story import acts
from services.launcher.story.acts import Served
from services.launcher.story.people import Person
from tests.embedded import EmbeddedNode
from tests.journeys.site import Site
from tests.servers.reaper import Reaper

COUNTY = "130123"
SUMMARY = "走进正定镇三个社区，入户讲解家庭用气安全，发放明白纸一百二十份，现场演示灭火器使用。"
NARROW = ViewportSize(width=360, height=740)
LIMIT_MS = 30_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, reaper: Reaper) -> Iterator[Site]:
    node = EmbeddedNode(tmp_path_factory.mktemp("portal"), reaper=reaper)
    yield Site(node.start(), "embedded", node.database_urls)
    sys.stdout.write(node.log_tails())
    node.close()


@dataclass
class Watched:
    """A page under watch: its clicks are counted, and whatever it should not do is kept."""

    page: Page
    origin: str
    clicks: int = 0
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(LIMIT_MS)
        self.page.on("request", self._see_request)
        self.page.on("console", self._see_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))

    def _see_request(self, request: Request) -> None:
        if not request.url.startswith(self.origin):
            self.complaints.append(f"left the origin: {request.url}")

    def _see_console(self, message: ConsoleMessage) -> None:
        # A broken security policy is told here and nowhere else.
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def click(self, selector: str) -> None:
        """Click on something, and count it."""
        self.page.locator(selector).first.click()
        self.clicks += 1

    def fits(self) -> bool:
        """Tell whether the page is no wider than the screen."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@dataclass(frozen=True)
class Submitted:
    """A report that waits for the county."""

    approver: Person
    head: Person
    case_id: str
    title: str


@pytest.fixture(scope="module")
def reports(site: Site) -> Iterator[list[Submitted]]:
    """Submit two reports for the county to decide."""
    with site.troupe() as troupe:
        clerk = troupe.official("郭静", role="clerk", region=COUNTY)
        approver = troupe.official("何建民", role="approver", region=COUNTY)
        head, organisation_id = troupe.organisation("马立新", approver, name="正定县安全志愿服务队", region=COUNTY)
        volunteer = troupe.volunteer("王晓明", clerk, region=COUNTY)
        made = []
        for place, title in enumerate(("入户讲解用气安全", "古城景区应急演练")):
            report_id = acts.hold_activity(
                head,
                organisation_id=organisation_id,
                name=title,
                first_day=troupe.days_ago(3 + place),
                served=[Served(person=volunteer, days=1, hours=3)],
                place="正定镇文化广场",
            )
            case_id = acts.submit_report(head, report_id, summary=SUMMARY, step=title)
            acts.task_about(approver, "reporting", business_type="activity_report", title_has=title)
            made.append(Submitted(approver, head, case_id, title))
        yield made


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_three_clicks_from_signing_in_to_an_approved_report(
    site: Site, reports: list[Submitted], browser: Browser, scripts: bool
) -> None:
    report, base = reports[0 if scripts else 1], site.node.base_url
    context = browser.new_context(viewport=NARROW, locale="zh-CN", java_script_enabled=scripts)
    seen = Watched(context.new_page(), base)
    page = seen.page
    page.goto(f"{base}/login")
    page.fill("#username", report.approver.username)
    page.fill("#password", report.approver.password)

    seen.click("main button[type=submit]")
    expect(page.locator("h1")).to_contain_text("待我审批")
    fits = [seen.fits()]
    seen.click(f".tasks a:has-text('{report.title}')")
    expect(page.locator("h1")).to_have_text(report.title)
    fits.append(seen.fits())
    # On a phone the button is always in sight, at the foot of the screen.
    seen.click(".action-bar button:has-text('同意')")
    expect(page.locator(".notice-success")).to_contain_text(f"已同意“活动报告：{report.title}”，现由石家庄市审批")

    assert seen.clicks <= 3
    assert all(fits)
    assert seen.complaints == []
    county = report.head.get(f"/reporting/cases/{report.case_id}")["stages"][0]
    assert (county["state"], county["decided_by_name"]) == ("passed", report.approver.name)
    context.close()
