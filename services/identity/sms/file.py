"""The stand-in for development: each SMS is a JSON file under `var/outbox/sms/` (INTERFACES, «stand-ins»)."""

import json
import os
import time
from pathlib import Path

from services.chassis import clock
from services.chassis.ids import new_id
from services.identity.sms.base import Handed, Report, ReportInvalid


class FileProvider:
    """Writes `{"to", "body", "sent_at"}`; names sort in the order of sending."""

    name = "file"

    def __init__(self, folder: Path):
        self._folder = folder

    def send(self, to: str, body: str) -> Handed:
        self._folder.mkdir(parents=True, exist_ok=True)
        provider_id = new_id()
        text = json.dumps({"to": to, "body": body, "sent_at": clock.now().isoformat()}, ensure_ascii=False)
        name = f"{time.time_ns():020d}-{provider_id}"
        hidden = self._folder / f".{name}"
        hidden.write_text(text, encoding="utf-8")
        os.replace(hidden, self._folder / f"{name}.json")
        return Handed(provider_id, "delivered")

    def read_report(self, url: str, parameters: dict[str, str], signature: str) -> Report:
        """The stand-in reports nothing: whatever claims to be a report is false."""
        raise ReportInvalid
