"""Every pair of verbs that can be legal together, used on one case at once: no outcome that no order would have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations_with_replacement, count

import pytest

from shared.approval import lists
from shared.approval.commands import Details
from shared.approval.core.guard import OFFERED, RULES
from shared.approval.core.parsing import parse
from shared.approval.core.words import CLOSED, Verb
from shared.approval.views import CaseView
from shared.errors import Conflict, Forbidden, StaleRevision
from shared.identity import Post, Principal, Role
from tests.integration.approval.office import ANN, BAO, BEN, CAI, CITY, COUNTY, START, Office, official
from tests.integration.approval.racing import Track, quietly

LAN = official("Lan", COUNTY)
#: A clerk too: an administrator as such reads no cases, and who loses a race is told of it only if they may read.
ADA = Principal(
    account_id="ada",
    name="Ada",
    posts=(Post(role=Role.SYSTEM_ADMIN, region=CITY), Post(role=Role.CLERK, region=CITY)),
)
EVERYBODY = (ANN, BEN, BAO, LAN, CAI, ADA)
#: Whom each of the two gives a task to: people who do not act in these races.
IDLE = {
    COUNTY: (official("Fan", COUNTY), official("Fei", COUNTY)),
    CITY: (official("Cole", CITY), official("Chen", CITY)),
}
UNDOING = "undoing"
GIVING = (Verb.TRANSFER, Verb.DELEGATE, Verb.ADD_SIGN, Verb.CONSULT, Verb.CC)
UNFINISHED = {"waiting", "open", "claimed", "delegated"}


@dataclass(frozen=True)
class Situation:
    """What was done to a case before the race, and the verbs that become possible by it; None: all of them."""

    done: tuple[tuple[Verb, Principal, str], ...] = ()
    shows: frozenset[Verb] | None = None
    region: str = field(default=COUNTY)


def after(*done: tuple[Verb, Principal, str], shows: Verb, region: str = COUNTY) -> Situation:
    return Situation(done, frozenset({shows}), region)


SITUATIONS = {
    "open": Situation(),
    "claimed": after((Verb.CLAIM, BEN, ""), shows=Verb.UNCLAIM),
    "delegated": after((Verb.DELEGATE, BAO, "ben"), shows=Verb.RESOLVE),
    "signed": after((Verb.ADD_SIGN, BAO, "lan"), shows=Verb.REMOVE_SIGN),
    "consulted": after((Verb.CONSULT, BAO, "ben"), shows=Verb.ANSWER),
    "passed": after((Verb.APPROVE, BEN, ""), shows=Verb.TAKE_BACK, region=CITY),
    "returned": after((Verb.RETURN, BEN, ""), shows=Verb.RESUBMIT),
    "suspended": after((Verb.SUSPEND, ADA, ""), shows=Verb.RESUME),
    "copied": after((Verb.CC, ANN, "lan"), shows=Verb.MARK_READ),
    "approved": after((Verb.APPROVE, BEN, ""), (Verb.APPROVE, CAI, ""), shows=Verb.REQUEST_REVOCATION),
}


class Races:
    """An office whose cases know every verb."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.versions = count(1)
        for who in (LAN, ADA, *IDLE[COUNTY], *IDLE[CITY]):
            office.post(who)
        self.publish(UNDOING)
        self.version = 0

    def publish(self, key: str) -> int:
        """Publish the next version of a definition with two tiers."""
        version = next(self.versions)
        route = [
            {
                "node": tier,
                "title": {"zh": tier, "en": tier},
                "tier": tier,
                "mode": "any",
                "approvers": [{"role": "approver"}],
            }
            for tier in ("county", "city")
        ]
        body = {"key": key, "version": version, "title": {"zh": key, "en": key}, "route": route}
        if key != UNDOING:
            body |= {"revocation": {"days": 9, "definition": UNDOING}}
        with self.office.database.unit_of_work() as uow:
            self.office.approvals.publish(uow, parse(body), by="ada")
        return version

    def prepared(self, situation: Situation, *, is_migrated: bool = False) -> CaseView:
        """Answer a case in a situation, with a later version to go over to where that is raced."""
        if not self.version:
            self.version = self.publish("raced")
        case = self.office.open(definition="raced")
        for verb, who, to in situation.done:
            case = self.office.act(case, verb, who, details=Details(to=(to,) if to else ()))
        if is_migrated:
            self.version = self.publish("raced")
        return case

    def sees(self, case: CaseView, who: Principal) -> bool:
        """Tell whether somebody can read the case."""
        with self.office.database.reading() as session:
            return lists.may_see(session, case.id, who, self.office.approvals.regions, at=START)

    def details(self, verb: Verb, situation: Situation, index: int) -> Details:
        if verb is Verb.MIGRATE:
            return Details(version=self.version)
        return Details(to=(IDLE[situation.region][index].account_id,)) if verb in GIVING else Details()

    def pairs(self, situation: Situation) -> Iterator[tuple[tuple[Verb, Principal], tuple[Verb, Principal]]]:
        """Answer each pair of verbs that are offered now, used by two people where it can be."""
        case = self.prepared(situation)
        offered: dict[Verb, list[Principal]] = {}
        for who in (one for one in EVERYBODY if self.sees(case, one)):
            for action in self.office.view(case, who).case.allowed_actions:
                offered.setdefault(Verb(action), []).append(who)
        assert situation.shows is None or situation.shows <= offered.keys()
        for one, other in combinations_with_replacement(sorted(offered), 2):
            if situation.shows is None or situation.shows & {one, other}:
                first = offered[one][0]
                second = next((who for who in offered[other] if who != first), first)
                yield (one, first), (other, second)


