"""What the runner tells its broker: many at once, and a refusal is heard."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from deploy.local import broker
from tests.platform import Infra


def test_many_make_virtual_hosts_at_once(infra: Infra) -> None:
    with ExitStack() as stack, ThreadPoolExecutor(8) as pool:
        made = pool.map(lambda _: stack.enter_context(infra.virtual_host()), range(16))
        assert len(set(made)) == 16


def test_what_the_broker_refuses_is_an_error(infra: Infra) -> None:
    with pytest.raises(broker.BrokerRefused, match="no_such_vhost"):
        infra.evaluate(broker.dropping_vhost("never-made"))
