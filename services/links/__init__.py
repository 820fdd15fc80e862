"""Links: what this node and others tell each other. It runs only on a node that has neighbours in the charter.

It is the only writer of streams between nodes (letters written and taken in, receipts, quarantine) and of where
subjects live, as far as streams need it. It says to the services here what other nodes have said, and of its own only
what another node's gateway did not believe of a case. What it does is in `shared.nodes`; it has no reactions, because
it hears whatever may concern another node. Over HTTP administrators see how the links do (`api`) and let a stopped
stream go on.
"""
