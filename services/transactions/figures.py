"""What an operator sees of the desk: scans by result."""

from collections.abc import Iterable

from prometheus_client import Counter

from services.chassis.refusals import Refused

RECORDED, REPLAYED = "recorded", "replayed"
_scans = Counter("psl_scans_total", "Scans judged, by result: recorded, replayed, or a refusal's code", ["result"])


def scans_judged(results: Iterable[tuple[bool, Refused | Exception | None]]) -> None:
    """Count each scan: whether it is a replay of an earlier answer, and the refusal if there is one."""
    for replayed, refusal in results:
        code = getattr(refusal, "code", None)
        _scans.labels(REPLAYED if replayed else code or RECORDED).inc()
