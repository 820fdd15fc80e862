"""What a drawing says of a definition, in Chinese or in English."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from itertools import groupby
from pathlib import Path

import yaml

from shared.approval.core.condition import Compare, Condition, Joined
from shared.approval.core.definition import (
    DECIDING_VERBS,
    Approver,
    Branch,
    Definition,
    Fork,
    Item,
    Node,
    Span,
    Substitute,
    Unit,
)
from shared.approval.core.voting import Denominator, Operator, Threshold
from shared.approval.core.words import After, ForkKind, Mode
from shared.identity import Role
from shared.identity.people import ROLE_NAMES


class Language(StrEnum):
    """The languages of a drawing."""

    CHINESE = "zh"
    ENGLISH = "en"


@cache
def catalogue() -> Mapping[str, tuple[str, str]]:
    """Answer every text of a drawing by its key, as Chinese and English."""
    found = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
    return {key: (chinese, english) for key, (chinese, english) in found.items()}


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language; `titles` are the names of the nodes that texts speak of."""

    language: Language
    titles: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, definition: Definition, language: Language) -> Wording:
        """Answer the words for a definition."""
        bare = cls(language)
        return cls(language, {node.key: bare.pick(node.title.zh, node.title.en) for node in definition.nodes})

    def __call__(self, key: str, /, **values: object) -> str:
        """Answer a text with its values filled in; an English text may hold "one|many", chosen by the value `n`."""
        text = self.pick(*catalogue()[key])
        if "|" in text:
            one, _, many = text.partition("|")
            text = one if values.get("n") == 1 else many
        return text.format(**values) if values else text

    def pick(self, chinese: str, english: str) -> str:
        """Answer the text of this language out of two."""
        return chinese if self.language is Language.CHINESE else english

    def version(self, definition: Definition) -> str:
        """Answer which definition it is."""
        return self("version", key=definition.key, version=definition.version)

    def heading(self, definition: Definition) -> str:
        """Answer the name of the whole picture."""
        title = self.pick(definition.title.zh, definition.title.en)
        return self("heading", title=title, version=definition.version)

    def told(self, definition: Definition) -> str:
        """Answer the whole picture as one text, for those who do not see it."""
        return " ".join([*(text for _, text in self.steps(definition)), *self.notes(definition)])

    def steps(self, definition: Definition) -> list[tuple[int, str]]:
        """Answer the route line by line, each with how many forks it lies in."""
        return list(self._steps(definition.route, 0))

    def _steps(self, route: tuple[Item, ...], depth: int) -> Iterator[tuple[int, str]]:
        for item in route:
            if isinstance(item, Node):
                name = f"{self.pick(item.title.zh, item.title.en)}{self('group', text=self.tier(item))}"
                yield depth, f"{name}{self('colon')}{self('comma').join(self.lines(item))}"
                continue
            yield depth, self.fork(item)
            for number, branch in enumerate(item.branches, 1):
                said = self.when(branch, item).replace("\n", "")
                yield (
                    depth + 1,
                    f"{self('branch', n=number)}{self('colon')}{said}" if said else self("branch", n=number),
                )
                yield from self._steps(branch.route, depth + 2)

    def tier(self, node: Node) -> str:
        """Answer the tier of a node."""
        return self("tier_named") if node.region is not None else self(f"tier_{node.tier.value}")

    def lines(self, node: Node) -> Iterator[str]:
        """Answer what a node's box says below its name."""
        if node.subcase is not None:
            yield self("subcase", key=node.subcase)
            return
        between = "in_turn" if node.mode is Mode.SEQUENTIAL else "beside"
        who = self(between).join(self._approvers(node))
        yield f"{self(f'mode_{node.mode.value}')}{self('colon')}{who}"
        if node.mode is Mode.VOTE and node.threshold:
            yield self._threshold(node.threshold)
        if node.veto is not None:
            yield self("veto" if node.veto else "no_veto")
        yield from self._times(node)
        for name, post in (("if_initiator", node.if_initiator), ("if_nobody", node.if_nobody)):
            if post is not None:
                yield self(name, post=self._post(post))
        yield from self._ways_and_fields(node)

    def when(self, branch: Branch, fork: Fork) -> str:
        """Answer under which condition a branch is taken; nothing for the branches of a parallel fork."""
        if branch.when is not None:
            # A bracket brings its own space in Chinese.
            return self._conditions(branch.when).replace(" （", "（")
        if fork.kind is ForkKind.PARALLEL:
            return ""
        return self("default") if branch.route else self("past")

    def fork(self, fork: Fork) -> str:
        """Answer which branches of a fork are taken."""
        return self(fork.kind.value)

    def join(self, fork: Fork) -> str:
        """Answer what the route waits for after a fork."""
        return self("join" if fork.kind is ForkKind.EXCLUSIVE else "join_all")

    def notes(self, definition: Definition) -> list[str]:
        """Answer what holds for the route as a whole."""
        has_rounds = definition.max_rounds > 1 and any(node.returns.initiator for node in definition.nodes)
        found = [
            self("rejected"),
            self("rounds", n=definition.max_rounds) if has_rounds else self("one_round"),
            self(f"duplicates_{definition.duplicates.value}"),
        ]
        if len({node.tier for node in definition.nodes}) > 1:
            found.append(self("missing_tier"))
        if definition.revocation is not None:
            found.append(self("revocation", n=definition.revocation.days, key=definition.revocation.definition))
        return found

    def _approvers(self, node: Node) -> Iterator[str]:
        """Answer who is asked, in order; several voices of the same are counted."""
        for name, same in groupby(self._approver(one, node.threshold) for one in node.approvers):
            voices = len(list(same))
            yield name if voices == 1 else self("voices", who=name, n=voices)

    def _approver(self, approver: Approver, threshold: Threshold | None) -> str:
        name = self("account", name=approver.account) if approver.role is None else self._role(approver.role)
        if threshold is not None and threshold.denominator is Denominator.WEIGHT:
            return self("weight", who=name, weight=approver.weight)
        return name

    def _role(self, role: str) -> str:
        known = [word.value for word in ROLE_NAMES]
        return self.pick(*ROLE_NAMES[Role(role)]) if role in known else role

    def _post(self, post: Substitute) -> str:
        return self("post", tier=self(f"tier_{post.tier.value}"), role=self._role(post.role))

    def _threshold(self, threshold: Threshold) -> str:
        sign = "≥" if threshold.operator is Operator.AT_LEAST else ">"
        return self(f"vote_{threshold.denominator.value}", sign=sign, value=threshold.value)

    def _span(self, span: Span) -> str:
        return self("workdays" if span.unit is Unit.WORKDAYS else "hours", n=span.count)

    def _times(self, node: Node) -> Iterator[str]:
        if node.due is not None:
            due = self("due", span=self._span(node.due))
            late = f"{self('comma')}{self('escalate', post=self._post(node.escalate))}" if node.escalate else ""
            yield due + late
        if node.reminders is not None:
            yield self("remind", span=self._span(node.reminders.every), most=node.reminders.most)

    def _ways_and_fields(self, node: Node) -> Iterator[str]:
        for name, needed in (("opinion", node.opinion), ("signature", node.signature)):
            if needed:
                verbs = (self(f"verb_{verb.value}") for verb in DECIDING_VERBS if verb in needed)
                yield self(name, verbs=self("beside").join(verbs))
        returns = node.returns
        where = [
            *([self("initiator")] if returns.initiator else []),
            *(
                [self("earlier")]
                if returns.nodes is None
                else [self.titles.get(key, key) for key in sorted(returns.nodes)]
            ),
        ]
        if not where:
            yield self("returns_nowhere")
        elif not (returns.initiator and returns.nodes is None and returns.then is After.RESTART):
            back = f"{self('comma')}{self('jump_back')}" if returns.then is After.JUMP_BACK else ""
            yield self("returns", where=self("beside").join(where)) + back
        for name, fields in (("write", node.fields.write), ("hidden", node.fields.hidden)):
            if fields:
                yield self(name, fields=self("beside").join(fields))

    def _conditions(self, condition: Condition) -> str:
        """Answer a condition with each of the parts that it is joined of on a line of its own."""
        if isinstance(condition, Compare) or condition.joined is Joined.NOT:
            return self._condition(condition)
        joint = "\n" + self(f"join_of_{condition.joined.value}")
        return joint.join(self._condition(part, inside=True) for part in condition.parts)

    def _condition(self, condition: Condition, *, inside: bool = False) -> str:
        if isinstance(condition, Compare):
            return self._compare(condition)
        if condition.joined is Joined.NOT:
            return self("not", text=self("group", text=self._condition(condition.parts[0])))
        joint = self(f"join_of_{condition.joined.value}")
        text = joint.join(self._condition(part, inside=True) for part in condition.parts)
        return self("group", text=text) if inside and len(condition.parts) > 1 else text

    def _compare(self, compare: Compare) -> str:
        value = compare.value
        values: Iterable[object] = value if isinstance(value, tuple) else (value,)
        sign, told = self(f"sign_{compare.comparison.value}"), self("beside").join(self._value(one) for one in values)
        return f"{compare.field.strip('/')} {sign} {told}"

    def _value(self, value: object) -> str:
        if isinstance(value, bool):
            return self("yes" if value else "no")
        return self("quoted", text=value) if isinstance(value, str) else str(value)
