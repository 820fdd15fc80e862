"""Records: what was done, by whom, for how long.

The only writer of projects, activities, service records and the hours ledger. Publishes `activity.held`,
`record.confirmed`, `record.voided`, `hours.credited` and `hours.voided`; reacts to `volunteer.registered` and
`organisation.approved` (whom it may record), to `report.submitted`, `report.approved`, `report.rejected`
and `report.revoked` (what becomes of the records), and to its own `record.confirmed` and `record.voided`, by which the
volunteer's home credits hours and takes them back.
"""
