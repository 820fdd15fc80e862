"""The use cases of records, one module per thing they are about."""
