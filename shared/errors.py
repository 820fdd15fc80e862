"""The errors a use case may raise, each with a stable code and a text in Chinese and English.

Nothing here knows of HTTP: `shared.http.problems` alone maps an error to a status.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One thing that is wrong with one field: `pointer` is a JSON pointer into what was sent."""

    code: str
    zh: str
    en: str
    pointer: str | None = None


class AnyuanError(Exception):
    """Something the caller asked for cannot be done; nothing was changed."""

    default_code = "error"
    default_zh = "请求无法完成"
    default_en = "The request cannot be completed"

    def __init__(
        self,
        code: str | None = None,
        *,
        zh: str | None = None,
        en: str | None = None,
        pointer: str | None = None,
        faults: Iterable[Fault] = (),
        **extra: Any,
    ) -> None:
        self.code = code or self.default_code
        self.zh = zh or self.default_zh
        self.en = en or self.default_en
        self.pointer = pointer
        self.faults = tuple(faults)
        self.extra: Mapping[str, Any] = extra
        super().__init__(f"{self.code}: {self.en}")


@contextmanager
def pointing_at(pointer: str) -> Iterator[None]:
    """Say which field a check was about, where the check itself cannot know."""
    try:
        yield
    except AnyuanError as error:
        error.pointer = error.pointer or pointer
        raise


class Invalid(AnyuanError):
    """What was sent breaks a rule of the field (hours, dates, regions, …)."""

    default_code = "invalid"
    default_zh = "提交的内容不符合要求"
    default_en = "What was sent breaks a rule"

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> Self:
        """Gather several faults into one error, so that a form shows all of them at once."""
        found = tuple(faults)
        first = found[0]
        return cls(first.code, zh=first.zh, en=first.en, pointer=first.pointer, faults=found)


class HostedElsewhere(Invalid):
    """The region's business is done at another node: people do it on that node's site."""

    default_code = "hosted_elsewhere"
    default_zh = "该地区的业务在另一节点办理，请到当地的站点办理"
    default_en = "This region is served by another node: do it on that node's site"


class Unauthenticated(AnyuanError):
    """Nobody is signed in, or the token is expired or not ours."""

    default_code = "not_signed_in"
    default_zh = "请先登录"
    default_en = "Sign in first"


class Forbidden(AnyuanError):
    """The person may see this but not do it."""

    default_code = "forbidden"
    default_zh = "您没有办理此事项的权限"
    default_en = "You may not do this"


class NotFound(AnyuanError):
    """It does not exist, or the person may not know that it does."""

    default_code = "not_found"
    default_zh = "没有找到"
    default_en = "Not found"


class Conflict(AnyuanError):
    """The thing is not in a state that allows this now."""

    default_code = "conflict"
    default_zh = "当前状态不允许此操作"
    default_en = "The current state does not allow this"


class StaleRevision(AnyuanError):
    """Somebody changed it since it was read."""

    default_code = "stale_revision"
    default_zh = "内容已被他人更新，请刷新后再试"
    default_en = "It was changed since you read it: load it again"


class PreconditionMissing(AnyuanError):
    """A command came without the header that makes it safe (If-Match or Idempotency-Key)."""

    default_code = "precondition_missing"
    default_zh = "缺少必需的请求头"
    default_en = "A required header is missing"


class KeyReused(AnyuanError):
    """The same command id came with another content."""

    default_code = "command_id_reused"
    default_zh = "同一操作编号不能用于不同内容"
    default_en = "This command id was used for another content"


class TooLarge(AnyuanError):
    """What was sent is larger than what is accepted."""

    default_code = "too_large"
    default_zh = "内容过大"
    default_en = "What was sent is too large"


class TooMany(AnyuanError):
    """The same thing was tried too often in a short time."""

    default_code = "too_many_tries"
    default_zh = "尝试次数过多，请稍后再试"
    default_en = "Too many tries: wait and try again"


class Unavailable(AnyuanError):
    """A part that this needs is away; trying again later is right."""

    default_code = "unavailable"
    default_zh = "服务暂时不可用，请稍后重试"
    default_en = "Temporarily unavailable: try again later"
