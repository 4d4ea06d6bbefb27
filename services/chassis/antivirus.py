"""Asking ClamAV's daemon about a file: its INSTREAM command, as clamd(8) describes it.

The file goes as pieces, each with its length in front (four bytes, network order), a length of zero ends it; the
answer is one line. Own code, since the known client's licence (GPL-2.0) would reach the whole platform.
"""

import socket
import struct
from typing import IO

_PIECE_BYTES = 64 * 1024
_ANSWER_BYTES = 4096


def judge(address: str, file: IO[bytes], *, within_s: float) -> str:
    """What the daemon at ``host:port``, or at the path of a socket, says of the file: ``"OK"``, ``"FOUND"`` or
    ``"ERROR"``. Raises OSError when it doesn't answer in time."""
    with _connected(address, within_s) as daemon:
        daemon.sendall(b"zINSTREAM\0")
        while piece := file.read(_PIECE_BYTES):
            daemon.sendall(struct.pack("!I", len(piece)) + piece)
        daemon.sendall(struct.pack("!I", 0))
        return _verdict(_line(daemon))


def _connected(address: str, within_s: float) -> socket.socket:
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        return socket.create_connection((host, int(port)), timeout=within_s)
    daemon = socket.socket(socket.AF_UNIX)
    daemon.settimeout(within_s)
    daemon.connect(address)
    return daemon


def _line(daemon: socket.socket) -> str:
    received = b""
    while piece := daemon.recv(_ANSWER_BYTES):
        received += piece
        if received.endswith((b"\0", b"\n")) or len(received) > _ANSWER_BYTES:
            break
    return received.decode("utf-8", "replace").strip("\0\n ")


def _verdict(line: str) -> str:
    last = line.rpartition(" ")[2]
    return last if last in ("OK", "FOUND") else "ERROR"
