"""Has the safetensors package write the files of WeightsTests.swift: python make_weights.py (safetensors 0.8.0, numpy)"""
import numpy
import safetensors
from safetensors.numpy import save_file

weights = {
    "1.bias": [0.5], "0.weight": [[1, -2, 3], [0.1, -0.0, 1e-38]], "0.bias": [1.5, -0.25], "1.weight": [[7, 1e30]],
}
save_file({name: numpy.array(values, dtype=numpy.float32) for name, values in weights.items()}, "plain.safetensors")


def spec(dtype, array):
    return safetensors.TensorSpec(dtype=dtype, shape=array.shape, data_ptr=array.ctypes.data, data_len=array.nbytes)


half = numpy.array([[1, -2, 3], [0.5, 65504, 2**-24]], dtype=numpy.float16)
bfloat = (numpy.array([1.5, -(2.0**100)], dtype=numpy.float32).view(numpy.uint32) >> 16).astype(numpy.uint16)
double = numpy.array([[0.1, -1e-3]])
single = numpy.array([4], dtype=numpy.float32)
mixed = {
    "0.weight": spec("float16", half), "0.bias": spec("bfloat16", bfloat), "1.weight": spec("float64", double),
    "1.bias": spec("float32", single),
}
with open("mixed.safetensors", "wb") as file:
    file.write(safetensors.serialize(mixed, {"note": "four types"}))

shapes = {"0.weight": (2, 3), "0.bias": (2,), "1.weight": (1, 2), "1.bias": (1,)}
for name, values in (
    ("too-large", [[1, 3e38, 2], [-1e39, 1e300, 3]]),
    ("extreme", [[float(numpy.finfo(numpy.float32).max), -numpy.inf, numpy.nan], [1e-300, 1, 2]]),
):
    arrays = {name: numpy.zeros(shape) for name, shape in shapes.items()}
    arrays["0.weight"] = numpy.array(values)
    save_file(arrays, name + ".safetensors")
