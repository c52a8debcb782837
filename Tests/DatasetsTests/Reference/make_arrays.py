"""Has numpy save the files of NPYTests.swift: python make_arrays.py (numpy 2)"""
import numpy

values = numpy.array([[1.5, -2, 0.1], [4, 5, 1e-3]])
numpy.save("float32.npy", values.astype(numpy.float32))
numpy.save("float64.npy", values)
numpy.save("uint8.npy", numpy.array([[0, 128, 255], [1, 2, 3]], dtype=numpy.uint8))
numpy.save("int32.npy", numpy.array([[0, -1, 2**31 - 1], [1, 2, 3]], dtype=numpy.int32))
numpy.save("int64.npy", numpy.array([[0, -1, 2**40], [1, 2, 3]], dtype=numpy.int64))
numpy.save("cube.npy", numpy.arange(12, dtype=numpy.float32).reshape(2, 3, 2))
numpy.save("labels.npy", numpy.array([3, 1]))
numpy.save("column.npy", numpy.array([[3], [1]], dtype=numpy.uint8))
numpy.save("three.npy", numpy.array([3, 1, 2]))
numpy.save("fortran.npy", numpy.asfortranarray(values))
numpy.save("big-endian.npy", values.astype(">f4"))
numpy.save("structured.npy", numpy.zeros(2, dtype=[("a", "<f4")]))
numpy.save("empty.npy", numpy.zeros((0, 3)))
numpy.save("scalar.npy", numpy.array(1.0))
numpy.save("hollow.npy", numpy.zeros((2, 0)))
for name, place, value in (("nan", (1, 2), numpy.nan), ("infinite", (0, 1), -numpy.inf), ("too-large", (1, 0), 1e39)):
    broken = values.copy()
    broken[place] = value
    numpy.save(name + ".npy", broken)
cube = numpy.zeros((2, 3, 2), dtype=numpy.float32)
cube[1, 0, 1] = numpy.nan
numpy.save("nan-in-cube.npy", cube)
kinds = numpy.array([[0, 1, 100], [7, 1, 0]])
for name in "float16 int8 int16 uint16 uint32 uint64 bool".split():
    numpy.save(f"kind-{name}.npy", kinds.astype(name))
for name in "float16 float64 int16 int64 uint16 uint32 uint64".split():
    numpy.save(f"big-{name}.npy", kinds.astype(numpy.dtype(name).newbyteorder(">")))
for name in "int8 int16 int32 int64".split():
    numpy.save(f"least-{name}.npy", numpy.array([[numpy.iinfo(name).min, numpy.iinfo(name).max]] * 2, dtype=name))
for name in "uint8 uint16 uint32 uint64".split():
    numpy.save(f"most-{name}.npy", numpy.array([[0, numpy.iinfo(name).max]] * 2, dtype=name))
for name in "int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool".split():
    numpy.save(f"label-{name}.npy", numpy.array([1, 0], dtype=name))
numpy.save("half.npy", numpy.array([[65504, -(2.0**-24)], [numpy.float16(0.1), -0.0]], dtype=numpy.float16))
numpy.save("half-infinite.npy", numpy.array([[1, 2], [numpy.inf, 3]], dtype=numpy.float16))
# Above 2^24 Float32 has not every integer.
numpy.save("rounded.npy", numpy.array([[2**24 + 1, -(2**24) - 3], [2**53 + 1, 2**24]]))
numpy.save("fortran-cube.npy", numpy.asfortranarray(numpy.arange(24, dtype=numpy.int16).reshape(2, 3, 4)))
numpy.save("fortran-big.npy", numpy.asfortranarray(values).astype(">f8", order="F"))
numpy.save("label-zero-d.npy", numpy.array(3))
numpy.save("empty-cube.npy", numpy.zeros((0, 3, 2), dtype=numpy.int8))
numpy.save("huge-label.npy", numpy.array([1, 2**64 - 1], dtype=numpy.uint64))
numpy.save("negative-label.npy", numpy.array([1, -1], dtype=numpy.int8))
numpy.save("complex.npy", numpy.zeros((2, 2), dtype=numpy.complex64))
numpy.save("text.npy", numpy.array(["a", "b"]))
with open("version3.npy", "wb") as file:
    numpy.lib.format.write_array(file, values.astype(numpy.float32), version=(3, 0))
with open("version2.npy", "wb") as file:
    numpy.lib.format.write_array(file, values.astype(numpy.float32), version=(2, 0))
