"""What marshmallow says, said in Chinese too and with a stable code."""

from __future__ import annotations

import re
from typing import Any, Self


class Told(str):
    """A validation message with its own code and Chinese text; as a string it is the English one."""

    __slots__ = ("code", "zh")

    code: str
    zh: str

    def __new__(cls, code: str, *, zh: str, en: str) -> Self:
        """Make the message."""
        made = super().__new__(cls, en)
        made.code = code
        made.zh = zh
        return made


_KNOWN: tuple[tuple[str, str, str], ...] = (
    (r"Missing data for required field\.", "required", "必填项未填写"),
    (r"Unknown field\.", "unknown_field", "不认识的字段"),
    (r"Field may not be null\.", "required", "必填项未填写"),
    (r"Not a valid (integer|number)\.", "not_a_number", "应为数字"),
    (r"Not a valid string\.", "not_a_text", "应为文字"),
    (r"Not a valid date\.", "not_a_date", "日期格式应为 2026-03-05"),
    (r"Not a valid time\.", "not_a_time", "时间格式应为 08:30"),
    (r"Not a valid (aware )?datetime\.", "not_an_instant", "时间格式不正确"),
    (r"Not a valid boolean\.", "not_a_boolean", "应为是或否"),
    (r"Not a valid list\.", "not_a_list", "应为列表"),
    (r"(Invalid (input )?type|Not a valid mapping type)\.", "not_an_object", "格式不正确"),
    (r"Must be one of.*", "not_a_choice", "不在可选范围内"),
    (r"Shorter than minimum length .*", "too_short", "填写内容过短"),
    (r"Longer than maximum length .*", "too_long", "填写内容过长"),
    (r"Length must be between .*", "wrong_length", "长度不符合要求"),
    (r"Must be (greater|less) than.*", "out_of_range", "数值超出允许范围"),
    (r"String does not match expected pattern\.", "wrong_form", "格式不正确"),
    (r"Number too large\.", "out_of_range", "数值超出允许范围"),
    (r"Not a valid utf-8 string\.", "not_a_text", "应为文字"),
    (r"One or more of the choices .*", "not_a_choice", "不在可选范围内"),
    (r"Invalid JSON body\.", "malformed", "请求不是有效的 JSON"),
)


def under(pointer: str, step: object) -> str:
    """Answer the JSON pointer (RFC 6901) to a step below another."""
    return f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"


def told(message: Any) -> tuple[str, str, str]:
    """Answer code, Chinese and English text of one validation message."""
    if isinstance(message, Told):
        return message.code, message.zh, str(message)
    text = str(message)
    for pattern, code, zh in _KNOWN:
        if re.fullmatch(pattern, text):
            return code, zh, text
    return "invalid_value", "填写内容不符合要求", text
