"""The use cases of reporting, one module per thing they are about."""
