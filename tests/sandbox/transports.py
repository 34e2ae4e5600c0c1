"""Breaking connections as networks do."""

import asyncio
import socket
import struct


def reset(transport: asyncio.BaseTransport | None) -> None:
    """Break the connection without a word: a TCP reset, no TLS goodbye."""
    if not isinstance(transport, asyncio.WriteTransport):
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
