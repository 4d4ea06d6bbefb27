"""Every mail to a family, written by its use case: the child's first name, the sums, its own page; no last name, no
birthday, no code in a mail that isn't the pass itself, and what the club or the Caf wrote only to who asked."""

import re

from services.chassis.config import settings
from services.chassis.files import FileStore
from services.transactions import seals
from services.transactions.handlers import cancelling, contestations, families, notices, passes, scans
from tests.factories import transactions as make
from tests.mails import html_of, judge, links, templates, text_of, written

CLUB = "Judo & Fils <Bobigny>"
FAMILY, LAST_NAME, BORN = "famille1@example.org", "Nom1", "01/02/"
COMPLAINT, DECISION = "Nous n'y étions pas.", "Le club s'est trompé d'enfant."
HOLD_A_CODE = {"pass_issued", "pass_renewed"}


class Story:
    """A pass is issued, used, cancelled, contested, topped up, renewed and withdrawn."""

    def __init__(self, database):
        self.db, self.club = database, make.club(database, name=CLUB)
        (self.issued,) = make.issue(database)
        with database.unit_of_work() as uow:
            row = passes.known(uow, self.issued["pass_id"])
        self.link = seals.family_link(row["family_id"], row["link_version"])
        for happens in (self._is_used, self._is_changed, self._ends):
            happens()
            notices.send(database, FileStore(), lambda work, *arguments: work(*arguments))

    def _record(self, amount_cents):
        with self.db.unit_of_work(self.club.terminal()) as uow:
            given = {"idempotency_key": str(amount_cents), "amount_cents": amount_cents, "qr": self.issued["qr"]}
            return scans.record_transaction(uow, **given)["transaction"]["number"]

    def _is_used(self):
        self.cancelled, self.contested = self._record(1_250), self._record(2_500)
        with self.db.unit_of_work(self.club.person()) as uow:
            cancelling.cancel_transaction(uow, number=self.cancelled, idempotency_key="c")
        with self.db.unit_of_work() as uow:
            families.contest(uow, link=self.link, number=self.contested, reason=COMPLAINT)
        with self.db.unit_of_work(make.AGENT) as uow:
            (found,) = contestations.every(uow, state="open", cursor=None)["items"]
            decided = {"accepted": True, "amount_cents": 2_500, "decision": DECISION}
            contestations.decide(uow, contestation_id=found["contestation_id"], **decided)

    def _is_changed(self):
        pass_id = self.issued["pass_id"]
        with self.db.unit_of_work(make.AGENT) as uow:
            passes.top_up(uow, pass_id=pass_id, amount_cents=3_000, reason="Quotient", idempotency_key="k")
        with self.db.unit_of_work() as uow:
            self.renewed = families.renew_pass(uow, link=self.link, pass_id=pass_id)

    def _ends(self):
        with self.db.unit_of_work(make.AGENT) as uow:
            passes.cancel(uow, pass_id=self.issued["pass_id"], reason="Doublon")


def test_every_mail_to_a_family_says_what_happened_and_nothing_that_others_may_not_read(database):
    story = Story(database("transactions"))
    known = {
        "pass_issued": ("Léa", story.issued["code"], "100,00 €"),
        "pass_debit": ("Léa", CLUB, story.cancelled, "12,50 €", "87,50 €"),
        "pass_cancelled_debit": ("Léa", CLUB, story.cancelled, "12,50 €"),
        "pass_contestation_decided": ("Léa", CLUB, "25,00 €", DECISION),
        "pass_topped_up": ("Léa", "130,00 €"),
        "pass_renewed": ("Léa", story.renewed["code"]),
        "pass_withdrawn": ("Léa", make.SCHEME),
    }
    assert known.keys() == set(templates("transactions")), "a new mail: cause it above, and say what it names"
    sent, page = written(story.db), f"{settings().base_url}/pass/{story.link}"
    for template, says in known.items():
        mail = sent[template][0]
        assert str(mail["To"]) == FAMILY
        assert (page in links(mail)) == (template != "pass_withdrawn")
        foreign = {story.issued["code"], story.renewed["code"], DECISION} - set(says)
        secret = {story.issued["qr"], LAST_NAME, BORN, COMPLAINT, "Quotient", "Doublon", *foreign}
        judge(mail, reader="family", base_url=settings().base_url, says=says, secrets=secret)
        assert re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}", text_of(mail) + html_of(mail)) is None or template in HOLD_A_CODE
