"""SMS: one interface, one file per provider; `PSL_SMS` chooses.

A provider hands a message over and tells its own id and first state; later it reports what became of it.
"""

from functools import cache

from services.chassis.config import settings
from services.identity.sms.base import Provider
from services.identity.sms.file import FileProvider
from services.identity.sms.twilio import TwilioProvider


@cache
def provider() -> Provider:
    """The configured provider. In production the configuration refuses the file stand-in."""
    found = settings()
    if found.twilio is not None:
        return TwilioProvider(found.twilio, found.base_url)
    return FileProvider(found.var / "outbox" / "sms")
