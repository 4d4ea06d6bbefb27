"""Servers of others, played on this machine: Twilio's HTTP interface, which checks each request, and an S3 store."""

import json
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


class Twilio(ThreadingHTTPServer):
    """Takes messages as api.twilio.com does. `problems` tells what was wrong with any request."""

    def __init__(self, account_sid: str, auth_token: str, messaging_service_sid: str):
        super().__init__(("127.0.0.1", 0), _Messages)
        self.account_sid, self.messaging_service_sid = account_sid, messaging_service_sid
        self.authorization = "Basic " + b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        self.received: list[dict[str, str]] = []
        self.problems: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Messages(BaseHTTPRequestHandler):
    server: Twilio

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        sent = {name: values[0] for name, values in body.items()}
        wrong = self._wrong(sent)
        if wrong:
            self.server.problems.append(wrong)
            self._answer(400, {"code": 20001, "message": wrong, "status": 400})
            return
        self.server.received.append(sent)
        sid = f"SM{len(self.server.received):032d}"
        answer = {"sid": sid, "status": "accepted", "to": sent["To"], "account_sid": self.server.account_sid}
        self._answer(201, answer)

    def _wrong(self, sent: dict[str, str]) -> str:
        if self.path != f"/2010-04-01/Accounts/{self.server.account_sid}/Messages.json":
            return f"path {self.path}"
        if self.headers["Authorization"] != self.server.authorization:
            return "authorization"
        if sent.get("MessagingServiceSid") != self.server.messaging_service_sid:
            return "messaging service"
        if not sent.get("To", "").startswith("+") or not sent.get("Body"):
            return "To or Body"
        return "" if sent.get("StatusCallback", "").startswith("https://") else "status callback without TLS"

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def s3_store(bucket: str) -> Iterator[str]:
    """The address of an S3 store with an empty bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    url = f"http://127.0.0.1:{port}"
    known = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    try:
        boto3.client("s3", endpoint_url=url, **known).create_bucket(Bucket=bucket)
        yield url
    finally:
        server.stop()
