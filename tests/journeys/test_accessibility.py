"""Every page of the site is checked by axe-core, on a desk and on a phone, and fits the phone's screen.

The pages are those that the site itself says it has: one that is new fails here until somebody is sent to look at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from tests.journeys.gallery import LOOKS, NO_PAGES, Gallery, Look, gallery

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCREENS = {"desk": ViewportSize(width=1280, height=900), "phone": ViewportSize(width=390, height=800)}
LIMIT_MS = 30_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    with gallery(tmp_path_factory.mktemp("gallery")) as made:
        yield made


@pytest.fixture(scope="module")
def visitors(site: Gallery, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Answer a new page of somebody, who is signed in once for all that they look at."""
    found: dict[str, BrowserContext] = {}

    def come(who: str) -> Page:
        if who not in found:
            found[who] = browser.new_context(viewport=SCREENS["desk"], locale="zh-CN")
            found[who].set_default_timeout(LIMIT_MS)
            if who:
                _sign_in(found[who].new_page(), site, who)
        return found[who].new_page()

    yield come
    for context in found.values():
        context.close()


def _sign_in(page: Page, site: Gallery, who: str) -> None:
    page.goto(f"{site.url}/login")
    page.fill("#username", site.world.people[who].username)
    page.fill("#password", site.world.people[who].password)
    page.click("main button[type=submit]")
    page.wait_for_selector("header nav")
    page.close()


def load_axe(page: Page) -> None:
    assert AXE.is_file(), "axe-core is missing. Next:  .venv/bin/python deploy/frontend.py"
    page.evaluate(AXE.read_text(encoding="utf-8"))


def complaints_of(page: Page) -> list[str]:
    """Answer what axe finds wrong with a page: the rule and the first places."""
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})", RULES
    )
    assert found["passes"], "axe has looked at nothing"
    return [
        f"{one['id']} ({one['help']}): {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in found["violations"]
    ]


def test_somebody_looks_at_every_page_that_there_is(site: Gallery) -> None:
    gets = {rule.endpoint for rule in site.portal.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert gets - NO_PAGES == set(LOOKS), "a page is new or gone: tests/journeys/gallery.py says who looks at it"
    assert gets >= NO_PAGES


def test_what_is_wrong_with_a_page_is_found(visitors: Callable[[str], Page], site: Gallery) -> None:
    page = visitors("")
    page.goto(f"{site.url}/login")
    load_axe(page)
    assert complaints_of(page) == []
    page.evaluate("document.querySelector('label[for=username]').remove()")
    page.evaluate("document.querySelector('h1').style.color = '#ddd'")
    assert [one.split(" ")[0] for one in complaints_of(page)] == ["color-contrast", "label"]


@pytest.mark.parametrize("endpoint", LOOKS)
def test_a_page_is_accessible_and_fits(site: Gallery, visitors: Callable[[str], Page], endpoint: str) -> None:
    wrong: dict[str, list[str]] = {}
    for look in LOOKS[endpoint]:
        page = visitors(look.who)
        complaints = list(_look_at(site, page, look))
        if complaints:
            wrong[f"{look.path} {look.who}"] = complaints
        page.close()
    assert wrong == {}


def _look_at(site: Gallery, page: Page, look: Look) -> Iterator[str]:
    address = site.address(look)
    answer = page.goto(address)
    assert answer is not None
    assert (answer.status, page.url) == (look.status, address), "it leads elsewhere"
    load_axe(page)
    for screen, size in SCREENS.items():
        page.set_viewport_size(size)
        yield from (f"{screen}: {complaint}" for complaint in complaints_of(page))
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            yield f"{screen}: {wide} px too wide"
