"""Tables as Arrow record batches, without copying. Needs pyarrow (extra "science")."""

from typing import TYPE_CHECKING

from ..decode import Table
from ..definition import Definition, Stream
from ..errors import MissingExtra
from .columns import arrays_of, columns_of
from .identity import identity

if TYPE_CHECKING:
    import pyarrow


def schema_of(stream: Stream, definition: Definition | None = None) -> "pyarrow.Schema":
    """Of a stream's tables: integers int64, engineering values float64, nothing null. Raises MissingExtra.

    Field metadata: `unit` (when there is one) and `meaning`. Schema metadata: `freefall.stream`, and with a definition
    `freefall.definition` (its text), `freefall.definition_id` (8 hex digits), `freefall.payload`.
    """
    arrow = _pyarrow()
    fields = [
        arrow.field(
            column.name,
            arrow.float64() if column.engineering else arrow.int64(),
            nullable=False,
            metadata={"meaning": column.meaning} | ({"unit": column.unit} if column.unit else {}),
        )
        for column in columns_of(stream)
    ]
    return arrow.schema(fields, {f"freefall.{key}": value for key, value in identity(stream, definition).items()})


def record_batch(table: Table, schema: "pyarrow.Schema | None" = None) -> "pyarrow.RecordBatch":
    """The rows of a table; schema: default that of its stream. Raises MissingExtra.

    Its buffers are the table's own arrays, which must not be written to while it is in use; only an array that is not contiguous
    is copied.
    """
    arrow = _pyarrow()
    return arrow.record_batch([arrow.array(array) for array in arrays_of(table)], schema=schema or schema_of(table.stream))


def _pyarrow():
    try:
        import pyarrow
    except ImportError as error:
        raise MissingExtra("Arrow export", "science") from error
    return pyarrow
