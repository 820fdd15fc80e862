"""Stars and commendations: who is nominated, who decides, what was granted.

Owns nominations, stars, their reviews and awards, and the cases that decide them. Publishes `nomination.opened`,
`nomination.decided`, `star.granted`, `star.withdrawn` and `award.granted`. Reacts to `volunteer.registered` (a copy of
who the volunteers are), `hours.credited` (a star may fall due), `hours.voided` (a star may be carried no more),
`post.changed` and `absence.changed` (who can decide, and for whom).
"""
