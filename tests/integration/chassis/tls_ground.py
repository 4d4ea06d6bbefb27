"""A private broker and a private PostgreSQL that speak TLS, with certificates of an authority made for the test."""

import asyncio
import os
import pwd
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy.engine import make_url

from deploy.local.broker import Broker
from deploy.local.infra import Infrastructure
from deploy.local.postgres import Postgres
from tests.platform import Infra, free_port

NAME = "localhost"
"""What the certificates say; the address of the loopback isn't it."""
_TLS_OF_BROKER = """
listeners.tcp = none
listeners.ssl.1 = {host}:{port}
ssl_options.cacertfile = {ca}
ssl_options.certfile = {certificate}
ssl_options.keyfile = {key}
ssl_options.verify = verify_none
"""
_TLS_OF_POSTGRES = "ssl = on\nssl_cert_file = '{certificate}'\nssl_key_file = '{key}'\n"


class Authority:
    """A certification authority of one test."""

    def __init__(self, folder: Path):
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Authority {folder.name}")])
        self._own = self._signed(self._name, self._key, x509.BasicConstraints(ca=True, path_length=0))
        folder.mkdir(parents=True)
        self.file = folder / "ca.pem"
        self.file.write_bytes(self._own.public_bytes(serialization.Encoding.PEM))

    def certificate(self, owner: str, host: str) -> dict[str, Path]:
        """A certificate for that host, and its key: {"certificate", "key"}."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        signed = self._signed(name, key, x509.SubjectAlternativeName([x509.DNSName(host)]))
        made = {"certificate": self._folder / f"{owner}.pem", "key": self._folder / f"{owner}.key"}
        made["certificate"].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        made["key"].write_bytes(key.private_bytes(*_PLAIN_KEY))
        made["key"].chmod(0o600)
        return made

    def _signed(self, subject: x509.Name, key: Any, extension: Any) -> x509.Certificate:
        now = datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number()).add_extension(extension, critical=False)
        made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        return made.sign(self._key, hashes.SHA256())


_PLAIN_KEY = (
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)


class TlsBroker(Broker):
    """A node that takes nothing but TLS."""

    authority: Authority

    def environment(self) -> dict[str, str]:
        """Without the variable that would open a plain port."""
        return {name: value for name, value in super().environment().items() if name != "RABBITMQ_NODE_PORT"}

    def _write_configuration(self) -> None:
        super()._write_configuration()
        files = {**self.authority.certificate("broker", NAME), "ca": self.authority.file}
        path = self.folder / "rabbitmq.conf"
        kept = [line for line in path.read_text().splitlines() if not line.startswith("listeners.")]
        path.write_text("\n".join(kept) + _TLS_OF_BROKER.format(host=self.host, port=self.amqp, **files))


class TlsPostgres(Postgres):
    """A server that is reached over TLS: by itself where the machine has one that was built with it (the wheel's was
    not), else through a front that speaks the protocol's TLS for it."""

    authority: Authority

    def start(self) -> None:
        self._own = self.authority.certificate("postgres", NAME)
        self._front = None if built_with_tls() else Front(self._own, self.port)
        super().start()

    def _settings(self) -> str:
        if self._front:
            return super()._settings()
        for name, path in self._own.items():
            self._own[name] = self.data / f"server.{name}"
            self._own[name].write_bytes(path.read_bytes())
            self._own[name].chmod(0o600)
            if self.user:
                os.chown(self._own[name], pwd.getpwnam(self.user).pw_uid, -1)
        known = [line for line in super()._settings().splitlines(keepends=True) if "scram_iterations" not in line]
        return "".join(known) + _TLS_OF_POSTGRES.format(**self._own)  # (PostgreSQL 16 and later know that one)

    def url(self, database: str, role: str, password: str) -> str:
        port = self._front.port if self._front else self.port
        place = f"{role}:{password}@{NAME}:{port}/{database}"
        return f"postgresql+psycopg2://{place}?sslmode=verify-full&sslrootcert={self.authority.file}"

    def stop(self) -> None:
        super().stop()
        if self._front:
            self._front.stop()


def built_with_tls() -> Path | None:
    """The programs of the newest PostgreSQL of the machine's own packages, which speak TLS; None if it has none."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


class Front:
    """Speaks TLS to the clients of a PostgreSQL without it, as the protocol does it; a client without is sent away."""

    _ASKS_TLS, _ASKS_GSS = struct.pack("!ii", 8, 80877103), struct.pack("!ii", 8, 80877104)

    def __init__(self, files: dict[str, Path], behind: int):
        self.port, self._behind = free_port(), behind
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(files["certificate"], files["key"])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(asyncio.start_server(self._meet, "127.0.0.1", self.port), self._loop).result()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while (asked := await reader.readexactly(8)) == self._ASKS_GSS:
                writer.write(b"N")
            if asked == self._ASKS_TLS:
                writer.write(b"S")
                await writer.start_tls(self._context)
                theirs, ours = await asyncio.open_connection("127.0.0.1", self._behind)
                await asyncio.gather(self._pass_on(reader, ours), self._pass_on(theirs, writer))
        writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while read := await reader.read(65_536):
                writer.write(read)
                await writer.drain()
        writer.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)


class TlsInfrastructure(Infrastructure):
    """Both of them."""

    def __init__(self, var: Path, port: int, authority: Authority):
        super().__init__(var, port, durable=False)
        self.postgres = TlsPostgres(self.var, self.ports, durable=False)
        self.brokers = [TlsBroker(self.var, self.ports, 0, durable=False)]
        self.postgres.authority = self.brokers[0].authority = authority


class TlsInfra(Infra):
    """What a platform of the tests needs of it: addresses that are verified."""

    @contextmanager
    def virtual_host(self) -> Iterator[str]:
        with super().virtual_host() as plain:
            yield plain.replace("amqp://", "amqps://").replace("127.0.0.1", NAME)

    def sessions(self) -> list[tuple[str, bool]]:
        """For each session at PostgreSQL: whose it is, and whether it is over TLS."""
        url = make_url(self._described["postgres"]["url"]).set(drivername="postgresql")
        query = "SELECT usename, ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE client_addr IS NOT NULL"
        with closing(psycopg2.connect(url.render_as_string(hide_password=False))) as seen, seen.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def connections(self) -> list[list[str]]:
        """For each connection to the broker: its name, and whether it is over TLS."""
        listed = self._control("list_connections", "--no-table-headers", "name", "ssl", "protocol")
        return [line.split("\t") for line in listed.splitlines()]
