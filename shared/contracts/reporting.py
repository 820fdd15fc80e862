"""What `reporting` tells: activity reports on their way upwards and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from shared.contracts.base import Event, event


@dataclass(frozen=True, kw_only=True)
class ReportLine:
    """What a report claims for one service record (hours in hundredths, quality 1 to 5)."""

    record_id: str
    volunteer_number: str
    hours_hundredths: int
    quality: int


@event("reporting", "report.submitted", key="report_id")
@dataclass(frozen=True, kw_only=True)
class ReportSubmitted(Event):
    """A report went on its way; its records are fixed until it is decided."""

    report_id: str
    activity_id: str
    organisation_id: str
    region: str
    title: str
    round: int


@event("reporting", "report.returned", key="report_id")
@dataclass(frozen=True, kw_only=True)
class ReportReturned(Event):
    """A report came back to be corrected."""

    report_id: str
    activity_id: str
    organisation_id: str
    title: str
    reason: str


@event("reporting", "report.approved", key="report_id")
@dataclass(frozen=True, kw_only=True)
class ReportApproved(Event):
    """The last tier approved a report: its lines are true now."""

    report_id: str
    activity_id: str
    organisation_id: str
    region: str
    title: str
    lines: tuple[ReportLine, ...]


@event("reporting", "report.rejected", key="report_id")
@dataclass(frozen=True, kw_only=True)
class ReportRejected(Event):
    """A report was rejected: nothing in it counts."""

    report_id: str
    activity_id: str
    organisation_id: str
    title: str
    reason: str


@event("reporting", "report.revoked", key="report_id")
@dataclass(frozen=True, kw_only=True)
class ReportRevoked(Event):
    """An approved report was undone by another decision: nothing in it counts any more."""

    report_id: str
    activity_id: str
    organisation_id: str
    title: str
    reason: str
