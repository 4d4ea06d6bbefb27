"""The declarative base, and the column types that every table here shares."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

from sqlalchemy import Date, DateTime, ForeignKey, LargeBinary, Text, Uuid
from sqlalchemy.orm import mapped_column

from services.chassis.database import declarative_base

if TYPE_CHECKING:
    from sqlalchemy.orm import DeclarativeBase

    class Base(DeclarativeBase): ...

else:
    Base = declarative_base()

Id = Annotated[str, mapped_column(Uuid(as_uuid=False), primary_key=True)]
Ref = Annotated[str, mapped_column(Uuid(as_uuid=False))]
ApplicationRef = Annotated[str, mapped_column(Uuid(as_uuid=False), ForeignKey("applications.application_id"))]
StructureRef = Annotated[str, mapped_column(Uuid(as_uuid=False), ForeignKey("structures.structure_id"))]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Day = Annotated[date, mapped_column(Date)]
Words = Annotated[str, mapped_column(Text)]
Sealed = Annotated[str, mapped_column(Text)]  # a value of services.chassis.vault
Digest = Annotated[bytes, mapped_column(LargeBinary(32))]
