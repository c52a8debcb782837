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
with open("version2.npy", "wb") as file:
    numpy.lib.format.write_array(file, values.astype(numpy.float32), version=(2, 0))
