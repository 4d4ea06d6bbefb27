"""How often one address may ask. Counted per process: this softens load and slows somebody who tries many identifiers
from one place; what protects an account or a code is counted in identity's and conventions' databases."""

from flask import Response, current_app, request
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address


def unlimited() -> bool:
    """Whether this application doesn't count (tests that knock at every door)."""
    return not current_app.config["RATE_LIMITS"]


class PageLimiter(Limiter):
    """flask-limiter that doesn't look for limits of the API, which has its own: looking costs more than checking."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if not (in_middleware and request.path.startswith("/api/")):
            super()._check_request_limit(callable_name, in_middleware)


limiter = PageLimiter(
    get_remote_address,
    default_limits=["60 per second", "1500 per minute"],
    default_limits_exempt_when=unlimited,
    storage_uri="memory://",
)
FAILURES = "20 per minute; 200 per hour"
"""Failed sign-ins from one address, whatever the identifiers: ten times what a forgetful office needs, and far below
what a list of stolen passwords needs."""
LETTERS = "10 per minute; 60 per hour"
"""Mails that one address may have sent to others: lost passwords, links to a draft."""

UNKNOWN_LINKS = "20 per minute; 200 per hour"
"""Links of families that nobody was given, from one address. Old mails make a handful, even where a mobile network lets
many families share one address; who tries links one after the other meets this long before chance helps."""


def refused(response: Response) -> bool:
    """Whether a sign-in failed: a good one leads elsewhere."""
    return response.status_code >= 400


_LINKS = "family-links"


def for_unknown_links(exceeded: RateLimitExceeded) -> bool:
    """Whether this is the limit that was met, and not that of all pages."""
    return exceeded.limit is not None and exceeded.limit.scope == _LINKS


def gone(response: Response) -> bool:
    """Whether a link was unknown, or no longer valid."""
    return response.status_code == 410


failures = limiter.shared_limit(FAILURES, scope="sign-in", methods=["POST"], deduct_when=refused, exempt_when=unlimited)
unknown_links = limiter.shared_limit(
    UNKNOWN_LINKS, scope=_LINKS, deduct_when=gone, exempt_when=unlimited, override_defaults=False
)
letters = limiter.shared_limit(LETTERS, scope="letters", methods=["POST"], exempt_when=unlimited)
