"""Ports for what a test starts."""

import os
from itertools import count

from deploy.local.broker import taken
from deploy.local.ports import SPAN, Ports

FIRST, BLOCKS = 20_000, 130  # below the ephemeral ports, which a child's connection could take in between
_asked = count()


def free_block() -> int:
    """A first port with nobody on those of a run; each process begins to look at another place."""
    begin = os.getpid() * 7 + next(_asked)
    for step in range(BLOCKS):
        ports = Ports(FIRST + (begin + step) % BLOCKS * SPAN)
        infrastructure = [ports.gateway, ports.amqp, ports.distribution, ports.epmd, ports.postgres]
        if not taken([*infrastructure, *map(ports.health, range(20))]):
            return ports.gateway
    raise AssertionError("no free ports")
