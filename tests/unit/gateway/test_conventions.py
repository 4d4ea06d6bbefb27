"""The pages of conventions: what each state shows, what a press sends, who may."""

import re

import pytest

from services.chassis.refusals import Refused, Unavailable

SHA = "a" * 64
CODE = {
    "state": "none", "masked_phone": None, "sent_at": None, "expires_at": None, "tries_left": 5, "sends_left": 3,
    "next_send_at": None, "blocked_until": None, "delivery_state": None,
}  # fmt: skip
SENT = CODE | {"state": "sent", "masked_phone": "06 •• •• •• 78", "expires_at": "2026-11-24T09:40:00+00:00"}


def opened(state="prepared", **changed):
    return {
        "convention_id": "c-1", "kind": "initial", "state": state, "text_version": "2026-1",
        "prepared_at": "2026-11-24T09:00:00+00:00", "signed_at": None, "activated_at": None, "effective_on": None,
        "ends_on": None, "terminated_on": None, "reason": None, "downloadable": True, "in_force": False,
        "structure_name": "Judo Club", "changes": None, "read_at": None, "code": CODE,
        "document": {"sha256": SHA, "filename": "c.pdf", "media_type": "application/pdf", "size": 1, "pages": 3},
        "text": {
            "title": "Convention", "parties": ["Entre nous"],
            "articles": [{"number": 1, "title": "Objet", "paragraphs": ["Texte", "- un", "- deux", "Fin"]}],
        },
    } | changed  # fmt: skip


@pytest.fixture
def representative(sign_in, bus):
    bus.answers["conventions.open_convention"] = opened()
    return sign_in("legal_representative")


def test_the_text_is_on_the_page_and_the_code_is_asked_for(representative):
    page = representative.get("/convention").text
    assert "Article 1 – Objet" in page and "<li>un</li>" in page
    assert "Recevoir mon code par SMS" in page and "J’ai lu la convention en entier" in page
    assert "Code de vérification" not in page


def test_asking_for_the_code_first_takes_note_of_the_reading(representative, bus):
    bus.answers["conventions.confirm_reading"] = {"read_at": "2026-11-24T09:30:00+00:00"}
    bus.answers["conventions.request_signing_code"] = SENT
    form = {"document_sha256": SHA, "read": "y"}
    answer = representative.post("/convention/code", data=form, headers={"User-Agent": "Firefox"})
    assert answer.status_code == 303
    [read] = bus.called("conventions.confirm_reading")
    assert read == {"document_sha256": SHA, "how": "statement", "ip": "127.0.0.1", "user_agent": "Firefox"}
    assert len(bus.called("conventions.request_signing_code")) == 1


def test_without_reading_the_service_says_no_and_the_page_tells(representative, bus):
    bus.answers["conventions.request_signing_code"] = Refused("reading_required")
    page = representative.post("/convention/code", data={"document_sha256": SHA}, follow_redirects=True).text
    assert bus.called("conventions.confirm_reading") == []
    assert "jusqu’à la dernière page" in page


def test_reaching_the_end_counts_as_reading(representative, bus):
    bus.answers["conventions.confirm_reading"] = {"read_at": None}
    bus.answers["conventions.request_signing_code"] = SENT
    representative.post("/convention/code", data={"document_sha256": SHA, "reached_the_end": "1"})
    assert bus.called("conventions.confirm_reading")[0]["how"] == "last_page"


def test_the_code_is_typed_with_or_without_a_space(representative, bus):
    bus.answers["conventions.sign_convention"] = {"convention_id": "c-1", "state": "signed_by_partner"}
    for typed in ("123 456", "123456"):
        answer = representative.post("/convention/signature", data={"document_sha256": SHA, "code": typed})
        assert answer.status_code == 303
    assert {sent["code"] for sent in bus.called("conventions.sign_convention")} == {"123456"}


def test_a_wrong_code_says_how_many_tries_are_left(representative, bus):
    bus.answers["conventions.open_convention"] = opened(code=SENT)
    bus.answers["conventions.sign_convention"] = Refused("signing_code_wrong", {"tries_left": 3})
    answer = representative.post("/convention/signature", data={"document_sha256": SHA, "code": "123456"})
    assert answer.status_code == 422
    assert "essais restants\u00a0: 3" in answer.text.replace("\u202f", "\u00a0") and "123456" not in answer.text


