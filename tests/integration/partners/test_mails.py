"""Every mail of partners, written by its use case: who may hold which link, and nothing of what was typed goes out."""

from services.chassis.config import settings
from services.partners import secrets
from services.partners.handlers import assistance, drafts
from tests.integration.partners.life_factories import Call, actor
from tests.integration.partners.test_assistance import GIVEN, agent, open_request
from tests.mails import judge, links, templates, written

ADDRESS = "parent.inquiet@example.org"
QUESTION = "Mon IBAN est FR7630006000011234567890189."
ANSWER = "Rappelez le 06 12 34 56 78."


def test_every_mail_leads_to_its_own_page_and_repeats_nothing_that_was_written(database):
    partners = database("partners")
    with partners.unit_of_work() as uow:
        key = drafts.start_application(uow)["draft_token"]
        drafts.mail_draft_link(uow, key, ADDRESS)
    made = open_request(partners, Call(actor("visitor", account_id=None)), email=ADDRESS, text=QUESTION)
    thread = secrets.thread_token(made["request_id"])
    with partners.unit_of_work() as uow:
        assistance.confirm(uow, thread)
    with partners.unit_of_work(agent()) as uow:
        assistance.answer(uow, assistance.any_request(uow, made["request_id"], lock=True), ANSWER, [])
    form, follow_up = f"/inscription/reprendre/{key}", f"/assistance/suivi/{thread}"
    known = {
        "draft_link": ((), form, thread),
        "assistance_confirm": ((made["reference"],), follow_up, key),
        "assistance_answered": ((made["reference"],), follow_up, key),
    }
    assert known.keys() == set(templates("partners")), "a new mail: cause it above, and say what it names"
    sent = written(partners)
    for template, (says, leads_to, foreign) in known.items():
        (mail,) = sent[template]
        assert str(mail["To"]) == ADDRESS
        assert f"{settings().base_url}{leads_to}" in links(mail)
        secret = (QUESTION, ANSWER, GIVEN["subject"], foreign)
        judge(mail, reader="partner", base_url=settings().base_url, says=says, secrets=secret)
