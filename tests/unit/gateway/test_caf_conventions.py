"""The Caf's pages of conventions: its list, one of them and what may be done with it, the versions of the text."""

import re

import pytest

from services.chassis.refusals import Refused, Unavailable

SHA = "a" * 64
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


def listed(*lines):
    """One page of the Caf's list, the whole of it."""
    waiting = sum(line["countersignable"] for line in lines)
    return {
        "items": list(lines), "next_cursor": None, "ages": [], "to_countersign": waiting, "at_once": 1000,
        "at": "2026-11-24T09:00:00+00:00",
    }  # fmt: skip


@pytest.fixture
def signatory(sign_in, bus):
    bus.answers["conventions.conventions"] = listed(LINE)
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
    bus.answers["conventions.conventions"] = listed(*lines)
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
    bus.answers["conventions.conventions"] = listed()
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
    assert f'action="{address}#annuler"' in page and "1er janvier 2027" in page.replace("\u00a0", " ")
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