def test_five_digits_never_reach_the_service(representative, bus):
    bus.answers["conventions.open_convention"] = opened(code=SENT)
    answer = representative.post("/convention/signature", data={"document_sha256": SHA, "code": "12345"})
    assert answer.status_code == 422 and "six chiffres" in answer.text
    assert bus.called("conventions.sign_convention") == []


@pytest.mark.parametrize(
    ("state", "told"),
    [("delivered", "SMS remis"), ("undelivered", "n’a pas pu remettre"), ("sent", "en cours d’acheminement")],
)
def test_what_became_of_the_sms_is_told(representative, bus, state, told):
    bus.answers["conventions.open_convention"] = opened(code=SENT | {"delivery_state": state})
    assert told in representative.get("/convention").text


def test_after_signing_the_guide_s_words(representative, bus):
    signed = opened("signed_by_partner", signed_at="2026-11-24T09:35:00+00:00")
    bus.answers["conventions.open_convention"] = signed
    page = representative.get("/convention").text
    assert "Vous avez signé électroniquement votre convention de labellisation" in page
    assert "Recevoir mon code" not in page and "Télécharger le dossier de preuve" in page


def test_the_page_s_links_lead_to_the_very_document_that_it_shows(representative, bus):
    bus.answers["conventions.own_document"] = Refused("document_missing")
    content = representative.get("/convention").text.partition("<main")[2].partition("</main>")[0]
    links = re.findall(r'href="(/convention/document[^"]*)"', content)
    for link in links:
        representative.get(link.replace("&amp;", "&"))
    assert [asked["shown"] for asked in bus.called("conventions.own_document")] == [True] * len(links) and links
    representative.get("/convention/document")
    assert bus.called("conventions.own_document")[-1]["shown"] is False


def test_an_amendment_shows_what_changes(representative, bus):
    kinds = {"same": "A", "removed": "B", "added": "C"}
    changes = [{"kind": kind, "heading": "", "text": text, "parts": []} for kind, text in kinds.items()]
    bus.answers["conventions.open_convention"] = opened(kind="amendment", changes=changes)
    page = representative.get("/convention").text
    assert "<del>B</del>" in page and "<ins>C</ins>" in page


def test_a_delegate_sees_where_it_stands_and_can_t_sign(sign_in, bus):
    bus.answers["conventions.own_convention"] = {"convention": opened()}
    client = sign_in("manager")
    assert "Seul le représentant légal" in client.get("/convention").text
    assert client.post("/convention/signature", data={"code": "123456"}).status_code == 403


# ── the Caf ──────────────────────────────────────────────────────────────────────────────────────────
COUNTS = {
    "to_countersign": 2, "awaiting_approval": 1, "awaiting_partner": 4, "oldest_awaiting_partner_at": None, "active": 7,
    "ending_soon": 0, "waiting": {"count": 2, "since": "2026-11-20T09:00:00+00:00", "ages": []},
}  # fmt: skip
CONVENTION_ID = "01939f6e-4b1c-7c2e-9a53-2f6f0c5b7a10"
LINE = {
    "convention_id": CONVENTION_ID, "kind": "initial", "structure_id": "s-1", "structure_name": "Judo Club",
    "partner_number": "93-1", "state": "signed_by_partner", "countersignable": True, "text_version": "2026-1",
    "prepared_at": "2026-11-24T09:00:00+00:00", "signed_at": "2026-11-24T09:00:00+00:00", "activated_at": None,
    "effective_on": None, "ends_on": None, "waiting_since": "2026-11-24T09:00:00+00:00", "age_days": 12,
}  # fmt: skip
DETAIL = LINE | {
    "commune_name": "Bobigny", "renamed": False, "approved_at": None, "refused_at": None,
    "terminated_on": None, "reason": None, "cause": None, "others": [],
    "document_sha256": SHA, "sealed_sha256": None, "chain_length": 1, "chain_head": SHA,
    "history": [{"sequence": 1, "at": "2026-11-24T09:00:00+00:00", "kind": "prepared", "facts": {}, "hash": SHA}],
    "may": ["countersign", "refuse", "terminate", "evidence", "document"],
}  # fmt: skip


