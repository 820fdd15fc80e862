"""The use cases of notifications, one module per thing they are about."""
