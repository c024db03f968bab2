"""Parquet files written some rows at a time, where the package that writes them is installed.

Nothing else of CRP needs pyarrow, which is larger than all the rest of it: it is installed by who wants Parquet, and
read into memory when the first file is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from types import ModuleType, TracebackType
from typing import IO, Any

from crp.common.columns import Column, Kind

PARQUET_TYPE = "application/vnd.apache.parquet"
MISSING = "This server has no Parquet: pyarrow is not installed on it."
ROWS_AT_ONCE = 5_000
"""Rows of a row group: what is held in memory, and what a reader can skip."""


@cache
def is_installed() -> bool:
    """Return whether Parquet can be written here."""
    return find_spec("pyarrow") is not None


class ParquetFile:
    """A table written to a file or a stream, a row group at a time. Decimals stay exact, times are in UTC."""

    def __init__(self, target: IO[bytes] | _Chunks, columns: Sequence[Column], about: Mapping[str, str]) -> None:
        self._arrow: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
        self._columns = columns
        fields = [
            self._arrow.field(
                column.name,
                _type(self._arrow, column),
                nullable=column.may_be_null,
                metadata={"description": column.description} if column.description else None,
            )
            for column in columns
        ]
        self._schema = self._arrow.schema(fields, metadata=dict(about))
        self._writer = parquet.ParquetWriter(target, self._schema, compression="zstd")

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows as one group."""
        arrays = [
            self._arrow.array([column.read(row[column.name]) for row in rows], type=field.type)
            for column, field in zip(self._columns, self._schema, strict=True)
        ]
        self._writer.write_batch(self._arrow.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write the end of the file, which says where everything is."""
        self._writer.close()

    def __enter__(self) -> ParquetFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def parquet_chunks(
    columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], about: Mapping[str, str]
) -> Iterator[bytes]:
    """Yield a file while its rows are read: the format is written from the front to the end."""
    left, chunks = iter(rows), _Chunks()
    with ParquetFile(chunks, columns, about) as file:
        while several := list(islice(left, ROWS_AT_ONCE)):
            file.write(several)
            yield chunks.take()
    yield chunks.take()


class _Chunks:
    """A file that is given away while it is written."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Do nothing: what is written is there."""

    def close(self) -> None:
        self.closed = True

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def _type(arrow: ModuleType | Any, column: Column) -> Any:
    if column.kind == Kind.DECIMAL:
        return arrow.decimal128(column.digits, column.places)
    return {
        Kind.TEXT: arrow.string(),
        Kind.WHOLE: arrow.int64(),
        Kind.NUMBER: arrow.float64(),
        Kind.FLAG: arrow.bool_(),
        Kind.DAY: arrow.date32(),
        Kind.TIME: arrow.timestamp("us", tz="UTC"),
        Kind.LIST: arrow.list_(arrow.string()),
    }[column.kind]
