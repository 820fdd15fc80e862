"""No page falls back to another language, or shows a key."""

import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import pytest

import services.portal
from services.awards.rules import AWARD_KINDS
from services.portal.verbs import MORE, PLACINGS
from services.portal.views.cases import AT_ONCE, VERBS
from services.portal.views.failures import EXPLAINED
from services.portal.words import Language, Words, catalogue
from services.portal.worklist import FILTERS, LISTS
from services.records.rules import CATEGORIES as ACTIVITY_CATEGORIES
from services.records.rules import ENTERS, THEMES, GuestState
from services.registration.rules import CATEGORIES, ORGANISATION_KINDS, AbsenceState
from services.reporting.model import ReportState
from shared.approval.core.words import CaseState, StageState, Token
from shared.contracts.business import BUSINESS_NAMES
from shared.identity.people import ROLE_NAMES
from shared.regions import Level

PORTAL = Path(services.portal.__file__).parent
ASKING = [verb for verb in VERBS if verb not in AT_ONCE]
CHINESE = Words(Language.CHINESE)
ENGLISH = Words(Language.ENGLISH)
_USED = re.compile(r"""(?:\bt|words\(\)|self\.words|\btell)\(\s*\(?["']([a-z_]+\.[a-z_0-9]+)["']""")
_HAN = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]")


SOURCES = sorted([*PORTAL.rglob("*.py"), *PORTAL.rglob("*.html")])


def test_every_word_that_is_asked_for_is_there() -> None:
    asked = {key: path.name for path in SOURCES for key in _USED.findall(path.read_text(encoding="utf-8"))}
    assert {key: asked[key] for key in asked.keys() - catalogue().keys()} == {}


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("failure.title_{}", EXPLAINED),
        ("failure.next_{}", EXPLAINED),
        ("case.done_{}", [*(verb for verb in VERBS if verb not in MORE), "passed_on", "withdrawing", "given_back"]),
        ("case.token_{}", [token.value for token in Token if token is not Token.HERE]),
        ("verb_done.{}", ["handed_over", "handover_refused", "withdraw_refused"]),
        ("verb.{}", VERBS),
        ("verb_done.{}", VERBS),
        ("verb_what.{}", ASKING),
        ("case.to_{}", [verb for verb, asks in MORE.items() if asks.person or asks.people]),
        ("case.placing_{}", PLACINGS),
        ("lists.{}", [*LISTS, *(name for name in FILTERS if name.endswith(("from", "to")))]),
        ("desk.next_{}", ReportState),
        ("guest.next_{}", GuestState),
        ("me.decided_by_{}", Level),
        ("absence.by_{}", ["delegator", "delegate"]),
        ("case.to_decide_{}", ["open", "held", "waiting"]),
    ],
)
def test_every_word_that_is_put_together_is_there(pattern: str, values: Iterable[object]) -> None:
    assert {pattern.format(value) for value in values} <= catalogue().keys()


def test_no_template_holds_text_of_its_own() -> None:
    assert [path.name for path in PORTAL.rglob("*.html") if _HAN.search(path.read_text(encoding="utf-8"))] == []


def test_both_languages_say_the_same_thing() -> None:
    wrong = []
    for key, (chinese, english) in catalogue().items():
        values = [set(re.findall(r"\{(\w+)\}", text)) - {"n"} for text in (chinese, english)]
        speaks_chinese = bool(_HAN.search(english)) and key != "common.other_language"
        if not chinese.strip() or not english.strip() or values[0] != values[1] or speaks_chinese:
            wrong.append(key)
    assert wrong == []


@pytest.mark.parametrize(
    ("group", "theirs"),
    [
        ("volunteer_category", CATEGORIES),
        ("organisation_kind", ORGANISATION_KINDS),
        ("theme", THEMES),
        ("enters", ENTERS),
        ("activity_category", ACTIVITY_CATEGORIES),
        ("award", {key: kind.zh for key, kind in AWARD_KINDS.items()}),
        ("business", {key: names[0] for key, names in BUSINESS_NAMES.items()}),
        ("role", {role.value: names[0] for role, names in ROLE_NAMES.items()}),
    ],
)
def test_choices_are_those_that_the_services_know(group: str, theirs: dict[str, str]) -> None:
    assert dict(CHINESE.choices(group)) == theirs


@pytest.mark.parametrize(
    ("group", "states"),
    [
        ("case_state", CaseState),
        ("stage_state", StageState),
        ("report_state", ReportState),
        ("absence_state", AbsenceState),
        ("guest_state", GuestState),
    ],
)
def test_every_state_has_a_word(group: str, states: type[StrEnum]) -> None:
    assert {state.value for state in states} == {key for key, _ in CHINESE.choices(group)}


def test_english_counts_one_and_many() -> None:
    assert ENGLISH("common.n_hours", n="1") == "1 hour"
    assert ENGLISH("common.n_hours", n="104") == "104 hours"
    assert CHINESE("common.n_hours", n="104") == "104 小时"


def test_a_value_that_is_new_is_shown_as_it_came() -> None:
    assert CHINESE.of("case_state", "approved") == "已通过"
    assert CHINESE.of("case_state", "frozen") == "frozen"


def test_a_key_that_is_missing_is_an_error_and_not_a_text() -> None:
    with pytest.raises(KeyError):
        CHINESE("case.no_such_word")
