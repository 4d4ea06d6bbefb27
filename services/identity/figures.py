"""What an operator sees of the text messages: codes by what the provider did with them."""

from prometheus_client import Counter

_codes = Counter("psl_codes_total", "Codes handed to the SMS provider: sent, or refused by it", ["purpose", "outcome"])
_reports = Counter("psl_sms_reports_total", "Delivery reports of the SMS provider", ["status"])


def code_handed(purpose: str, *, sent: bool) -> None:
    """A code went to the provider, who took it or not."""
    _codes.labels(purpose, "sent" if sent else "refused").inc()


def delivery_reported(status: str) -> None:
    """The provider told what became of a message."""
    _reports.labels(status).inc()
