"""Several nodes: which of them hosts which regions, and how what one says reaches the other and is believed.

`core` decides and knows no database and no broker; the modules beside it are its shell: the book of keys (`book`), the
streams to other nodes (`outbound`), what comes from them (`inbound`), the links of the broker (`broker`, `gateway`) and
the comparison of both ends (`reconcile`).
"""
