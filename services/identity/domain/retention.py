"""How long what is kept (DOMAIN, «Money, time, privacy»; CNIL, «durées de conservation»)."""

from datetime import timedelta

CLOSED_SESSIONS = timedelta(days=180)  # CNIL 2021-122: traces of access, six months to a year
ATTEMPTS = timedelta(days=1)
USED_LINKS = timedelta(days=30)
MOBILE_CODES = timedelta(days=30)
SMS = timedelta(days=365 * 6)  # evidence of a signature: as long as the convention can be contested, with margin
PAIRINGS = timedelta(days=30)
KNOWN_DEVICES = timedelta(days=180)
DRAFTS = timedelta(days=31)  # an application can be resumed for 30 days
REFUSED_TRANSFERS = timedelta(days=365)
IDLE_PERSONS = timedelta(days=730)  # a person without any right, who hasn't signed in for two years
