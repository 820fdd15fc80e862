"""A province, two cities and a county as real nodes: a database of links and a broker each, and small services.

On each node `registration` and `records` tell of volunteers, organisations and records; `awards` writes down what it
hears, from its own node or another.
"""

from tests.province.making import Province, make_province, running
from tests.province.node import RealNode
from tests.province.saying import PASSWORD, number, organisation, record, voided, volunteer
from tests.province.staff import all_services

__all__ = [
    "PASSWORD",
    "Province",
    "RealNode",
    "all_services",
    "make_province",
    "number",
    "organisation",
    "record",
    "running",
    "voided",
    "volunteer",
]
