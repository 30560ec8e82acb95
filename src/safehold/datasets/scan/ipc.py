"""Arrow IPC files of some hundred rows, written and read by one thread.

Beside busy children it takes two to three times as long to hand their buffers to other threads.
"""

import pyarrow as pa

_WRITING = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
_READING = pa.ipc.IpcReadOptions(use_threads=False)


def to_ipc(table: pa.Table) -> bytes:
    """Write a table as the bytes of an Arrow IPC file; the same table gives the same bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema, options=_WRITING) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def from_ipc(data: bytes | pa.Buffer) -> pa.Table:
    """Read a table; what is in it is within bounds, and nothing more is known of it.

    Raises:
        pa.ArrowException, OSError: the bytes are no such file.
    """
    table = pa.ipc.open_file(pa.BufferReader(data), options=_READING).read_all()
    table.validate(full=True)
    return table
