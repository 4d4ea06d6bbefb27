"""What became of a signed convention, as far as the pack knows: it ends with the last link of its chain."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime

from services.chassis.typography import day_in_words
from services.conventions.domain import states
from services.conventions.domain.evidence import Evidence, Link
from services.conventions.domain.refusals import Refusal
from services.conventions.domain.states import Act, ConventionState, EndCause, Kind, RefusalCause
from services.conventions.verifying.findings import Broken, Findings

ACTS: Mapping[str, Act] = {
    Evidence.SIGNED: Act.SIGN,
    Evidence.COUNTERSIGNED: Act.COUNTERSIGN,
    Evidence.REFUSED: Act.REFUSE,
    Evidence.TERMINATED: Act.TERMINATE,
    Evidence.TERMINATION_WITHDRAWN: Act.WITHDRAW_TERMINATION,
}
"""The links that change the state, and how."""


def check_state(links: Sequence[Link], told: str) -> None:
    """The chain leads, by allowed steps alone, to the state that the pack tells. Raises Broken."""
    state = ConventionState.PREPARED
    for link in links:
        if link.kind in ACTS:
            try:
                state = states.after(state, ACTS[link.kind])
            except Refusal:
                raise Broken(f"le maillon {link.sequence} ({link.kind}) ne peut pas suivre l’état {state}") from None
    if state != told:
        raise Broken(f"le dossier dit la convention dans l’état {told}, sa chaîne de preuve dans l’état {state}")


def tell(links: Sequence[Link], signed: Link, findings: Findings) -> None:
    """One sentence for each thing that followed the signature, in order."""
    since = [link for link in links if link.sequence > signed.sequence and link.kind in _SENTENCES]
    findings.afterwards += [_SENTENCES[link.kind](link) for link in since]
    if not since:
        findings.afterwards.append("Rien : ni refus, ni remplacement, ni fin de la convention.")
    findings.afterwards.append(
        f"Le dossier s’arrête à son dernier maillon, le {moment(links[-1].at)} ; un plus récent peut en dire plus."
    )


def moment(at: str) -> str:
    """«24 novembre 2026 à 09:30:15 UTC»."""
    instant = datetime.fromisoformat(at).astimezone(UTC)
    return f"{day_in_words(instant.date())} à {instant:%H:%M:%S} UTC"


def day(on: str) -> str:
    return day_in_words(date.fromisoformat(on))


def _refused(link: Link) -> str:
    why = {
        RefusalCause.APPLICATION_REJECTED: "avec la demande de labellisation",
        RefusalCause.TERMINATION: "avec la résiliation de la convention qu’elle devait suivre",
    }.get(link.facts.get("cause", ""), "par la Caf")
    return f"Refusée {why} le {moment(link.at)}, pour le motif « {link.facts['reason']} » : la Caf ne l’a pas signée."


def _replaced(link: Link) -> str:
    by = {Kind.AMENDMENT: "d’un avenant signé", Kind.RENEWAL: "d’un renouvellement signé"}.get(
        link.facts.get("kind", ""), "d’une autre convention signée"
    )
    on, which = day(link.facts["effective_on"]), link.facts["replaced_by"]
    return f"Suivie {by} par les deux parties, à partir du {on} (convention {which})."


def _terminated(link: Link) -> str:
    on, cause = day(link.facts["effective_on"]), link.facts.get("cause")
    if cause == EndCause.TERM:
        return f"Arrivée à son terme : elle ne s’applique plus depuis le {on}, et aucune autre n’était alors signée."
    if cause == EndCause.REPLACEMENT:
        return f"Terminée : celle qui la suit s’applique depuis le {on}."
    ended = "Résiliée" if cause == EndCause.DECISION else "Terminée"
    return f"{ended} le {moment(link.at)}, à compter du {on}, pour le motif « {link.facts['reason']} »."


def _withdrawn(link: Link) -> str:
    return (
        f"Résiliation prévue pour le {day(link.facts['announced_for'])} annulée le {moment(link.at)}, pour le motif "
        f"« {link.facts['reason']} » : la convention est restée en vigueur."
    )


_SENTENCES: Mapping[str, Callable[[Link], str]] = {
    Evidence.REFUSED: _refused,
    Evidence.REPLACED: _replaced,
    Evidence.TERMINATED: _terminated,
    Evidence.TERMINATION_WITHDRAWN: _withdrawn,
}
