"""What can be wrong with a definition: a stable code for each mistake, and how it is said in Chinese and English.

The texts are read after the place, as in `route[0].tier: lies below the tier before it`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

_INDEX = re.compile(r"\[(\d+)\]")
#: The place of what is wrong with the definition as a whole.
WHOLE = "definition"


class Mistake(StrEnum):
    """The code of a mistake."""

    UNKNOWN_NAME = "unknown_name"
    NOT_A_TEXT = "not_a_text"
    TOO_LONG = "too_long"
    NOT_A_KEY = "not_a_key"
    NOT_TEXTS = "not_texts"
    NOT_A_COUNT = "not_a_count"
    NOT_A_FLAG = "not_a_flag"
    NOT_A_WORD = "not_a_word"
    NOT_A_MAPPING = "not_a_mapping"
    NOT_A_LIST = "not_a_list"
    TOO_MANY = "too_many"
    TOO_DEEP = "too_deep"
    MISSING = "missing"
    NOT_A_POINTER = "not_a_pointer"
    NOT_COMPARABLE = "not_comparable"
    NOT_A_VALUE = "not_a_value"
    NOT_A_TITLE = "not_a_title"
    NOT_AN_APPROVER = "not_an_approver"
    NOT_A_SPAN = "not_a_span"
    NOT_VERBS = "not_verbs"
    SAME_NODE = "same_node"
    RESERVED_NODE = "reserved_node"
    NOBODY_DECIDES = "nobody_decides"
    LOWER_TIER = "lower_tier"
    NOT_A_DEFAULT = "not_a_default"
    NOT_ONE_DEFAULT = "not_one_default"
    AFTER_DEFAULT = "after_default"
    SAME_CONDITION = "same_condition"
    NEVER_REACHED = "never_reached"
    TIERS_ABREAST = "tiers_abreast"
    NO_DEADLINE = "no_deadline"
    OUT_OF_REACH = "out_of_reach"
    NOT_EARLIER = "not_earlier"
    OTHER_BRANCH = "other_branch"
    NOT_DECIDED = "not_decided"
    CONTRADICTION = "contradiction"
    OTHER_KEY = "other_key"
    UNKNOWN_ROLE = "unknown_role"
    UNKNOWN_ACCOUNT = "unknown_account"
    UNKNOWN_DEFINITION = "unknown_definition"
    ENDLESS = "endless"
    NAMED_TIER = "named_tier"


WORDS: Mapping[Mistake, tuple[str, str]] = {
    Mistake.UNKNOWN_NAME: ("“{name}”不是可用的名称，可用：{known}", '"{name}" is not one of {known}'),
    Mistake.NOT_A_TEXT: ("应为文字，不能为空", "is not a text"),
    Mistake.TOO_LONG: ("最多{most}个字符", "has more than {most} characters"),
    Mistake.NOT_A_KEY: (
        "应以小写字母开头，只含小写字母、数字和下划线",
        "is not lower-case letters, digits and underscores that begin with a letter",
    ),
    Mistake.NOT_TEXTS: ("应为文字的列表", "is not a list of texts"),
    Mistake.NOT_A_COUNT: ("应为1到{most}的整数", "is not a whole number from 1 to {most}"),
    Mistake.NOT_A_FLAG: ("应为 true 或 false", "is not true or false"),
    Mistake.NOT_A_WORD: ("“{value}”不可用，可用：{known}", '"{value}" is not one of {known}'),
    Mistake.NOT_A_MAPPING: ("应包含 {known}", "is not a mapping of {known}"),
    Mistake.NOT_A_LIST: ("应为列表，至少{least}项", "is not a list of at least {least}"),
    Mistake.TOO_MANY: ("最多{most}项", "has more than {most} items"),
    Mistake.TOO_DEEP: ("嵌套不能超过{most}层", "is nested more than {most} deep"),
    Mistake.MISSING: ("缺少此项", "is missing"),
    Mistake.NOT_A_POINTER: (
        "“{value}”不是 JSON 指针，应以“/”开头",
        '"{value}" is not a JSON pointer: it begins with a slash',
    ),
    Mistake.NOT_COMPARABLE: ("应为数字或文字", "is not a number or a text"),
    Mistake.NOT_A_VALUE: ("应为文字、数字、true、false 或空", "is not a text, a number, true, false or null"),
    Mistake.NOT_A_TITLE: ("应有中文 zh 和英文 en 两个名称", "is not a pair of zh and en"),
    Mistake.NOT_AN_APPROVER: ("应指明一个角色 role 或一个账号 account", "names either a role or an account"),
    Mistake.NOT_A_SPAN: ("应为 {known} 之一加数字", "is not one of {known} with a number"),
    Mistake.NOT_VERBS: ("应为下列操作的列表：{known}", "is not a list out of {known}"),
    Mistake.SAME_NODE: ("“{key}”与前面的环节重名", '"{key}" is already the name of an earlier node'),
    Mistake.RESERVED_NODE: ("“{key}”在退回路径中另有含义", '"{key}" has a meaning of its own in ways back'),
    Mistake.NOBODY_DECIDES: ("可能无人办理就走完流程", "can be gone through without anybody deciding"),
    Mistake.LOWER_TIER: ("“{tier}”低于前面环节的层级", '"{tier}" lies below the tier before it'),
    Mistake.NOT_A_DEFAULT: ("应为 true，且不与 when 同时出现", "is `true`, and stands without `when`"),
    Mistake.NOT_ONE_DEFAULT: (
        "应有且只有一个 default: true 的默认分支",
        "has not exactly one branch with `default: true`",
    ),
    Mistake.AFTER_DEFAULT: ("排在默认分支之后，永远不会到达", "cannot be reached: it stands after the default branch"),
    Mistake.SAME_CONDITION: (
        "与前面分支的条件相同，永远不会到达",
        "cannot be reached: an earlier branch has the same condition",
    ),
    Mistake.NEVER_REACHED: (
        "永远不会到达：县级环节总在同一地区办理并取代它",
        "can never be reached: the county's node always falls on the same region and takes its place",
    ),
    Mistake.TIERS_ABREAST: (
        "同时进行的分支不能在不同层级办理：{tiers}",
        "has branches that are decided side by side at different tiers: {tiers}",
    ),
    Mistake.NO_DEADLINE: ("须同时设定时限 due", "needs `due`: nothing is overdue without a deadline"),
    Mistake.OUT_OF_REACH: ("即使全部同意也达不到", "could not be reached if all of them approved"),
    Mistake.NOT_EARLIER: ("“{key}”不是前面的环节", '"{key}" is not a node before this one'),
    Mistake.OTHER_BRANCH: (
        "“{key}”在另一分支上，从这里永远无法退回到它",
        '"{key}" is on another branch: no case can be returned to it from here',
    ),
    Mistake.NOT_DECIDED: (
        "“{key}”等待另一事项的结果，不能退回到它",
        '"{key}" waits for another case and decides nothing itself: no case can be returned to it',
    ),
    Mistake.CONTRADICTION: (
        "对“{field}”的要求互相矛盾，永远不会成立",
        'can never hold: what it asks of "{field}" contradicts itself',
    ),
    Mistake.OTHER_KEY: ("“{key}”与名称“{name}”不一致", '"{key}" is not the name {name}'),
    Mistake.UNKNOWN_ROLE: ("没有“{value}”这个办理角色，可用：{known}", '"{value}" is not one of {known}'),
    Mistake.UNKNOWN_ACCOUNT: ("账号“{value}”没有任何任职", 'the account "{value}" holds no post'),
    Mistake.UNKNOWN_DEFINITION: (
        "本系统没有已发布的流程“{key}”",
        'no version of "{key}" is published in this service',
    ),
    Mistake.ENDLESS: (
        "流程会不断发起自身，没有终点：{keys}",
        "would open cases of itself without end: {keys}",
    ),
    Mistake.NAMED_TIER: (
        "由内容指定办理地区的环节，层级 tier 应为 home",
        "names who decides, which stands with `tier: home` alone",
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake of a definition, where it is (such as `route[1].tier`), and what to say of it."""

    place: str
    code: Mistake
    message: str
    message_zh: str

    @property
    def pointer(self) -> str:
        """Answer the place as a JSON pointer into the definition's body: `/route/1/tier`."""
        if self.place == WHOLE:
            return ""
        return "/" + _INDEX.sub(r".\1", self.place).replace(".", "/")


def problem(place: str, mistake: Mistake, **values: object) -> Problem:
    """Answer a mistake in words; `values` are what its text names."""
    zh, en = (text.format(**values) for text in WORDS[mistake])
    return Problem(place or WHOLE, mistake, en, zh)


class DefinitionError(ValueError):
    """The definition cannot be used; `problems` says every reason at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.place}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)
