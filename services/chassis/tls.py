"""TLS to the broker: an address that begins with ``amqps://`` means that its certificate is verified, chain and name.

kombu and nameko don't see to that by themselves: given ``amqps://`` alone they take any certificate, and with the
options that are meant for it the name of the first node is kept for all others. Here each connection of the process is
made by one transport that knows the node it goes to. TLS to PostgreSQL is libpq's own, by the address:
``?sslmode=verify-full&sslrootcert=…``.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import amqp.transport
import pika
from kombu.transport import TRANSPORT_ALIASES, pyamqp

from services.chassis.config import settings

OLDEST = ssl.TLSVersion.TLSv1_2


def options(host: str) -> dict[str, Any]:
    """What py-amqp needs to verify that node: by the authorities of ``AMQP_CA``, or else the machine's."""
    return {
        "cert_reqs": ssl.CERT_REQUIRED,
        "ca_certs": settings().amqp_ca or None,
        "server_hostname": host,
        "tls_minimum_version": OLDEST,
    }


class _Line(amqp.transport.SSLTransport):  # type: ignore[misc]
    """One connection's socket."""

    @contextmanager
    def having_timeout(self, timeout: float | None) -> Iterator[Any]:
        """Before each publication py-amqp has a look (no timeout at all) whether the broker said something. Under
        eventlet a TLS socket waits all the same, beside the thread that reads it already, and both are lost: whoever
        reads the connection hears it anyway."""
        if timeout == 0 and hasattr(self.sock, "act_non_blocking"):
            raise TimeoutError
        with super().having_timeout(timeout) as sock:
            yield sock


class _Connection(pyamqp.Connection):  # type: ignore[misc]
    def Transport(  # py-amqp's choice between two sockets: ours
        self, host: str, connect_timeout: float, _ssl: Any, read_timeout: Any, write_timeout: Any, **more: Any
    ) -> Any:
        more |= {"read_timeout": read_timeout, "write_timeout": write_timeout}
        return _Line(host, connect_timeout=connect_timeout, ssl=self.ssl, **more)


class VerifiedTransport(pyamqp.SSLTransport):  # type: ignore[misc]
    """py-amqp over TLS, verified anew for the node of each connection."""

    Connection = _Connection
    client: Any

    def establish_connection(self) -> Any:
        """Connect to the node in turn. Raises ssl.SSLCertVerificationError, an OSError, for a wrong one."""
        self.client.ssl = options(self.client.hostname)
        return super().establish_connection()


def install() -> None:
    """Make it the transport of every kombu connection to an ``amqps://`` address in this process."""
    TRANSPORT_ALIASES["amqps"] = f"{__name__}:{VerifiedTransport.__name__}"


def pika_parameters(uri: str) -> pika.URLParameters:
    """One node's address for pika, verified in the same way."""
    made = pika.URLParameters(uri)
    if made.ssl_options is not None:
        context = ssl.create_default_context(cafile=settings().amqp_ca or None)
        context.minimum_version = OLDEST
        made.ssl_options = pika.SSLOptions(context, made.host)
    return made
