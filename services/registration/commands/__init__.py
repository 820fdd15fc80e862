"""The use cases of registration, one module per thing they are about."""
