"""What an operator sees of the pages: links of families that nobody was given."""

from prometheus_client import Counter

_links = Counter(
    "psl_family_links_refused_total",
    "Links of families that were refused: unknown ones, and any asked for from an address that has tried too many",
    ["reason"],
)


def link_unknown() -> None:
    """Somebody followed a link that isn't known, or no longer."""
    _links.labels("unknown").inc()


def link_limited() -> None:
    """An address that has tried too many asks again."""
    _links.labels("limited").inc()
