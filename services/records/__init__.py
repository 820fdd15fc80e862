"""Records: what was done, by whom, for how long, and where it counts.

The only writer of projects, activities, service records, the hours ledger and transfers between places, with the cases
that decide these. Publishes `activity.held`, `record.confirmed`, `record.voided`, `hours.credited`, `hours.voided` and
`volunteer.transferred`; reacts to `volunteer.registered`, `volunteer.updated` and `organisation.approved` (whom it may
record), to `report.submitted`, `report.approved`, `report.rejected` and `report.revoked` (what becomes of the records),
to `post.changed` and `absence.changed` (who decides), and to its own `record.confirmed` and `record.voided`, by which
the volunteer's home credits hours and takes them back.
"""
