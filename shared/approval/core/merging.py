"""The chains that several nodes keep of one case, told as one history."""

from __future__ import annotations

from collections.abc import Sequence

from shared.approval.core.state import TrailHead
from shared.approval.core.trail import Decision, Entry, Step, verify
from shared.approval.core.words import Verb


def in_order(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Answer the entries of all chains in the order in which one followed from another.

    Clocks of two nodes may differ: what another node did stands before the entry of the home that takes its answer.
    """
    chains = _by_origin(entries)
    home = next((name for name, chain in chains.items() if chain[0].note.kind is Verb.SUBMIT), None)
    if home is None or len(chains) == 1:
        return tuple(entries)
    told: list[Entry] = []
    for entry in chains.pop(home):
        if entry.note.kind is Step.ANSWERED:
            theirs = chains.get(str(entry.note.facts.get("origin")), [])
            while theirs and theirs[0].seq <= int(entry.note.facts.get("seq", 0)):
                told.append(theirs.pop(0))
        told.append(entry)
    # What no answer has told yet is what goes on now, at the node that has the case.
    told.extend(entry for chain in chains.values() for entry in chain)
    return tuple(told)


def verify_all(
    entries: Sequence[Entry], decisions: Sequence[Decision], *, origin: str, head: TrailHead
) -> tuple[str, ...]:
    """Answer what is wrong with the chains of a case; `origin` names our own, which ends at `head`.

    Of what another node has told the end is not known here, but that it comes as far as our own chain says.
    """
    chains = _by_origin(entries)
    told = {name: [one for one in decisions if one.place.origin == name] for name in chains}
    found = list(verify(chains.pop(origin, []), told.pop(origin, []), head))
    for name, chain in chains.items():
        end = TrailHead(chain[-1].seq, chain[-1].hash)
        found.extend(f"{name}: {problem}" for problem in verify(chain, told[name], end))
    seen = {f"{entry.place.origin}/{entry.seq}": entry.hash for entry in entries}
    for entry in entries:
        facts, is_ours = entry.note.facts, entry.place.origin == origin
        is_anchor = is_ours and entry.note.kind in (Step.ANSWERED, Step.TAKEN_OVER)
        if is_anchor and seen.get(f"{facts.get('origin')}/{facts.get('seq')}") != facts.get("hash"):
            found.append(f"entry {entry.seq}: what {facts.get('origin')} told is missing or another")
    return tuple(found)


def _by_origin(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    chains: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda one: (one.place.origin, one.seq)):
        chains.setdefault(entry.place.origin, []).append(entry)
    return chains
