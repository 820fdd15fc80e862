"""What people read: whole sentences in both languages, with and without a reason."""

from __future__ import annotations

from datetime import date

import pytest

from services.notifications import rules
from shared.contracts.awards import NominationDecided, StarGranted
from shared.contracts.records import RecordVoided
from shared.contracts.registration import RegistrationRefused
from shared.contracts.reporting import ReportRejected

DAY = date(2026, 9, 20)


def refused(subject: str, reason: str) -> rules.Text:
    assert subject in ("volunteer", "organisation")
    return rules.registration_refused(
        RegistrationRefused(
            subject_id="1",
            subject="volunteer" if subject == "volunteer" else "organisation",
            name="王明",
            account_id="a",
            reason=reason,
        )
    )


def texts(reason: str) -> list[rules.Text]:
    return [
        refused("volunteer", reason),
        refused("organisation", reason),
        rules.record_voided(
            RecordVoided(
                record_id="1",
                activity_name="咨询日",
                region="130123",
                volunteer_number="1",
                served_on=DAY,
                reason=reason,
            )
        ),
        rules.nomination_refused(
            NominationDecided(
                nomination_id="1", kind="star", title="一星级志愿者", volunteer_number="1", granted=False, reason=reason
            )
        ),
        rules.report_rejected(
            ReportRejected(report_id="1", activity_id="1", organisation_id="1", title="总结", reason=reason)
        ),
    ]


@pytest.mark.parametrize("reason", ["照片不清", "照片不清。", "No photo", "No photo."])
def test_a_reason_is_told_with_one_full_stop(reason: str) -> None:
    for text in texts(reason):
        assert reason.rstrip("。.") in text.body_zh
        assert "。。" not in text.body_zh
        assert ".." not in text.body_en


def test_without_a_reason_the_sentence_is_whole() -> None:
    for text in texts(""):
        assert "理由" not in text.body_zh
        assert "Reason" not in text.body_en
        assert text.body_zh.endswith("。")
        assert text.body_en.endswith(".")


def test_what_was_refused_is_named() -> None:
    assert refused("volunteer", "").title_zh == "志愿者注册未通过"
    assert refused("organisation", "").title_zh == "组织登记未通过"


@pytest.mark.parametrize(("stars", "zh", "en"), [(1, "一星级", "1 star"), (5, "五星级", "5 stars")])
def test_stars_are_counted_in_words(stars: int, zh: str, en: str) -> None:
    event = StarGranted(
        volunteer_number="1", nomination_id="1", stars=stars, granted_on=DAY, decided_by_region="130123"
    )
    text = rules.star_granted(event, decided_by="石家庄市正定县")
    assert zh in text.title_zh
    assert en in text.title_en
    assert "石家庄市正定县" in text.body_zh
