"""What all tables share: the declarative base and the column types."""

from datetime import date, datetime
from typing import Annotated

from sqlalchemy import BigInteger, Date, DateTime, Text, Uuid
from sqlalchemy.orm import mapped_column

from services.chassis.database import declarative_base

Base = declarative_base()

Id = Annotated[str, mapped_column(Uuid(as_uuid=False))]
Cents = Annotated[int, mapped_column(BigInteger)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Day = Annotated[date, mapped_column(Date)]
Words = Annotated[str, mapped_column(Text)]
