"""The chassis: a small library that makes nameko fit for money. Mechanism only, not one business word."""

import warnings

# eventlet announces at each import that it is in bug-fix mode; docs/decisions says what follows from that.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
