"""Writes small PNG images of each kind, for ImageFolderTests.swift: python make_images.py"""
import os
import struct
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(path, width, height, depth, kind, rows, palette=None):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))]
    if palette:
        parts.append(chunk(b"PLTE", bytes(palette)))
    parts.append(chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b""))


# Three pixels wide, two high.
png("images/grey/b/8.png", 3, 2, 8, 0, [[0, 51, 102], [153, 204, 255]])
png("images/grey/b/bits.png", 3, 2, 1, 0, [[0b10100000], [0b01000000]])
png("images/grey/a/16.PNG", 3, 2, 16, 0, [[0, 0, 51, 51, 102, 102], [153, 153, 204, 204, 255, 255]])
png("images/colour/a/rgb.png", 3, 2, 8, 2, [[255, 0, 0, 0, 255, 0, 0, 0, 255], [0, 0, 0, 51, 51, 51, 255, 255, 255]])
png("images/colour/a/palette.png", 3, 2, 8, 3, [[0, 1, 2], [2, 1, 0]], [255, 0, 0, 0, 255, 0, 0, 0, 255])
png("images/colour/b/grey.png", 3, 2, 8, 0, [[0, 51, 102], [153, 204, 255]])
png("images/colour/b/transparent.png", 3, 2, 8, 6,
    [[255, 0, 0, 255, 0, 255, 0, 0, 0, 0, 255, 255], [9, 9, 9, 0, 51, 51, 51, 255, 255, 255, 255, 255]])
png("./small.png", 1, 1, 8, 0, [[7]])
