"""The deciding arithmetic of reporting, pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.errors import Fault

SHORTEST_SUMMARY = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class LineChange:
    """A correction of one line: hours in hundredths, quality 1 to 5, and whether it is claimed at all."""

    record_id: str
    hours_hundredths: int | None = None
    quality: int | None = None
    counted: bool | None = None


def length_of(starts: str, ends: str) -> int:
    """Answer how long a shift lasts in hundredths of an hour, from times such as "08:30"; rounded down."""
    return (_minutes(ends) - _minutes(starts)) * 100 // 60


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def faults_in_changes(changes: Sequence[LineChange], shift_lengths: Mapping[str, int]) -> list[Fault]:
    """Answer what is wrong with corrections: an unknown record, a record named twice, more hours than the shift has."""
    found: list[Fault] = []
    seen: set[str] = set()
    for place, change in enumerate(changes):
        if change.record_id not in shift_lengths:
            found.append(
                Fault(
                    code="record_not_in_report",
                    zh="本报告中没有这条服务记录",
                    en="This record is not part of the report",
                    pointer=f"/lines/{place}/record_id",
                )
            )
        elif change.record_id in seen:
            found.append(
                Fault(
                    code="record_named_twice",
                    zh="同一记录出现两次",
                    en="A record is named twice",
                    pointer=f"/lines/{place}",
                )
            )
        elif (change.hours_hundredths or 0) > shift_lengths[change.record_id]:
            found.append(
                Fault(
                    code="hours_exceed_shift",
                    zh="时长不能超过起止时间之间的时间",
                    en="Hours are at most the time between start and end",
                    pointer=f"/lines/{place}/hours",
                )
            )
        seen.add(change.record_id)
    return found


def faults_before_submission(*, summary: str, counted: Iterable[bool]) -> list[Fault]:
    """Answer what a report still lacks before it may go upwards."""
    found: list[Fault] = []
    if len(summary.strip()) < SHORTEST_SUMMARY:
        found.append(
            Fault(
                code="summary_too_short",
                zh=f"请填写活动总结（至少{SHORTEST_SUMMARY}字）",
                en=f"Write a summary of at least {SHORTEST_SUMMARY} characters",
                pointer="/summary",
            )
        )
    if not any(counted):
        found.append(
            Fault(
                code="no_lines",
                zh="报告中没有计入的服务记录",
                en="The report claims no service record",
                pointer="/lines",
            )
        )
    return found
