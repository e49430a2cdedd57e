"""Prints the one-time code of this moment for the key on standard input (RFC 6238: SHA-1, 6 digits, 30 s)."""
import hashlib
import hmac
import struct
import sys
import time


def code(key: bytes, at: float) -> str:
    digest = hmac.new(key, struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


if __name__ == "__main__":
    print(code(sys.stdin.buffer.read(), time.time()))
