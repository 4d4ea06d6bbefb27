"""A draft that nobody touches goes after thirty days, its files with it."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from services.chassis import uploads
from services.chassis.files import FileStore
from services.chassis.ids import new_id
from services.partners.domain.refusals import DraftUnknown
from services.partners.handlers import documents, drafts
from services.partners.models import Application, Document
from tests.upload_samples import document


@pytest.fixture
def bound(database):
    return database("partners")


def days_later(uow, days):
    uow.now += timedelta(days=days)
    return uow


def test_a_draft_opens_for_thirty_days_after_it_was_saved_and_not_longer(bound):
    with bound.unit_of_work() as uow:
        token = drafts.start_application(uow)["draft_token"]
    with bound.unit_of_work() as uow:
        drafts.touch(uow, drafts.open_draft(days_later(uow, 30), token))
    with bound.unit_of_work() as uow:
        assert drafts.open_draft(days_later(uow, 60), token)
    with bound.unit_of_work() as uow, pytest.raises(DraftUnknown):
        drafts.open_draft(days_later(uow, 61), token)


def test_an_expired_draft_is_dropped_with_its_files_and_a_living_one_stays(bound, tmp_path):
    store = FileStore(f"file://{tmp_path}")
    with bound.unit_of_work() as uow:
        gone, kept = (drafts.start_application(uow)["application_id"] for _ in range(2))
    checked = uploads.check(store, store.incoming(io.BytesIO(document())))
    with bound.unit_of_work() as uow:
        uow.session.add(
            Document(
                document_id=new_id(), application_id=gone, kind="statutes", round=0, sha256=checked.sha256,
                filename="statuts.pdf", media_type=checked.media_type, size=checked.size, uploaded_at=uow.now,
            )
        )  # fmt: skip
        drafts.touch(days_later(uow, 20), uow.session.get_one(Application, kept))
    with bound.unit_of_work() as uow:
        assert drafts.drop_expired_drafts(days_later(uow, 31)) == 0
    assert documents.purge_contents(bound, store) == 1 and not store.exists(checked.sha256)
    with bound.unit_of_work() as uow:
        assert drafts.drop_expired_drafts(days_later(uow, 31)) == 1
        assert uow.session.scalars(select(Application.application_id)).all() == [kept]


def test_files_of_a_rejected_application_are_destroyed_after_a_year(bound, tmp_path):
    store = FileStore(f"file://{tmp_path}")
    with bound.unit_of_work() as uow:
        rejected = drafts.start_application(uow)["application_id"]
    checked = uploads.check(store, store.incoming(io.BytesIO(document())))
    with bound.unit_of_work() as uow:
        uow.session.add(
            Document(
                document_id=new_id(), application_id=rejected, kind="statutes", round=0, sha256=checked.sha256,
                filename="statuts.pdf", media_type=checked.media_type, size=checked.size, uploaded_at=uow.now,
            )
        )  # fmt: skip
        found = uow.session.get_one(Application, rejected)
        found.reference, found.structure_type = "D-2026-TEST", "association"
        found.state, found.decided_at = "rejected", uow.now
    with bound.unit_of_work() as uow:
        assert documents.remove_of_rejected(days_later(uow, 364)) == 0
    with bound.unit_of_work() as uow:
        assert documents.remove_of_rejected(days_later(uow, 366)) == 1
    assert documents.purge_contents(bound, store) == 1
    assert not store.exists(checked.sha256)
