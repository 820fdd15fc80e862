"""Reporting: what was done goes upwards and is decided.

The only writer of activity reports. A draft appears by `activity.held`; the organisation completes and submits it;
county, city and province decide it, and the province alone undoes it. Publishes `report.submitted`, `report.returned`,
`report.approved`, `report.rejected` and `report.revoked`; reacts to `activity.held` and `organisation.approved`, and to
`post.changed` and `absence.changed` (who can decide, and for whom).
"""