def race(races: Races, track: Track, situation: Situation, pair: tuple[tuple[Verb, Principal], ...]) -> None:
    office = races.office
    verbs = {verb for verb, _ in pair}
    case = quietly(track, partial(races.prepared, situation, is_migrated=Verb.MIGRATE in verbs))
    before = office.decisions(case)
    won, lost = track.run(
        *(
            partial(office.act, case, verb, who, details=races.details(verb, situation, index))
            for index, (verb, who) in enumerate(pair)
        )
    )
    assert won
    assert len(won) + len(lost) == 2
    for error in lost:
        assert isinstance(error, Conflict | StaleRevision | Forbidden), error.code
        if "winner" in error.extra:
            assert error.extra["winner"]["name"] in {who.name for _, who in pair}
    left = office.view(case).case
    # A claim by who has claimed already is a success that writes nothing.
    claims = [verb for verb, _ in pair].count(Verb.CLAIM)
    assert before + len(won) - claims <= office.decisions(case) <= before + len(won)
    assert office.trail_problems(case) == ()
    moving = [verb for verb, _ in pair if RULES[verb].moves]
    assert left.rev <= case.rev + len(moving)
    is_over = left.state in {*(state.value for state in CLOSED), "returned"}
    tasks = [task for stage in left.stages for task in stage.tasks if task.kind != "cc"]
    assert not is_over or not any(task.state in UNFINISHED for task in tasks)


@pytest.mark.parametrize("name", SITUATIONS)
def test_of_any_two_verbs_at_once_one_comes_first_and_the_other_sees_it(
    office: Office, track: Track, name: str
) -> None:
    races, situation = Races(office), SITUATIONS[name]
    pairs = list(quietly(track, lambda: list(races.pairs(situation))))
    assert pairs
    for pair in pairs:
        race(races, track, situation, pair)


def test_every_verb_that_is_offered_is_raced() -> None:
    shown = {verb for situation in SITUATIONS.values() for verb in situation.shows or ()}
    fresh = {Verb.APPROVE, Verb.REJECT, Verb.RETURN, Verb.WITHDRAW, Verb.CLAIM, Verb.REMIND, Verb.COMMENT, *GIVING}
    assert shown | fresh | {Verb.SUSPEND, Verb.TERMINATE, Verb.MIGRATE} == set(OFFERED)
