"""Registration: who takes part.

The only writer of accounts and sessions, posts (a role in a region) and absence rules, volunteers and their
province-wide number, organisations, consents and the e-file. Publishes `post.changed`, `absence.changed`,
`volunteer.registered`, `volunteer.updated`, `organisation.approved` and `registration.refused`; reacts to
`volunteer.transferred` by moving the volunteer's home region, and to `hours.credited`,
`star.granted` and `award.granted` by entering them into the volunteer's e-file.
"""
