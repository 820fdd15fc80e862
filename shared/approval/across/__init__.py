"""Cases over several nodes: what is told of them, what is heard, and their form on the wire.

A case's home hands it to the node that decides the next stage, and gets it back with an answer (docs/decisions/0032).
What follows from what was said is decided by `shared.approval.core.two_nodes`.
"""
