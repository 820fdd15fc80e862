"""Real PostgreSQL and RabbitMQ for tests, in containers or from Debian's packages, behind one interface.

ANYUAN_TEST_SERVERS chooses: `containers`, `debian`, or `auto` (the default), which takes containers where an engine
answers and holds the images, else Debian's packages, else stops and names the next command.

    postgres.create_database("reporting")   a fresh database, its URL
    rabbit.create_vhost("reporting")        a fresh virtual host, its AMQP URL
    server.kill(); server.start()           a power cut: same ports, same data
    rabbit.alarm("memory"); rabbit.calm()   a broker that takes nothing for want of memory or disk
    server.pause(); server.resume()         a server that hangs
    with Proxy(server.host, server.port)    a network that is slow, thin, cut, silent or half open

Whatever was started ends with the session, even one that is killed (`reaper`).
"""

from tests.servers.factory import Servers
from tests.servers.postgres import PostgresServer
from tests.servers.proxy import Proxy
from tests.servers.rabbit import RabbitServer
from tests.servers.server import Server

__all__ = ["PostgresServer", "Proxy", "RabbitServer", "Server", "Servers"]
