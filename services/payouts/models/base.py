"""Column types that the tables of payouts share."""

from datetime import datetime
from typing import Annotated

from sqlalchemy import BigInteger, DateTime, Text, Uuid
from sqlalchemy.orm import mapped_column

from services.chassis.database import declarative_base


class Base(declarative_base()):  # type: ignore[misc]
    """The base of every table here."""

    __abstract__ = True


Id = Annotated[str, mapped_column(Uuid(as_uuid=False))]
Cents = Annotated[int, mapped_column(BigInteger)]
Count = Annotated[int, mapped_column(BigInteger)]
Words = Annotated[str, mapped_column(Text)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
