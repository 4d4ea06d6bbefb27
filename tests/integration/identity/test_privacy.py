"""What a person may ask for, and what is erased by itself."""

from uuid import uuid4

import pytest

from services.identity.handlers import privacy
from tests.integration.identity.world import PASSWORD, Partner
from tests.refusing import refusal


@pytest.fixture(scope="module")
def partner(world):
    return world.representative("Natation de Noisy")


def delegate(world, partner, email):
    account_id = partner.call("add_delegate", first_name="Zoé", last_name="Benali", email=email)["account_id"]
    partner.call("grant_delegation", account_id=account_id, role="cashier")
    mine = Partner(world, email, "", partner.name)
    mine.structure_id, mine.account_id = partner.structure_id, account_id
    mine.activate()
    return mine


def test_the_export_holds_everything_about_the_person_and_nobody_else(world, partner):
    taken = partner.call("export_person")
    assert taken["account"]["email"] == partner.email
    assert taken["details"]["last_name"] == "Martin"
    assert [each["role"] for each in taken["delegations"]] == ["legal_representative"]
    assert taken["sessions"][0]["address"] == "192.0.2.1"


def test_erasing_leaves_an_id_and_nothing_personal(world, partner):
    mine = delegate(world, partner, "zoe.erased@exemple.fr")
    mine.call("erase_person", password=PASSWORD)
    assert refusal(world.viewer, mine.session).code == "session_unknown"
    assert refusal(world.sign_in, mine.email, PASSWORD).code == "sign_in_failed"
    row = world.rows(
        "SELECT state, email, email_fingerprint, details, password_hash FROM accounts WHERE account_id = %s",
        mine.account_id,
    )
    assert row == [("erased", None, None, None, None)]
    for table in ("memberships", "known_devices", "links", "mobile_codes"):
        assert world.rows(f"SELECT count(*) FROM {table} WHERE account_id = %s", mine.account_id) == [(0,)]
    assert world.rows("SELECT count(client) FROM sessions WHERE account_id = %s", mine.account_id) == [(0,)]


def test_an_erased_persons_address_is_free_again(world, partner):
    again = partner.call("add_delegate", first_name="Zoé", last_name="B", email="zoe.erased@exemple.fr")
    assert again["account_id"]


def test_who_alone_administers_a_structure_stays(partner):
    assert refusal(partner.call, "erase_person", password=PASSWORD).code == "last_administrator"
    assert refusal(partner.call, "erase_person", password="Pas-le-bon").code == "step_up_failed"


@pytest.fixture
def old(database):
    """A database of its own, in which time passes by writing it."""
    return database("identity")


def run(old, statement, **values):
    from sqlalchemy import text

    with old.engine.begin() as connection:
        found = connection.execute(text(statement), values)
        return found.fetchall() if found.returns_rows else []


def account(old, kind="person", state="active", age="3 years"):
    account_id = str(uuid4())
    run(
        old,
        "INSERT INTO accounts (account_id, kind, state, email_fingerprint, created_at) "
        f"VALUES (:account_id, :kind, :state, :account_id, now() - interval '{age}')",
        account_id=account_id, kind=kind, state=state,
    )  # fmt: skip
    return account_id


def session(old, account_id, age):
    run(
        old,
        "INSERT INTO sessions (session_id, account_id, token_hash, opened_at, last_seen_at) "
        f"VALUES (gen_random_uuid(), :account_id, sha256(:token), now() - interval '{age}', now() - interval '{age}')",
        account_id=account_id, token=uuid4().bytes,
    )  # fmt: skip


def purge(old):
    with old.unit_of_work() as uow:
        return privacy.purge(uow)


def test_old_sessions_go_and_recent_ones_stay(old):
    kept = account(old, kind="agent", age="1 day")
    session(old, kept, "181 days")
    session(old, kept, "179 days")
    assert purge(old) == {"sessions": 1}
    assert purge(old) == {}


def test_persons_without_any_right_are_erased_after_two_years(old):
    idle, recent, agent = account(old), account(old, age="700 days"), account(old, kind="agent")
    structure = str(uuid4())
    run(old, "INSERT INTO structures (structure_id, name) VALUES (:id, 'Club')", id=structure)
    holder = account(old)
    run(
        old,
        "INSERT INTO delegations (delegation_id, structure_id, account_id, role, granted_at) "
        "VALUES (gen_random_uuid(), :structure, :holder, 'cashier', now() - interval '3 years')",
        structure=structure, holder=holder,
    )  # fmt: skip
    assert purge(old)["persons"] == 1
    states = dict(run(old, "SELECT account_id::text, state FROM accounts"))
    assert states == {idle: "erased", recent: "active", agent: "active", holder: "active"}


def test_a_draft_that_was_never_submitted_gives_its_addresses_back(old):
    structure_account, person_account = (
        account(old, "structure", "reserved", "32 days"),
        account(old, state="reserved", age="32 days"),
    )
    registration, structure = str(uuid4()), str(uuid4())
    run(
        old,
        "INSERT INTO registrations (registration_id, details, saved_at) VALUES (:id, 'x', now() - interval '32 days')",
        id=registration,
    )
    run(
        old,
        "INSERT INTO structures (structure_id, name, structure_account_id) VALUES (:id, 'Club', :account)",
        id=structure, account=structure_account,
    )  # fmt: skip
    run(
        old,
        "INSERT INTO reservations (registration_id, application_id, structure_id, structure_account_id, "
        "person_account_id, reserved_at) VALUES (:r, gen_random_uuid(), :s, :a, :p, now() - interval '32 days')",
        r=registration, s=structure, a=structure_account, p=person_account,
    )  # fmt: skip
    assert purge(old)["registrations"] == 1
    assert run(old, "SELECT count(*) FROM accounts") == [(0,)]
    assert run(old, "SELECT count(*) FROM reservations") == [(0,)]


def test_a_purge_is_written_in_the_journal_without_names(old):
    session(old, account(old, kind="agent"), "200 days")
    purge(old)
    assert run(old, "SELECT action, details FROM audit WHERE action = 'retention:purge'") == [
        ("retention:purge", {"sessions": 1})
    ]
