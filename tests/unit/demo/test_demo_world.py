"""The demonstration world keeps the rules that the services keep, so that all of it can be sent through their doors."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, time, timedelta
from functools import cache

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.launcher.demo import DemoActivity, DemoShift, DemoWorld, build_demo_world
from shared.calendar import FocusDay, focus_day_on, quarter_bounds, quarter_of
from shared.identifiers import birth_date, check_id_number, check_mobile, check_uscc, sex
from shared.regions import Level, Regions

REGIONS = Regions.load()
TODAY = date(2026, 10, 1)
ENTERS = {"enterprise", "school", "office", "community", "village", "household", "public_place"}
GROUPS = {"elderly", "minors", "disabled", "migrant_workers", "hardship", "public"}
FORMS = {"lecture", "exhibition", "performance", "interpretation", "other"}
THEMES = {"safe_return_home", "safety_into_homes", "youth_escort", "hotline_12350"}


@cache
def built(seed: int, today: date) -> DemoWorld:
    return build_demo_world(seed=seed, today=today, regions=REGIONS)


@pytest.fixture(params=[(2026, TODAY), (1, date(2026, 11, 23)), (7, date(2027, 2, 14))], ids=str)
def world(request: pytest.FixtureRequest) -> DemoWorld:
    seed, today = request.param
    return built(seed, today)


def shifts_of_people(world: DemoWorld) -> dict[str, list[DemoShift]]:
    taken: dict[str, list[DemoShift]] = defaultdict(list)
    for activity in world.activities:
        for entry in activity.entries:
            taken[entry.person].append(activity.shifts[entry.shift])
    return taken


def test_the_same_seed_and_day_give_the_same_world() -> None:
    again = build_demo_world(seed=2026, today=TODAY, regions=REGIONS)
    assert again == built(2026, TODAY)
    assert again != built(1, date(2026, 11, 23))


def test_it_is_as_large_as_a_year_of_a_province_in_small(world: DemoWorld) -> None:
    assert len(world.people) >= 600
    assert 40 <= len(world.organisations) <= 46
    assert 200 <= len(world.activities) <= 265
    assert len(world.quarters) == 4


def test_every_city_unit_and_the_province_have_organisations_and_activities(world: DemoWorld) -> None:
    units = {region.code for region in REGIONS.all(on=world.today, level=Level.CITY)} | {"130000"}
    assert units <= {organisation.region for organisation in world.organisations}
    assert units <= {activity.region for activity in world.activities}


def test_people_have_numbers_that_every_check_accepts(world: DemoWorld) -> None:
    for person in world.people:
        check_id_number(person.id_number, today=world.today)
        check_mobile(person.mobile)
        assert birth_date(person.id_number) == person.birth_date
        assert sex(person.id_number) is person.sex
        assert person.id_number[14:16] == "99"
        assert person.mobile.startswith("154")
    for values in (
        [person.id_number for person in world.people],
        [person.mobile for person in world.people],
        [person.name for person in world.people],
        [person.key for person in world.people],
    ):
        assert len(set(values)) == len(values)


def test_people_are_of_age_and_live_where_their_organisation_works(world: DemoWorld) -> None:
    organisations = {organisation.key: organisation for organisation in world.organisations}
    for person in world.people:
        assert 1955 <= person.birth_date.year <= 2006
        assert person.joined_on.year - person.birth_date.year >= 18
        assert person.joined_on < world.today
        assert person.key in organisations[person.organisation].members
        assert REGIONS.contains(organisations[person.organisation].region, person.region, on=world.today)
        assert person.address.startswith(REGIONS.get(person.region, on=world.today).full_name)
        assert (person.engineer_certificate is not None) == (person.category == "registered_safety_engineer")


def test_cards_keep_the_code_of_the_county_that_is_gone(world: DemoWorld) -> None:
    codes = {person.id_number[:6] for person in world.people}
    assert "130284" not in codes
    assert codes & {"130223", "130521", "130526", "130527"}


def test_the_tree_of_organisations_follows_the_reporting_lines(world: DemoWorld) -> None:
    organisations = {organisation.key: organisation for organisation in world.organisations}
    seen: set[str] = set()
    for organisation in world.organisations:
        if organisation.parent is not None:
            assert organisation.parent in seen
            assert REGIONS.contains(organisations[organisation.parent].region, organisation.region, on=world.today)
        if organisation.uscc is not None:
            check_uscc(organisation.uscc)
        assert organisation.head == organisation.members[0]
        seen.add(organisation.key)


def test_each_city_unit_features_one_project(world: DemoWorld) -> None:
    featured = Counter(project.region for project in world.projects if project.featured)
    assert set(featured.values()) == {1}
    assert len(featured) == 14


def test_nobody_is_in_two_places_or_works_more_than_ten_hours_a_day(world: DemoWorld) -> None:
    for shifts in shifts_of_people(world).values():
        by_day: dict[date, list[DemoShift]] = defaultdict(list)
        for shift in shifts:
            by_day[shift.on].append(shift)
        for of_day in by_day.values():
            assert sum(shift.hours for shift in of_day) <= 1000
            of_day.sort(key=lambda shift: shift.start)
            assert all(of_day[place].end <= of_day[place + 1].start for place in range(len(of_day) - 1))


def check_activity(activity: DemoActivity, world: DemoWorld) -> None:
    assert activity.leader != activity.recorder
    assert activity.recorder not in {entry.person for entry in activity.entries}
    assert activity.seven_enters
    assert set(activity.seven_enters) <= ENTERS
    assert set(activity.target_groups) <= GROUPS
    assert activity.form in FORMS
    assert activity.theme in THEMES | {None}
    # Students go to a village of another county for some weeks; further than their city nobody goes.
    upper = REGIONS.chain(activity.region, on=world.today)[-2:][0].code
    assert REGIONS.contains(upper, activity.place_region, on=world.today)
    assert activity.quarter == quarter_of(activity.shifts[-1].on)
    for shift in activity.shifts:
        assert quarter_bounds(world.quarters[0]).first <= shift.on <= quarter_bounds(world.quarters[-1]).last
        assert time(7) <= shift.start < shift.end <= time(20)
    pairs = [(entry.person, entry.shift) for entry in activity.entries]
    assert len(pairs) == len(set(pairs)) > 0


def test_every_activity_has_its_fields_in_order(world: DemoWorld) -> None:
    names = Counter(activity.name for activity in world.activities)
    assert names.most_common(1)[0][1] == 1
    assert len({activity.key for activity in world.activities}) == len(world.activities)
    last_days = [activity.shifts[-1].on for activity in world.activities]
    assert last_days == sorted(last_days)
    for activity in world.activities:
        check_activity(activity, world)


def test_every_entry_is_within_its_shift_and_evaluated_by_somebody_else(world: DemoWorld) -> None:
    for activity in world.activities:
        for entry in activity.entries:
            shift = activity.shifts[entry.shift]
            assert 0 < entry.hours <= shift.hours
            assert 1 <= entry.quality <= 5
            assert shift.on <= entry.evaluated_on < world.today
            assert entry.evaluator != entry.person
            assert world.person(entry.person).joined_on <= shift.on


def test_activities_run_under_a_project_of_their_organisation(world: DemoWorld) -> None:
    owner = {project.key: project.organisation for project in world.projects}
    assert all(owner[activity.project] == activity.organisation for activity in world.activities)


def test_the_focus_days_are_held_by_every_unit_on_the_day_itself(world: DemoWorld) -> None:
    held = Counter(activity.focus_day for activity in world.activities if activity.focus_day)
    assert held == dict.fromkeys(FocusDay, 14)
    for activity in world.activities:
        if activity.focus_day:
            assert [focus_day_on(shift.on) for shift in activity.shifts] == [activity.focus_day]


def test_all_seven_enters_groups_forms_and_themes_occur_and_special_work_prevails(world: DemoWorld) -> None:
    assert {enter for activity in world.activities for enter in activity.seven_enters} == ENTERS
    assert {group for activity in world.activities for group in activity.target_groups} == GROUPS
    assert {activity.form for activity in world.activities} == FORMS
    assert {activity.theme for activity in world.activities} == THEMES | {None}
    special = sum(activity.category == "special" for activity in world.activities)
    assert 0.5 < special / len(world.activities) < 1


def test_some_people_reach_the_first_and_the_second_star(world: DemoWorld) -> None:
    hours = sorted(world.hours_of_people().values())
    assert sum(total >= 10_000 for total in hours) >= 40
    assert sum(total >= 30_000 for total in hours) >= 3
    assert hours[-1] < 60_000


def test_somebody_has_the_hours_of_a_star_and_not_the_quality(world: DemoWorld) -> None:
    marks: dict[str, list[int]] = defaultdict(list)
    for activity in world.activities:
        for entry in activity.entries:
            marks[entry.person].append(entry.quality)
    hours = world.hours_of_people()
    assert any(hours[key] >= 10_000 and sum(given) / len(given) < 3 for key, given in marks.items())


def test_marks_are_given_as_people_give_them(world: DemoWorld) -> None:
    marks = [entry.quality for activity in world.activities for entry in activity.entries]
    assert 4.15 <= sum(marks) / len(marks) <= 4.45
    assert set(marks) == {1, 2, 3, 4, 5}


def test_the_model_city_has_three_full_teams(world: DemoWorld) -> None:
    teams = Counter(
        team
        for person in world.people
        if REGIONS.contains("130100", person.region, on=world.today)
        for team in person.teams
    )
    assert min(teams[team] for team in ("grassroots", "experts", "arts")) >= 50


# A world is too large to shrink: the seed and the day say enough.
@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 10**6), today=st.dates(min_value=date(2026, 1, 1), max_value=date(2030, 12, 31)))
def test_any_seed_and_day_give_a_sound_world(seed: int, today: date) -> None:
    world = build_demo_world(seed=seed, today=today, regions=REGIONS)
    assert world.quarters[-1] == quarter_of(quarter_bounds(quarter_of(today)).first - timedelta(days=1))
    assert 190 <= len(world.activities) <= 280
    for activity in world.activities:
        check_activity(activity, world)