RUNNING = {
    "job_id": "01939f6e-4b1c-7c2e-9a53-2f6f0c5b7a98", "account_id": "a-9", "finished_at": None, "total": 300,
    "started_at": "2026-11-24T09:00:00+00:00", "waiting": 180, "signed": 117, "already_signed": 0, "failed": 3,
}  # fmt: skip


@pytest.fixture
def signatory(sign_in, bus):
    bus.answers["conventions.conventions"] = {"items": [LINE], "next_cursor": None}
    bus.answers["conventions.convention_counts"] = COUNTS
    bus.answers["conventions.convention"] = DETAIL
    bus.answers["conventions.recent_countersigning"] = {"items": [RUNNING]}
    return sign_in("agent", "signatory")


def test_the_list_shows_what_waits_for_the_caf_first(signatory, bus):
    page = signatory.get("/caf/conventions").text
    assert "Judo Club" in page and "Contresigner la sélection" in page
    [asked] = bus.called("conventions.conventions")
    assert asked["countersignable"] is True and asked["state"] is None
    assert "12 jours" in page.replace("\u00a0", " ")


def test_the_list_leads_back_to_the_work_under_way(signatory):
    page = signatory.get("/caf/conventions").text.replace("\u00a0", " ")
    assert f"/caf/conventions/lots/{RUNNING['job_id']}" in page
    assert "en cours : 120 sur 300" in page and "3 échecs" in page


def test_the_list_is_filtered_by_kind_and_turned_round(signatory, bus):
    signatory.get("/caf/conventions?etat=active&type=renewal&tri=newest&mots=judo")
    [asked] = bus.called("conventions.conventions")
    assert (asked["state"], asked["kind"], asked["sort"], asked["words"]) == ("active", "renewal", "newest", "judo")


def test_those_ticked_become_a_job_and_its_report(signatory, bus):
    job_id = "01939f6e-4b1c-7c2e-9a53-2f6f0c5b7a99"
    job = {
        "job_id": job_id, "started_at": "2026-11-24T09:00:00+00:00", "finished_at": None, "total": 2, "waiting": 0,
        "signed": 1, "already_signed": 0, "failed": 1,
        "items": [
            {"convention_id": CONVENTION_ID, "structure_name": "Judo Club", "partner_number": "93-1",
             "state": "signed", "reason": None, "done_at": "2026-11-24T09:00:00+00:00"},
            {"convention_id": job_id, "structure_name": "Danse", "partner_number": None, "state": "failed",
             "reason": "not_approved", "done_at": "2026-11-24T09:00:00+00:00"},
        ],
    }  # fmt: skip
    bus.answers["conventions.countersign"] = bus.answers["conventions.countersigning"] = job
    answer = signatory.post("/caf/conventions/contresigner", data={"convention_id": [CONVENTION_ID, job_id]})
    assert answer.status_code == 303 and answer.location.endswith(f"/caf/conventions/lots/{job_id}")
    assert bus.called("conventions.countersign")[0]["convention_ids"] == [CONVENTION_ID, job_id]
    page = signatory.get(answer.location).text
    assert "n’est pas encore approuvée" in page and "http-equiv" not in page
    assert page.index("Danse") < page.index("Judo Club"), "failures first"
    again = page[page.index('action="/caf/conventions/contresigner"') :]
    assert f'name="convention_id" value="{job_id}"' in again and CONVENTION_ID not in again.partition("</form>")[0]


def test_nothing_ticked_is_told(signatory, bus):
    bus.answers["conventions.countersign"] = Refused("validation_failed", {"errors": {}})
    page = signatory.post("/caf/conventions/contresigner", data={}, follow_redirects=True).text
    assert "Cochez au moins une convention" in page


def test_one_convention_and_its_history(signatory):
    page = signatory.get(f"/caf/conventions/{CONVENTION_ID}").text
    assert "Convention préparée" in page and "Refuser la convention" in page and "Résilier la convention" in page


def test_refusing_needs_a_reason(signatory, bus):
    answer = signatory.post(f"/caf/conventions/{CONVENTION_ID}/refuser", data={"reason": ""})
    assert answer.status_code == 422 and "Donnez un motif" in answer.text
    assert bus.called("conventions.refuse_convention") == []


