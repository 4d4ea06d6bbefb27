"""Which port each part of one run listens on: all follow from one number, so that runs live side by side."""

from dataclasses import dataclass

HOST = "127.0.0.1"
SPAN = 60  # a run uses PORT to PORT + 59


@dataclass(frozen=True)
class Ports:
    """The ports of one run, counted from the gateway's."""

    gateway: int

    @property
    def amqp(self) -> int:
        return self.gateway + 1

    @property
    def distribution(self) -> int:
        """Erlang distribution: how rabbitmqctl and other nodes reach the broker."""
        return self.gateway + 2

    @property
    def epmd(self) -> int:
        """A port mapper of our own, so that nothing of ours stays behind in the machine's."""
        return self.gateway + 3

    @property
    def postgres(self) -> int:
        return self.gateway + 4

    @property
    def replica(self) -> int:
        """The second PostgreSQL, where a run has one."""
        return self.gateway + 5

    @property
    def proxy(self) -> int:
        """The reverse proxy with TLS, where a run has one."""
        return self.gateway + 6

    def health(self, index: int) -> int:
        """/healthz, /readyz and /metrics of the index-th background process."""
        return self.gateway + 10 + index

    def broker_node(self, index: int) -> tuple[int, int]:
        """(amqp, distribution) of the index-th broker node; node 0 has the ports above."""
        if index == 0:
            return self.amqp, self.distribution
        return self.gateway + 48 + 2 * index, self.gateway + 49 + 2 * index
