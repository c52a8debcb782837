"""Has Python write the CSV and gzip files of TextFileTests.swift and FashionMNISTTests.swift: python make_tables.py"""
import csv
import gzip
import struct

rows = [["größe", "art"], ["1.5", "Käfer"], ["2.5", "Köfer"]]


def table(name, encoding, line_end="\r\n", rows=rows):
    with open(name, "w", encoding=encoding, newline="") as file:
        csv.writer(file, lineterminator=line_end).writerows(rows)


table("utf-8.csv", "utf-8")
table("utf-8-mark.csv", "utf-8-sig")
table("cr.csv", "utf-8", "\r")
table("latin-1.csv", "latin-1")
table("windows-1252.csv", "cp1252", rows=rows + [["3.5", "5 €"]])
table("utf-16.csv", "utf-16")
table("utf-16-le.csv", "utf-16-le")
table("utf-16-be.csv", "utf-16-be")
table("utf-32.csv", "utf-32")
table("shift-jis.csv", "shift_jis", rows=[["size", "kind"], ["1.5", "甲虫"], ["2.5", "チョウ"]])

# The labels 0 to 9 as an IDX file of several gzip members, one of them empty, and zeros as padding.
content = struct.pack(">II", 0x801, 10) + bytes(range(10))
members = [content[:5], b"", content[5:11], content[11:]]
joined = b"".join(gzip.compress(member, mtime=0) for member in members)
for name, data in (("members", joined), ("padded", joined + bytes(100)), ("trailing", joined + b"more")):
    with open(f"{name}.gz", "wb") as file:
        file.write(data)
