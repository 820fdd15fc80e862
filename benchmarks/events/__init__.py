"""The benchmark "tx2tx": from a transaction in one database to one in another, exactly once in effect."""
