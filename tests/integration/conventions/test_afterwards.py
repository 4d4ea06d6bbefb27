"""What the verifier tells of a convention after its signature, as far as the pack knows."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from services.chassis import clock
from services.chassis.typography import day_in_words
from services.conventions.handlers import deciding, ending, preparing, proof, terms
from services.conventions.verify import main, verify
from services.conventions.verifying.findings import Broken
from tests.integration.conventions.test_evidence import retold
from tests.integration.conventions.world import Club, World


@pytest.fixture
def told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[bytes], str]:
    """What the command prints about a pack that it finds valid."""

    def printed(pack: bytes) -> str:
        path = tmp_path / "pack.zip"
        path.write_bytes(pack)
        assert main([str(path)]) == 0
        out = capsys.readouterr().out
        assert "LE DOSSIER EST VALABLE." in out
        return out.partition("CE QUI A SUIVI LA SIGNATURE")[2]

    return printed


def pack_of(world: World, convention_id: str) -> bytes:
    call = SimpleNamespace(actor=world.agent(), trace_id="trace")
    return world.content(proof.pack(world.database, call, convention_id=convention_id)["sha256"])  # type: ignore[arg-type]


def terminate(world: World, club: Club) -> None:
    on = clock.today() + timedelta(days=10)
    about = {"convention_id": club.convention_id, "reason": "Cessation d’activité", "effective_on": on}
    world.run(ending.terminate, actor=world.agent(), **about)


def test_nothing_followed_yet(world: World, told):
    club = world.partner()
    assert "Rien : ni refus, ni remplacement, ni fin" in told(world.pack(club))


def test_who_refused_and_why(world: World, told):
    club = world.club().sign()
    world.run(deciding.refuse, actor=world.agent(), convention_id=club.convention_id, reason="Doublon")
    out = told(world.pack(club))
    assert "Refusée par la Caf le" in out and "« Doublon »" in out
    assert "pas encore contresigné" not in out


def test_what_fell_with_the_application(world: World, told):
    club = world.club().sign()
    ids = {"application_id": club.application_id, "structure_id": club.structure_id}
    world.run(preparing.on_application_rejected, **ids, reason="Hors du dispositif")
    out = told(world.pack(club))
    assert "Refusée avec la demande de labellisation le" in out and "« Hors du dispositif »" in out


def test_a_termination_and_its_withdrawal(world: World, told):
    club = world.partner()
    on = day_in_words(clock.today() + timedelta(days=10))
    terminate(world, club)
    out = told(world.pack(club))
    assert "Résiliée le" in out and f"à compter du {on}, pour le motif « Cessation d’activité »" in out
    withdrawal = {"convention_id": club.convention_id, "reason": "L’activité reprend"}
    world.run(ending.withdraw_termination, actor=world.agent(), **withdrawal)
    out = told(world.pack(club))
    assert f"Résiliation prévue pour le {on} annulée le" in out and "restée en vigueur" in out


def test_a_renewal_and_the_end_of_what_it_follows(world: World, move_clock, told):
    club = world.partner()
    first, ends_on = club.convention_id, club.own()["ends_on"]
    begins = day_in_words(ends_on + timedelta(days=1))
    move_clock("+310d")
    world.run(terms.prepare_renewals)
    world.countersign(club.sign())
    out = told(pack_of(world, first))
    assert f"Suivie d’un renouvellement signé par les deux parties, à partir du {begins} (convention" in out
    assert club.convention_id in out
    move_clock("+366d")
    world.run(ending.end_terms)
    assert f"Terminée : celle qui la suit s’applique depuis le {begins}." in told(pack_of(world, first))
    assert "Rien :" in told(world.pack(club))
    assert f"Renouvellement qui fait suite à la convention {first}." in verify(world.pack(club)).stated


def test_an_amendment(world: World, newer_text, told):
    club = world.partner()
    first = club.convention_id
    newer_text()
    world.run(terms.amend, actor=world.agent(), convention_id=first)
    world.countersign(club.sign())
    tomorrow = day_in_words(clock.today() + timedelta(days=1))
    assert f"Suivie d’un avenant signé par les deux parties, à partir du {tomorrow}" in told(pack_of(world, first))


def test_a_term_that_nobody_renewed(world: World, move_clock, told):
    club = world.partner()
    after = day_in_words(club.own()["ends_on"] + timedelta(days=1))
    move_clock("+366d")
    world.run(ending.end_terms)
    assert f"Arrivée à son terme : elle ne s’applique plus depuis le {after}" in told(world.pack(club))


def test_a_pack_that_hides_how_it_ended_is_no_pack(world: World):
    """Even signed by the seal: state and chain must tell the same."""
    club = world.partner()
    terminate(world, club)
    with pytest.raises(Broken, match="dans l’état active, sa chaîne de preuve dans l’état terminated"):
        verify(retold(world.pack(club), lambda raw: raw.update(state="active")))


def test_a_story_that_the_rules_forbid_is_no_pack(world: World):
    club = world.partner()
    terminate(world, club)

    def ended_twice(raw: dict) -> None:
        raw["chain"].append(dict(raw["chain"][-1]))

    with pytest.raises(Broken, match="ne peut pas suivre l’état terminated"):
        verify(retold(world.pack(club), ended_twice))
