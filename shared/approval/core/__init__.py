"""The deciding core of the approval engine: plain values in, plain values out.

Nothing here knows a web framework, a database, a clock or a random number: the moment, the ids and who holds which
post come in as arguments, so that a property test can drive millions of moves.
"""