def test_terminating_sends_the_day(signatory, bus):
    bus.answers["conventions.terminate_convention"] = DETAIL
    form = {"reason": "Cessation", "effective_on": "2026-12-31"}
    assert signatory.post(f"/caf/conventions/{CONVENTION_ID}/resilier", data=form).status_code == 303
    assert bus.called("conventions.terminate_convention")[0]["effective_on"] == "2026-12-31"


def test_a_day_that_cannot_be_is_refused_with_the_day_that_can(signatory, bus):
    bus.answers["conventions.terminate_convention"] = Refused("termination_after_term", {"ends_on": "2026-12-02"})
    form = {"reason": "Cessation", "effective_on": "2027-01-31"}
    answer = signatory.post(f"/caf/conventions/{CONVENTION_ID}/resilier", data=form)
    assert answer.status_code == 422 and "2 décembre 2026" in answer.text.replace("\u00a0", " ")


def test_a_convention_leads_to_the_others_of_its_structure(signatory, bus):
    other = {
        "convention_id": "01939f6e-4b1c-7c2e-9a53-2f6f0c5b7a11", "kind": "renewal", "state": "active", "cause": None,
        "prepared_at": "2027-09-25T09:00:00+00:00", "effective_on": "2027-11-24", "ends_on": "2028-11-23",
        "terminated_on": None, "in_force": False,
    }  # fmt: skip
    bus.answers["conventions.convention"] = DETAIL | {"others": [other]}
    page = signatory.get(f"/caf/conventions/{CONVENTION_ID}").text.replace("\u00a0", " ")
    assert f'href="/caf/conventions/{other["convention_id"]}">Renouvellement</a>' in page
    assert "du 24 novembre 2027 au 23 novembre 2028" in page


def test_an_instructor_reads_and_does_not_sign(sign_in, bus):
    bus.answers["conventions.convention"] = DETAIL
    client = sign_in("agent", "instructor")
    page = client.get(f"/caf/conventions/{CONVENTION_ID}").text
    assert "Judo Club" in page and ">Contresigner<" not in page
    assert client.post("/caf/conventions/contresigner", data={}).status_code == 403


def test_the_caf_s_home_counts_what_waits(signatory):
    page = signatory.get("/caf").text
    assert "Conventions à contresigner" in page and "la plus ancienne attente" in page


def test_a_service_away_leaves_its_part_out(signatory, bus):
    bus.answers["conventions.convention_counts"] = Unavailable()
    answer = signatory.get("/caf")
    assert answer.status_code == 200 and "momentanément indisponible" in answer.text


CHANGES = [
    {"kind": "same", "heading": "", "text": "Resté", "parts": []},
    {
        "kind": "changed", "heading": "Article 10 – Résiliation", "text": "Le préavis est de deux mois.",
        "parts": [
            {"kind": "same", "text": "Le préavis est "}, {"kind": "removed", "text": "d’un "},
            {"kind": "added", "text": "de deux "}, {"kind": "same", "text": "mois."},
        ],
    },
    {"kind": "added", "heading": "Article 10 – Résiliation", "text": "Neuf", "parts": []},
]  # fmt: skip


@pytest.fixture
def texts(bus):
    versions = [
        {"version": "2026-2", "effective_on": "2026-11-24", "articles": 14, "conventions": 0},
        {"version": "2026-1", "effective_on": "2026-01-01", "articles": 14, "conventions": 3},
    ]
    bus.answers["conventions.text_versions"] = {"in_effect": "2026-2", "to_amend": 3, "items": versions}
    bus.answers["conventions.text_difference"] = {"before": "", "now": "", "lines": CHANGES}


