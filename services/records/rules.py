"""The deciding arithmetic of records, pure: shifts, overlaps, hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from shared.clock import SHANGHAI
from shared.errors import Fault

MINUTES_PER_DAY = 24 * 60
MOST_LINES = 500
MOST_RECORDS = 500
"""Records of one activity: `activity.held` carries them all, and a message has at most 256 KiB."""

THEMES: dict[str, str] = {
    "safe_return_home": "安全带回家、祥和过大年",
    "safety_into_homes": "安全进万家、幸福你我他",
    "youth_escort": "青春扬帆、安全护航",
    "hotline_12350": "12350—安全伴你行",
    "everyday": "日常宣传",
}
"""The running themes (notice III (2))."""

ENTERS: dict[str, str] = {
    "enterprise": "进企业",
    "school": "进学校",
    "office": "进机关",
    "community": "进社区",
    "village": "进农村",
    "household": "进家庭",
    "public_place": "进公共场所",
}
"""The seven kinds of places to go to (notice III (2))."""

CATEGORIES: dict[str, str] = {"special": "专项", "daily": "日常"}
"""Special activities lead, daily ones support (notice III (2))."""


INTRODUCTION_TAKES = timedelta(hours=1)
"""A home node introduces whom it knows within moments; after this time it knows nobody of that name, or is away."""


class GuestState(StrEnum):
    """How it stands with a volunteer who was asked for at their home, which answers nothing where it knows nobody."""

    ASKED = "asked"
    INTRODUCED = "introduced"
    NOT_KNOWN = "not_known"

    @classmethod
    def of(cls, *, is_known: bool, asked_at: datetime, now: datetime) -> GuestState:
        """Answer the state of who was asked for at this instant."""
        if is_known:
            return cls.INTRODUCED
        return cls.ASKED if now < asked_at + INTRODUCTION_TAKES else cls.NOT_KNOWN


class TransferState(StrEnum):
    """Where a volunteer's transfer to another place stands."""

    OPEN = "open"
    RETURNED = "returned"
    APPROVED = "approved"  # decided; registration has still to move the home region
    MOVED = "moved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"  # the volunteer has withdrawn their consent
    ENDED = "ended"  # by an administrator


UNDER_WAY = (TransferState.OPEN, TransferState.RETURNED, TransferState.APPROVED)
"""A volunteer has at most one transfer in these states."""

_UNDECIDED_ENDS = {TransferState.WITHDRAWN, TransferState.ENDED}
TRANSFER_MOVES: Mapping[TransferState, frozenset[TransferState]] = {
    TransferState.OPEN: frozenset(
        {TransferState.RETURNED, TransferState.APPROVED, TransferState.REJECTED, *_UNDECIDED_ENDS}
    ),
    TransferState.RETURNED: frozenset({TransferState.OPEN, *_UNDECIDED_ENDS}),
    TransferState.APPROVED: frozenset({TransferState.MOVED}),
}
"""By the state of a transfer, which it can go to; from all others to none."""


def faults_in_transfer(*, from_region: str, to_region: str, has_consent: bool) -> list[Fault]:
    """Answer what is wrong with a wish to be transferred.

    Source: notice II (3); 民函〔2012〕340号 (records are transferred with the volunteer's consent).
    """
    found = []
    if not has_consent:
        found.append(
            Fault(
                code="consent_missing",
                zh="须同意将您的志愿服务记录提供给转入地核验",
                en="Your consent is needed: the receiving place reads and checks your records",
                pointer="/consent",
            )
        )
    if from_region == to_region:
        found.append(
            Fault(
                code="already_there",
                zh="您已在该地区，无需转移",
                en="This is your home region already",
                pointer="/to_region",
            )
        )
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """One person's service on one day: minutes since midnight in Asia/Shanghai, hours in hundredths."""

    volunteer_number: str
    served_on: date
    starts: int
    ends: int
    hours_hundredths: int
    quality: int

    def overlaps(self, other: Shift) -> bool:
        """Tell whether the same person would be in two places at once."""
        return (
            self.volunteer_number == other.volunteer_number
            and self.served_on == other.served_on
            and self.starts < other.ends
            and other.starts < self.ends
        )


def minutes_of(clock_time: time) -> int:
    """Answer the minutes since midnight."""
    return clock_time.hour * 60 + clock_time.minute


def show_minutes(minutes: int) -> str:
    """Write minutes since midnight as a time: 510 → "08:30", 1440 → "24:00"."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def length_hundredths(starts: int, ends: int) -> int:
    """Answer how long a shift lasts, in hundredths of an hour, rounded down."""
    return (ends - starts) * 100 // 60


def faults_in(shifts: Sequence[Shift], existing: Iterable[Shift], *, now: datetime) -> list[Fault]:
    """Answer everything that is wrong with these shifts, each fault pointing at its line.

    Source: Order 67 articles 3 and 7 (actual time, in hours); nobody is in two places at once.
    """
    found: list[Fault] = []
    known = list(existing)
    by_day: dict[tuple[str, date], list[Shift]] = {}
    for shift in known:
        by_day.setdefault((shift.volunteer_number, shift.served_on), []).append(shift)
    for place, shift in enumerate(shifts):
        found += _faults_of_one(shift, f"/lines/{place}", now=now)
        same_day = by_day.setdefault((shift.volunteer_number, shift.served_on), [])
        clash = next((other for other in same_day if shift.overlaps(other)), None)
        if clash is not None:
            when = f"{show_minutes(clash.starts)}–{show_minutes(clash.ends)}"
            found.append(
                Fault(
                    code="shifts_overlap",
                    zh=f"该志愿者当日 {when} 已有服务记录，时间重叠",
                    en=f"This volunteer already served {when} on that day",
                    pointer=f"/lines/{place}/starts",
                )
            )
        same_day.append(shift)
    return found


def _is_over(shift: Shift, *, now: datetime) -> bool:
    local = now.astimezone(SHANGHAI)
    if shift.served_on != local.date():
        return shift.served_on < local.date()
    return timedelta(minutes=shift.ends) <= local - datetime.combine(local.date(), time(), tzinfo=SHANGHAI)


def _faults_of_one(shift: Shift, pointer: str, *, now: datetime) -> list[Fault]:
    if not 0 <= shift.starts < shift.ends <= MINUTES_PER_DAY:
        return [
            Fault(
                code="shift_ends_before_it_starts",
                zh="结束时间须晚于开始时间",
                en="A shift ends after it starts",
                pointer=f"{pointer}/ends",
            )
        ]
    found = []
    if not _is_over(shift, now=now):
        found.append(
            Fault(
                code="in_the_future",
                zh="不能记录尚未结束的服务",
                en="Service that is not over yet cannot be recorded",
                pointer=f"{pointer}/served_on",
            )
        )
    if shift.hours_hundredths > length_hundredths(shift.starts, shift.ends):
        found.append(
            Fault(
                code="hours_exceed_shift",
                zh="时长不能超过起止时间之间的时间",
                en="Hours are at most the time between start and end",
                pointer=f"{pointer}/hours",
            )
        )
    return found
