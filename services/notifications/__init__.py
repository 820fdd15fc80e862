"""Messages to people: what happened that concerns them, in words they can act on.

Owns the messages and what was read; publishes nothing. Reacts to what the other services tell, and keeps copies of who
holds which post, who stands in for whom, who the volunteers are and who answers for an organisation, to know whom a
message is for.
"""
