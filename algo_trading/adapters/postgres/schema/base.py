"""What all tables share: the metadata with its naming rules, and columns that many tables have."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, MetaData, func

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

Time = DateTime(timezone=True)


def row_id() -> Column[int]:
    """A number that the database gives."""
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def instrument_ref(*, primary_key: bool = False) -> Column[int]:
    """The instrument that a row is about."""
    return Column("instrument_id", ForeignKey("instruments.id"), nullable=False, primary_key=primary_key)


def strategy_ref(*, nullable: bool = False) -> Column[int]:
    """The strategy, with its parameters, that a row is about."""
    return Column("strategy_id", ForeignKey("strategies.id"), nullable=nullable)


def written_at(name: str = "created_at") -> Column[object]:
    """When the row was written, by the database's clock."""
    return Column(name, Time, nullable=False, server_default=func.now())
