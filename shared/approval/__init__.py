"""The approval engine: cases that climb the tiers, decided by posts, with a trail that cannot be rewritten.

`core` decides and knows neither web nor database; `service.Approvals` is the only door to the stored cases;
`blueprint` is what every service with cases shows of them over HTTP. Definitions are data (`definitions/`).
"""
