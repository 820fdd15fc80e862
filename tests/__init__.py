"""Tests by kind: unit, architecture, integration, journeys (through HTTP only) and faults.

Everything they share lies here: `servers` (real PostgreSQL and RabbitMQ), `waiting` (the only place that sleeps) and
`machine` (what must be installed first).
"""
