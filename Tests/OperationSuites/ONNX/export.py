"""Writes ONNX's node tests as small files for ONNXTests.swift, one file per operator: python export.py, with onnx 1.23.2 installed.

A case whose operator is listed in OPERATORS gets its attributes, inputs and outputs, unless a type is not held or it is large. The
others are listed in left-out.json with the reason. Floats are Float32 in base64, little-endian; integers and booleans are numbers.
The expanded twins, the same cases written in other operators, are not cases of their own."""
import base64
import json
import pathlib
import warnings

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

PINNED = "1.23.2"
LARGEST = 20_000  # Numbers in a case's inputs and outputs together.
OPERATORS = set("""
Abs Add And ArgMax ArgMin Attention AveragePool BatchNormalization Cast CastLike Ceil Celu Clip Concat Conv ConvTranspose Cos Cosh
CumSum DepthToSpace Div Dropout Einsum Elu Equal Erf Exp Expand Flatten Floor GRU Gather GatherElements Gelu Gemm GlobalAveragePool
GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsInf IsNaN LSTM
LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization MatMul Max MaxPool Mean MeanVarianceNormalization Min
Mish Mul Neg NegativeLogLikelihoodLoss Not OneHot Or PRelu Pad Pow RMSNormalization RNN Reciprocal ReduceL1 ReduceL2 ReduceLogSum
ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize RotaryEmbedding Round
Scatter ScatterElements Selu Sigmoid Sign Sin Sinh Slice Softmax SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split Sqrt
Squeeze Sub Sum SwiGLU Swish Tan Tanh ThresholdedRelu Tile TopK Transpose Trilu Unsqueeze Upsample Where Xor""".split())
CONTROL_FLOW = {"If", "Loop", "Scan", "SequenceMap"}
FLOATS = {"float16", "bfloat16", "float32", "float64"}
INTEGERS = {"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}


class LeftOut(Exception):
    pass


def array(value):
    if isinstance(value, onnx.TensorProto):
        value = onnx.numpy_helper.to_array(value)
    if value is None or isinstance(value, list):
        raise LeftOut("type")
    return np.asarray(value)


def exported(value):
    """A tensor, or why it can't be one."""
    value = array(value)
    kind = str(value.dtype)
    tensor = {"type": kind, "shape": list(value.shape)}
    if kind in FLOATS:
        with np.errstate(over="ignore"):
            floats = value.astype("<f4")
        return tensor | {"floats": base64.b64encode(floats.tobytes()).decode()}
    if kind in INTEGERS:
        return tensor | {"integers": [int(v) for v in value.flatten()]}
    raise LeftOut("type")


def attribute(attribute):
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list) and value and isinstance(value[0], bytes):
        return [v.decode() for v in value]
    if isinstance(value, (int, float, list)):
        return value
    raise LeftOut("type")


def exported_case(case, node):
    graph = case.model.graph
    if node.op_type in CONTROL_FLOW:
        raise LeftOut("control flow")
    if node.op_type not in OPERATORS or node.domain:
        raise LeftOut("operator")
    (inputs, outputs), = case.data_sets
    if sum(array(value).size for value in [*inputs, *outputs]) > LARGEST:
        raise LeftOut("size")
    given = {info.name: exported(value) for info, value in zip(graph.input, inputs, strict=True)}
    expected = {info.name: exported(value) for info, value in zip(graph.output, outputs, strict=True)}
    return {
        "name": case.name, "operator": node.op_type, "attributes": {a.name: attribute(a) for a in node.attribute},
        "inputs": [given[name] if name else None for name in node.input],
        "outputs": [expected[name] if name else None for name in node.output]}


assert onnx.__version__ == PINNED, f"onnx {PINNED} is pinned, this is {onnx.__version__}"
warnings.simplefilter("ignore")
folder = pathlib.Path(__file__).parent / "Cases"
files, left_out = {}, []
for case in sorted(collect_testcases(None), key=lambda case: case.name):
    if "_expanded" in case.name:
        continue
    node, = case.model.graph.node
    try:
        files.setdefault(node.op_type, []).append(exported_case(case, node))
    except LeftOut as reason:
        left_out.append({"name": case.name, "operator": node.op_type, "reason": str(reason)})
folder.mkdir(exist_ok=True)
for old in folder.glob("*.json"):
    old.unlink()
for name, cases in files.items():
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    if cases:
        (folder / f"{name}.json").write_text(f"[\n{lines}\n]\n")
lines = ",\n".join(json.dumps(case) for case in left_out)
(folder / "left-out.json").write_text(f"[\n{lines}\n]\n")
print(sum(map(len, files.values())), "cases with numbers,", len(left_out), "without")
