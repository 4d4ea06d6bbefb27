"""A third party's view: the commands of docs/terminal-api.md, and whatever schemathesis makes of the document."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from services.chassis.ids import new_id
from tests.factories import transactions as make

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
)
PAGE = Path(__file__).parents[3] / "docs" / "terminal-api.md"


@pytest.fixture
def shown(stage):
    return make.issue(stage.db, 1, first=1)[0]


def test_the_page_s_own_commands_work(stage, shown):
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL))
    known = {"BASE_URL": stage.platform.base_url, "PAIRING_CODE": stage.pairing_code(), "QR": shown["qr"]}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        env={**os.environ, **known},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"state":"cancelled"' in done.stdout
    assert re.search(r'"status":"recorded".*"amount_cents":700', done.stdout)


def test_the_page_names_every_code_of_the_document(stage):
    document = stage.terminal().ask("GET", "/openapi.json").json
    described = {
        code
        for methods in document["paths"].values()
        for method, operation in methods.items()
        if method in ("get", "post")
        for response in operation["responses"].values()
        for code in re.findall(r"`(\w+)`", response["description"])
    }
    assert described - set(re.findall(r"`(\w+)`", PAGE.read_text())) == set()


def test_schemathesis_finds_no_5xx_and_no_undocumented_answer(stage, tmp_path):
    """Pairing too: after its ten calls a minute it is the documented 429 that is looked at. Its cache stays out of
    the tree."""
    terminal = stage.terminal()
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run"),
        f"{stage.platform.base_url}/api/v1/openapi.json",
        *("--header", f"Authorization: Bearer {terminal.token}"),
        *("--checks", ",".join(CHECKS)),
        *("--max-examples", "10", "--phases", "examples,coverage,fuzzing", "--rate-limit", "40/s"),
        *("--generation-database", "none", "--seed", str(int(new_id()[-6:], 16))),
        "--no-color",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