def test_a_structure_is_looked_for_and_each_is_offered_once(signatory, bus, texts):
    lines = [
        LINE | {"has_document": True},
        LINE | {"convention_id": "c-older", "has_document": True},
        LINE | {"convention_id": "c-0", "structure_id": "s-9", "structure_name": "Jamais lue", "has_document": False},
    ]
    bus.answers["conventions.conventions"] = {"items": lines, "next_cursor": None}
    page = signatory.get("/caf/textes-de-convention?structure=judo").text
    [asked] = bus.called("conventions.conventions")
    assert asked["words"] == "judo" and asked["sort"] == "newest"
    [offered] = re.findall(r'href="([^"]+convention=[^"]+)"', page)
    assert offered.endswith("#apercu") and {"structure=judo", f"convention={CONVENTION_ID}", "version=2026-2"} <= set(
        re.split("[?#]|&amp;", offered)
    )
    assert 'name="structure" value="judo"' in page
    assert "Jamais lue" not in page and "<iframe" not in page


def test_a_version_is_previewed_with_the_structure_that_was_chosen(signatory, texts):
    address = f"/caf/textes-de-convention?convention={CONVENTION_ID}"
    page = signatory.get(address).text
    assert f'src="/caf/textes-de-convention/2026-2/apercu?convention={CONVENTION_ID}#' in page
    assert f"convention={CONVENTION_ID}&amp;version=2026-1#apercu" in page
    page = signatory.get(f"{address}&version=2026-1").text
    assert f'src="/caf/textes-de-convention/2026-1/apercu?convention={CONVENTION_ID}#' in page
    assert "Version 2026-1, avec les données de Judo Club" in page


def test_a_number_that_nobody_has_is_told(signatory, bus, texts):
    bus.answers["conventions.conventions"] = {"items": [], "next_cursor": None}
    page = signatory.get("/caf/textes-de-convention?structure=93-000000-0").text
    assert "Aucune structure de ce nom" in page


def test_who_may_not_review_previews_nobody_s_data(sign_in, bus, texts):
    client = sign_in("agent", "preparer")
    assert client.get(f"/caf/textes-de-convention?convention={CONVENTION_ID}").status_code == 403
    assert client.get(f"/caf/textes-de-convention/2026-2/apercu?convention={CONVENTION_ID}").status_code == 403
    assert bus.called("conventions.preview_text") == []


def test_a_termination_to_come_is_withdrawn_with_a_reason(signatory, bus):
    bus.answers["conventions.convention"] = DETAIL | {
        "state": "terminated", "terminated_on": "2027-01-01", "may": ["withdraw_termination"],
    }  # fmt: skip
    address = f"/caf/conventions/{CONVENTION_ID}/annuler-la-resiliation"
    page = signatory.get(f"/caf/conventions/{CONVENTION_ID}").text
    assert f'action="{address}#annuler"' in page and "1 janvier 2027" in page.replace("\u00a0", " ")
    assert signatory.post(address, data={"reason": ""}).status_code == 422
    assert bus.called("conventions.withdraw_termination") == []
    bus.answers["conventions.withdraw_termination"] = Refused("termination_in_effect")
    answer = signatory.post(address, data={"reason": "Activité reprise"})
    assert answer.status_code == 409 and "ne peut plus être annulée" in answer.text
    bus.answers["conventions.withdraw_termination"] = DETAIL
    assert signatory.post(address, data={"reason": "Activité reprise"}).status_code == 303
    assert bus.called("conventions.withdraw_termination")[-1] == {
        "convention_id": CONVENTION_ID, "reason": "Activité reprise",
    }  # fmt: skip


def test_an_instructor_sees_no_way_to_withdraw_a_termination(sign_in, bus):
    bus.answers["conventions.convention"] = DETAIL | {
        "state": "terminated", "terminated_on": "2027-01-01", "may": ["withdraw_termination"],
    }  # fmt: skip
    client = sign_in("agent", "instructor")
    assert "Annuler la résiliation" not in client.get(f"/caf/conventions/{CONVENTION_ID}").text
    answer = client.post(f"/caf/conventions/{CONVENTION_ID}/annuler-la-resiliation", data={"reason": "Non"})
    assert answer.status_code == 403


def test_the_texts_and_their_difference(signatory, bus, texts):
    page = signatory.get("/caf/textes-de-convention").text
    assert "<ins>Neuf</ins>" in page and "Le préavis est <del>d’un </del><ins>de deux </ins>mois." in page
    assert page.count("Article 10 – Résiliation") == 1 and "Resté" not in page
    assert "Proposer la nouvelle version à tous" in page
    assert bus.called("conventions.text_difference") == [{"before": "2026-1", "now": "2026-2"}]
