"""The deciding arithmetic of stars and commendations, pure: plain values in, plain values out.

Stars are given by hours AND quality (notice II (6)). The thresholds and who decides which level are dated data:
民函〔2012〕340号 gives 100/300/600/1000/1500 hours, Fujian's by-law the deciding tiers, which are ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from shared.hours import HUNDREDTHS_PER_HOUR
from shared.regions import Level

MOST_STARS = 5
STAR_DEFINITIONS: Mapping[Level, str] = {
    Level.COUNTY: "star_rating_low",
    Level.CITY: "star_rating_middle",
    Level.PROVINCE: "star_rating_high",
}
"""By which definition a case of a star is decided, by the tier that decides it."""
COMMENDATION_DEFINITION = "commendation"
STAR_REVIEW_DEFINITION = "star_review"
_CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True, slots=True)
class StarRule:
    """What a star takes from `valid_from` on, until a later rule begins."""

    valid_from: date
    #: Hours in hundredths that 1, 2, … stars take.
    thresholds: tuple[int, ...]
    #: The lowest average evaluation (1 to 5) that any star takes.
    quality_floor: Decimal
    #: The tier that decides 1, 2, … stars.
    deciding: tuple[Level, ...]
    #: How long after a refusal the same level cannot be nominated again.
    wait_after_refusal: timedelta

    def threshold(self, stars: int) -> int:
        """Answer the hours, in hundredths, that this many stars take."""
        return self.thresholds[stars - 1]

    def decided_by(self, stars: int) -> Level:
        """Answer the tier that decides this many stars."""
        return self.deciding[stars - 1]


STAR_RULES: tuple[StarRule, ...] = (
    StarRule(
        valid_from=date(2012, 10, 23),
        thresholds=tuple(hours * HUNDREDTHS_PER_HOUR for hours in (100, 300, 600, 1000, 1500)),
        quality_floor=Decimal("3.0"),
        deciding=(Level.COUNTY, Level.COUNTY, Level.CITY, Level.CITY, Level.PROVINCE),
        wait_after_refusal=timedelta(days=90),
    ),
)
"""Every star rule there was, oldest first. Source: 民函〔2012〕340号; floor and wait are defaults of the province."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What counts towards a volunteer's stars: approved hours (in hundredths), evaluations, the stars held."""

    total_hundredths: int = 0
    quality_sum: int = 0
    quality_count: int = 0
    stars: int = 0

    @property
    def average_quality(self) -> Decimal | None:
        """Answer the mean evaluation to two decimals, or None before the first one."""
        if self.quality_count == 0:
            return None
        return (Decimal(self.quality_sum) / self.quality_count).quantize(_CENT, rounding=ROUND_HALF_UP)

    def meets(self, floor: Decimal) -> bool:
        """Tell whether the mean evaluation, not rounded, is at least this floor."""
        return self.quality_count > 0 and self.quality_sum >= floor * self.quality_count


@dataclass(frozen=True, kw_only=True, slots=True)
class NextStar:
    """What the next star takes and what is still missing (离我下一颗星)."""

    stars: int
    needed_hundredths: int
    missing_hundredths: int
    quality_floor: Decimal
    quality_is_met: bool
    decided_by: Level
    #: The first day on which this level can be nominated again, while a refusal bars it.
    not_before: date | None


def star_rule(on: date, rules: tuple[StarRule, ...] = STAR_RULES) -> StarRule:
    """Answer the rule in force on a date (Asia/Shanghai).

    :raises LookupError: when no rule had begun by then.
    """
    begun = [rule for rule in rules if rule.valid_from <= on]
    if not begun:
        raise LookupError(f"no star rule is in force on {on}")
    return max(begun, key=lambda rule: rule.valid_from)


def level_reached(rule: StarRule, standing: Standing) -> int:
    """Answer the highest level whose hours are reached, 0 for none; quality is not looked at."""
    return sum(standing.total_hundredths >= threshold for threshold in rule.thresholds)


def level_carried(rule: StarRule, standing: Standing) -> int:
    """Answer the highest level that hours and evaluations carry, 0 for none."""
    return level_reached(rule, standing) if standing.meets(rule.quality_floor) else 0


def not_before(rule: StarRule, refused_on: date | None, *, on: date) -> date | None:
    """Answer the first day on which a refused level can be nominated again, or None where nothing bars it now."""
    if refused_on is None:
        return None
    free_again = refused_on + rule.wait_after_refusal
    return free_again if on < free_again else None


def star_due(
    rule: StarRule, standing: Standing, *, open_levels: Collection[int], refused: Mapping[int, date], on: date
) -> int | None:
    """Answer the level that a volunteer is to be nominated for now, or None.

    It is the highest level reached: whoever jumps over several thresholds is nominated once. A level that is held,
    open, or refused less than `wait_after_refusal` ago is not nominated. `refused` gives the last refusal per level.
    Source: notice II (6); 民函〔2012〕340号.
    """
    level = level_reached(rule, standing)
    if level <= standing.stars or level in open_levels:
        return None
    if not standing.meets(rule.quality_floor):
        return None
    if not_before(rule, refused.get(level), on=on) is not None:
        return None
    return level


def next_star(rule: StarRule, standing: Standing, *, refused: Mapping[int, date], on: date) -> NextStar | None:
    """Answer what is missing to one star more, or None for who has all five."""
    if standing.stars >= MOST_STARS:
        return None
    stars = standing.stars + 1
    needed = rule.threshold(stars)
    return NextStar(
        stars=stars,
        needed_hundredths=needed,
        missing_hundredths=max(0, needed - standing.total_hundredths),
        quality_floor=rule.quality_floor,
        quality_is_met=standing.meets(rule.quality_floor),
        decided_by=rule.decided_by(stars),
        not_before=not_before(rule, refused.get(stars), on=on),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class AwardKind:
    """A commendation that exists: what it is called, and how its rounds are named."""

    zh: str
    en: str


AWARD_KINDS: Mapping[str, AwardKind] = {
    "outstanding_volunteer": AwardKind(zh="优秀安全生产志愿者", en="Outstanding work-safety volunteer"),
}
"""The commendations there are, by their code. Source: notice II (6), 「定期对优秀志愿者…进行通报表彰」."""

FEWEST_STARS_FOR_AWARD = 1
"""How many stars a volunteer needs before a commendation; a default of the province."""


def star_title(stars: int) -> str:
    """Answer what a star level is called: 三星级志愿者."""
    return f"{'一二三四五'[stars - 1]}星级志愿者"


def award_title(award: str, round_name: str) -> str:
    """Answer what a commendation of one round is called: 2026年度优秀安全生产志愿者."""
    return f"{round_name}年度{AWARD_KINDS[award].zh}"


def award_number(year: int, ordinal: int) -> str:
    """Answer the number of a commendation: 冀安志奖〔2026〕0001号."""
    return f"冀安志奖〔{year}〕{ordinal:04d}号"


def citation(award: str, round_name: str, number: str) -> str:
    """Answer the sentence by which a commendation is granted."""
    return f"授予“{AWARD_KINDS[award].zh}”称号（{round_name}年度，{number}）"


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """What decides who may see or change a nomination."""

    region: str
    proposer_account_id: str
    volunteer_account_id: str
    is_returned: bool
