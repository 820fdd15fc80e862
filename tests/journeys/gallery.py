"""Every page of the site with something on it, and who looks at it: what the check of accessibility walks through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
from flask import Flask

from services.launcher.embedded import Site
from services.launcher.story import acts
from services.launcher.story.people import wait_for
from services.launcher.wsgi import mounted
from services.links.app import create_app as create_links
from services.portal.app import create_app
from shared.clock import business_date
from tests.integration.databases import Databases
from tests.integration.nodes.by_hand import made_pair, volunteers
from tests.integration.portal.browsing import Browser
from tests.integration.portal.conftest import COUNTY, World, living

#: What a browser is not shown as a page: files, pieces that a page loads, and ways to another page.
NO_PAGES = frozenset(
    {
        "static",
        "front.favicon",
        "front.healthz",
        "front.choose_language",
        "definitions.drawing",
        "registering.counties",
        "me.part",
        "absences.back_to_absences",
        "organising.back_to_activity",
        "posts.back_to_posts",
        "transfers.back_to_transfers",
    }
)
DRAFT = "/definitions/awards/star_rating_low"


@dataclass(frozen=True)
class Look:
    """A page to look at: its address, with what the world knows in braces, and who opens it; nobody is signed in."""

    path: str
    who: str = ""
    status: int = 200


#: By the endpoint of the page, as somebody sees it for whom it holds most.
LOOKS: Mapping[str, tuple[Look, ...]] = {
    "front.index": tuple(
        Look("/", who) for who in ("", "wang", "head", "clerk", "county", "system", "security", "new")
    ),
    "signing_in.form": (Look("/login"),),
    "signing_in.activation_form": (Look("/activate"),),
    "registering.account_form": (Look("/register"),),
    "registering.claim_form": (Look("/claim"),),
    "registering.volunteer_form": (Look("/register/volunteer", "new"),),
    "registering.organisation_form": (Look("/register/organisation", "new"),),
    "cases.show": (
        Look("/cases/reporting/{report_case}", "county"),
        Look("/cases/reporting/{report_case}", "system"),
        Look("/cases/reporting/{passed_case}", "head"),
        Look("/cases/records/{transfer_case}", "wang"),
        Look("/cases/registration/{applied_case}", "county"),
        Look("/cases/reporting/nothing", "county", 404),
    ),
    "cases.ask": (
        *(
            Look(f"/cases/reporting/{{report_case}}/{verb}", "county")
            for verb in ("return", "reject", "transfer", "add_sign", "cc", "comment")
        ),
        *(Look(f"/cases/reporting/{{report_case}}/{verb}", "system") for verb in ("migrate", "terminate")),
        Look("/cases/reporting/{report_case}/remind", "head"),
        Look("/cases/records/{transfer_case}/withdraw", "wang"),
        Look("/cases/reporting/{passed_case}/return", "county", 409),
    ),
    "lists.show": tuple(
        Look(f"/lists/{which}", who)
        for which, who in (
            ("todo", "county"),
            ("todo?overdue=true", "county"),
            ("todo?ticked=all", "county"),
            ("returned", "head"),
            ("cc", "county2"),
            ("started", "head"),
            ("done", "county"),
        )
    ),
    "lists.phrases": (Look("/phrases", "county"),),
    "reports.show": (Look("/reports/{draft}", "head"), Look("/reports/{returned}", "head")),
    "absences.show": (Look("/absences", "county"), Look("/absences", "county2")),
    "definitions.show_all": (Look("/definitions", "system"), Look("/definitions", "county")),
    "definitions.show": (Look(f"{DRAFT}/1", "system"), Look("/definitions/reporting/activity_report/1", "county")),
    "drafting.begin": (Look("/definitions/new", "system"),),
    "drafting.edit": (Look(f"{DRAFT}/draft", "system"), Look("/definitions/reporting/activity_report/draft", "system")),
    "drafting.ask_publish": (Look(f"{DRAFT}/draft/publish", "system"),),
    "drafting.ask_discard": (Look(f"{DRAFT}/draft/discard", "system"),),
    "drafting.ask_retire": (Look(f"{DRAFT}/retire", "system"),),
    "handing_over.show_all": (Look("/hand-over", "system"),),
    "handing_over.ask": (Look("/hand-over/{county}", "system"),),
    "me.show": (Look("/me", "wang"),),
    "messages.show": (Look("/messages", "county"), Look("/messages", "head")),
    "nodes.show": (Look("/nodes", "system"),),
    "organisations.show": (Look("/organisations/{organisation}", "head"),),
    "organising.projects": (Look("/projects", "head"),),
    "organising.activity_form": (Look("/projects/{project}/activities/new", "head"),),
    "organising.activity": (Look("/activities/{activity}", "head"), Look("/activities/{held}", "head")),
    "guests.show": (Look("/guests", "head"), Look("/guests?activity={activity}", "head")),
    "posts.show": (Look("/posts", "system"), Look("/posts", "security")),
    "transfers.show": (Look("/transfers", "wang"), Look("/transfers", "li")),
}


@dataclass(frozen=True)
class Gallery:
    """A site with something on every page."""

    portal: Flask
    url: str
    world: World
    known: Mapping[str, str]

    def address(self, look: Look) -> str:
        """Answer where a page is."""
        return self.url + look.path.format(**self.known)


@contextmanager
def gallery(folder: Path) -> Iterator[Gallery]:
    """Run the site of a node with neighbours."""
    with living(folder / "node") as world, made_pair(folder / "links", Databases(folder, postgres=None)) as pair:
        pair.clock.set(world.clock.now())
        pair.above.tick()
        pair.city.say(*volunteers(3))
        pair.carry()
        pair.above.take([b"junk"], by="tangshan")
        apps = {**world.node.apps, "links": create_links(office=pair.above.office, verifier=world.node.keys.verifier)}
        api = httpx.Client(transport=httpx.WSGITransport(app=mounted(apps)), base_url="http://anyuan/api")
        portal = create_app(api=api, secret=b"s" * 32, secure_cookies=False, clock=world.clock, has_neighbours=True)
        site = Site(mounted(apps, portal=portal))
        site.start()
        try:
            yield Gallery(portal, site.url, world, {**_cases(world), **_people(world), **_work(world)})
        finally:
            site.stop()


def _cases(world: World) -> dict[str, str]:
    """Let cases of several kinds wait, be passed on and be claimed, with words in them."""
    waiting, passed = world.submitted("入户讲解用气安全"), world.submitted("古城景区应急演练")
    claimed, returned = world.submitted("校园消防演练"), world.submitted("工地安全宣讲")
    county = world.browser("county")
    for case, step, said in (
        (passed, "approve", {"opinion": "材料齐全"}),
        (claimed, "claim", {}),
        (returned, "return", {"opinion": "请补充照片", "remark:/summary": "写明发放多少份"}),
        (waiting, "comment", {"opinion": "请补充照片"}),
        (waiting, "cc", {"to": world.people["county2"].account_id, "opinion": "请知悉"}),
    ):
        wait_for(partial(_is_shown, county, case), what="the case")
        if step != "approve":
            county.open(f"/cases/reporting/{case}/{step}")
        assert county.submit(f"/{step}", **said).status == 200, county.page.text
    county.open("/phrases")
    county.submit("/phrases", phrases="材料齐全，同意\n请补充照片")
    report = world.people["head"].get(f"/reporting/cases/{returned}")["business_id"]
    return {"report_case": waiting, "passed_case": passed, "returned": report}


def _is_shown(browser: Browser, case: str) -> bool:
    return browser.open(f"/cases/reporting/{case}").status == 200


def _people(world: World) -> dict[str, str]:
    """Let people register, be away, move and be proposed for posts."""
    new = world.people["new"] = acts.made_up(world.place, "new", "赵小刚")
    acts.make_own_account(new)
    new.sign_in()
    applicant = world.people["applicant"] = acts.made_up(world.place, "applicant", "周婷")
    acts.make_own_account(applicant)
    browser = world.browser("applicant")
    browser.open("/register/organisation")
    sent = browser.submit(
        "/register/organisation", name="正定县古城志愿服务队", region=COUNTY, kind="county", purpose="开展安全生产宣传"
    )
    assert sent.status == 200, sent.text
    approver = world.people["county"]
    kind = "organisation_registration"
    applied = acts.task_about(approver, "registration", business_type=kind, title_has="古城志愿")
    county = world.browser("county")
    county.open("/absences")
    until = (business_date(world.clock.now()) + timedelta(days=2)).isoformat()
    county.submit("/absences", delegate_account_id=world.people["county2"].account_id, until_day=until)
    moving = world.browser("wang")
    moving.open("/transfers")
    moving.submit("/transfers", region="130125", reason="搬家到行唐县", consent="yes")
    transfer = world.people["wang"].get("/records/transfers/mine")[0]["case_id"]
    system = world.browser("system")
    system.open("/posts")
    system.submit("/posts", account_id=new.account_id, role="clerk", region="130125")
    return {"applied_case": applied["case_id"], "transfer_case": transfer, "county": world.people["county"].account_id}


def _work(world: World) -> dict[str, str]:
    """Let an organisation have a draft, an open activity, one that was held and guests; a route is being written."""
    head = world.people["head"]
    draft = world.draft("夏季用电安全宣传")
    held = head.get(f"/reporting/reports/{draft}")["activity_id"]
    organisation = world.organisation_id
    activity = acts.open_activity(head, organisation_id=organisation, name="夏季用电检查", place="正定镇文化广场")
    guest = {"organisation_id": organisation, "volunteer_number": "A1200000017", "name": "唐静"}
    head.post("/records/guests", guest, key=head.place.key("guest"))
    system = world.browser("system")
    system.open(f"{DRAFT}/draft")
    text = system.page.form("/draft").values["text"]
    assert "草稿已保存" in system.submit("/draft", do="save", text=text.replace("workdays: 10", "workdays: 9")).text
    project = head.get(f"/records/activities/{activity}")["project_id"]
    return {"draft": draft, "held": held, "organisation": organisation, "activity": activity, "project": project}
