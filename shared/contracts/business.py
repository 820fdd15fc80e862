"""What cases are about: the words that events carry as `business_type`."""

from __future__ import annotations

from collections.abc import Mapping

BUSINESS_NAMES: Mapping[str, tuple[str, str]] = {
    "volunteer_registration": ("志愿者注册", "Volunteer registration"),
    "organisation_registration": ("组织注册", "Organisation registration"),
    "activity_report": ("活动报告", "Activity report"),
    "activity_report/revocation": ("撤销活动报告", "Revocation of an activity report"),
    "star_rating": ("星级认定", "Star rating"),
    "star_review": ("星级复核", "Review of stars"),
    "commendation": ("通报表彰", "Commendation"),
    "volunteer_transfer": ("异地转移", "Transfer of a volunteer"),
}
"""Every kind of business that a service has cases of, in Chinese and English."""
