"""A process lives with the keys of its table: the relay, started as in a pod, signs the journal and sends mails."""

import json
import sys
from pathlib import Path
from typing import Any

from deploy.keys import flat_name, needed
from deploy.local.waiting import wait_for
from services.chassis import audit, config
from services.chassis.database import BoundDatabase
from services.identity.handlers import agents
from services.identity.handlers.people import Provisional
from tests.platform import Platform


def test_the_relay_signs_journals_and_opens_mails_with_no_key_but_its_own(platform: Any, tmp_path: Path) -> None:
    running: Platform = platform("identity", relay=False)
    flat, given = tmp_path / "flat", config.settings().keys
    flat.mkdir()
    for path in needed(given, "relay"):
        (flat / flat_name(path.relative_to(given))).symlink_to(path)
    running.environment |= {"PSL_KEYS": str(tmp_path / "keys"), "PSL_KEYS_FLAT": str(flat)}
    running.add("relay", [sys.executable, "-m", "deploy.enter", "relay", "identity"]).wait_ready()

    database = BoundDatabase("identity", running.environment["IDENTITY_DATABASE_URL"], pool_size=1)
    agent = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@caf.example", "roles": ["administrator"]}
    with database.unit_of_work() as uow:  # leaves an entry in the journal and a mail with a provisional password
        agents.add_agent(uow, Provisional(), **agent)
    database.close()

    head = running.var / "audit" / "identity" / "latest.json"
    wait_for(head.exists, "the head of the journal is signed", 20)
    assert json.loads(head.read_text(encoding="utf-8"))["service"] == "identity"
    assert [found.sequence for found in audit.exported_heads(head.parent)]
    wait_for(lambda: list((running.var / "outbox" / "mail").glob("*.eml")), "the mail is sent", 20)
