"""The service as a real process, beside the real identity and partners, on a real broker."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.waiting import wait_for
from services.chassis import config
from services.chassis.database import BoundDatabase
from services.chassis.refusals import Refused
from tests.integration.conventions.world import ORIGIN, World
from tests.integration.partners.world import Club
from tests.integration.partners.world import World as PartnersWorld
from tests.platform import Platform


@pytest.fixture(scope="module")
def running(platform: Callable[..., Platform]) -> Platform:
    return platform("identity", "partners", "conventions")


@pytest.fixture
def ours(running: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The use cases on the very database and store of the running process."""
    monkeypatch.setenv("PSL_VAR", str(running.var))
    config.reset()
    yield World(BoundDatabase("conventions", running.environment["CONVENTIONS_DATABASE_URL"]))
    monkeypatch.undo()
    config.reset()


def conventions(running: Platform, method: str, token: str, **arguments):
    return running.bus.call("conventions", method, arguments, token=token, deadline_s=30)


def test_from_application_to_evidence(running: Platform, token: Callable[..., str], tmp_path: Path):
    """An application is submitted, read, signed with the SMS's code, approved, counter-signed, proven."""
    partners = PartnersWorld(running, token)
    club = partners.submitted(Club())
    partners.until_accounts_live(club)
    asked = "SELECT account_id FROM delegations WHERE structure_id = %s AND role = 'legal_representative'"
    [(account_id,)] = partners.rows(asked, club.structure_id, service="identity")
    person = token("legal_representative", account_id=str(account_id), structure_id=club.structure_id)
    agent = token("agent", "signatory", account_id=str(uuid4()))

    def prepared() -> bool:
        return conventions(running, "own_convention", person)["convention"] is not None

    wait_for(prepared, "the convention is prepared", 20)
    opened = conventions(running, "open_convention", person)
    document = opened["document"]["sha256"]
    assert opened["structure_name"] == club.structure["name"]
    assert any("Benali" in line for line in opened["text"]["parties"])
    conventions(running, "confirm_reading", person, document_sha256=document, how="last_page", **ORIGIN)
    before = len(running.text_messages())
    sent = conventions(running, "request_signing_code", person, document_sha256=document, **ORIGIN)
    assert sent["state"] == "sent"
    wait_for(lambda: len(running.text_messages()) > before, "the SMS is sent", 10)
    code = "".join(filter(str.isdigit, running.text_messages()[-1]["body"].split(":")[-1]))[:6]
    with pytest.raises(Refused) as refused:
        conventions(running, "sign_convention", person, document_sha256=document, code=f"{(int(code) + 1) % 10**6:06d}",
                    **ORIGIN)  # fmt: skip
    assert refused.value.code == "signing_code_wrong"
    signed = conventions(running, "sign_convention", person, document_sha256=document, code=code, **ORIGIN)
    convention_id = signed["convention_id"]

    partners.as_agent("take_application", application_id=club.application_id)
    partners.judge(club)
    partners.as_agent("approve_application", application_id=club.application_id)

    def countersignable() -> bool:
        return conventions(running, "convention_counts", agent)["to_countersign"] == 1

    wait_for(countersignable, "the approval arrives", 20)
    job = conventions(running, "countersign", agent, convention_ids=[convention_id], **ORIGIN)
    wait_for(lambda: conventions(running, "countersigning", agent, job_id=job["job_id"])["signed"] == 1, "sealed", 20)
    assert conventions(running, "own_convention", person)["convention"]["in_force"]

    stored = conventions(running, "own_evidence_pack", person)
    path = tmp_path / "pack.zip"
    with partners.store.open(stored["sha256"]) as content, path.open("wb") as target:
        shutil.copyfileobj(content, target)
    certificate = running.var / "keys" / "conventions" / "seal" / "certificate.pem"
    command = [sys.executable, "-m", "services.conventions.verify", str(path), "--certificat", str(certificate)]
    clean = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, env=clean, cwd=Path.cwd(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "LE DOSSIER EST VALABLE." in done.stdout, done.stderr


def test_a_revoked_session_signs_nothing(running: Platform, ours: World, token: Callable[..., str]):
    """The token still lives; what it rests on doesn't."""
    from services.chassis import revocations

    club, session = ours.club(), str(uuid4())
    person = token("legal_representative", account_id=str(uuid4()), structure_id=club.structure_id, session_id=session)
    assert conventions(running, "own_convention", person)["convention"]["state"] == "prepared"
    ours.run(revocations.revoke, withdrawn_id=session)

    def refused() -> bool:
        try:
            conventions(running, "own_convention", person)
        except Refused as no:
            return no.code == "actor_revoked"
        return False

    wait_for(refused, "the session is refused", 5)


def test_nobody_reads_another_structure_s_convention(running: Platform, ours: World, token: Callable[..., str]):
    ours.club()
    stranger = token("legal_representative", account_id=str(uuid4()), structure_id=str(uuid4()))
    assert conventions(running, "own_convention", stranger)["convention"] is None
    with pytest.raises(Refused) as refused:
        conventions(running, "open_convention", stranger)
    assert refused.value.code == "convention_unknown"
    with pytest.raises(Refused) as refused:
        conventions(running, "conventions", stranger)
    assert refused.value.code == "not_allowed"
