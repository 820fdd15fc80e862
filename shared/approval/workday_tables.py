"""The tables of the calendar: the years whose workdays are known, and the alarms of those that are not."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from shared.approval.base import ApprovalBase


class WorkdayYearRow(ApprovalBase):
    """A year whose workdays are known, and from where; `loads` counts how often they were loaded."""

    __tablename__ = "approval_workday_year"
    __table_args__ = (CheckConstraint("loads >= 1", name="loads"),)

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(200))
    loaded_at: Mapped[datetime]
    loads: Mapped[int]


class WorkdayRow(ApprovalBase):
    """A day that differs from Monday to Friday: a holiday, or a Saturday or Sunday that is made up for (调休)."""

    __tablename__ = "approval_workday"

    day: Mapped[date] = mapped_column(primary_key=True)
    is_workday: Mapped[bool]
    year: Mapped[int] = mapped_column(ForeignKey("approval_workday_year.year"), index=True)


class CalendarAlarmRow(ApprovalBase):
    """That a region was told, once, of a year whose workdays are not loaded although its cases need them."""

    __tablename__ = "approval_calendar_alarm"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    region: Mapped[str] = mapped_column(String(12), primary_key=True)
    raised_at: Mapped[datetime]
