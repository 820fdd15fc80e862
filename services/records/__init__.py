"""Records: what was done, by whom, for how long.

The only writer of projects, activities, service records and the hours ledger. Publishes `activity.held`,
`record.confirmed`, `record.voided` and `hours.credited`; reacts to `volunteer.registered` and
`organisation.approved` (whom it may record), to `report.submitted`, `report.approved` and `report.rejected`
(what becomes of the records), and to its own `record.confirmed`, which credits the hours at the volunteer's home.
"""
