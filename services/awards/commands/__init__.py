"""The use cases of awards, one module per thing they are about."""
