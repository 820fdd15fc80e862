"""The events the services tell each other: one definition of each, frozen, typed and versioned.

A module holds the events of one publisher. `shared.messaging` derives their schemas from these classes.
"""
