"""The Python side of PythonWeightTests: reads and writes weight files, and exports a network.

    python3 weights.py read FILE              prints types, shapes and values as JSON
    python3 weights.py write FOLDER           writes files in the forms that people have
    python3 weights.py onnx FILE OUT.onnx     loads FILE into a torch module, exports it, prints its scores

Files are read and written by the package safetensors where it is installed, and otherwise by the few lines of NumPy below,
which follow the description of the format and know nothing of Dsd.
"""
import json
import os
import struct
import sys

import numpy as np

try:
    import safetensors.numpy as package
except ImportError:
    package = None

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "BOOL": "?"}


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__", {})
    if package is not None:
        return package.load_file(path), metadata
    tensors = {}
    for name, entry in header.items():
        dtype = np.dtype(TYPES[entry["dtype"]])
        begin, end = (start + o for o in entry["data_offsets"])
        assert begin % dtype.itemsize == 0, f"{name} is not aligned"
        tensors[name] = np.frombuffer(data[begin:end], dtype).reshape(entry["shape"])
    return tensors, metadata


def write(path, tensors, bf16=()):
    """Writes arrays; those named in bf16 hold the upper halves of 32-bit floats, which NumPy has no type for."""
    if package is not None and not bf16:
        package.save_file(tensors, path, metadata={"format": "pt"})
        return
    names = {np.dtype(t): n for n, t in TYPES.items()}
    header, body = {"__metadata__": {"format": "pt"}}, b""
    for name, value in tensors.items():
        data = np.ascontiguousarray(value).tobytes()
        header[name] = {
            "dtype": "BF16" if name in bf16 else names[value.dtype],
            "shape": list(value.shape),
            "data_offsets": [len(body), len(body) + len(data)],
        }
        body += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


def weights():
    """Numbers that every format holds exactly."""
    return {
        "fc1.weight": (np.arange(20, dtype=np.float32).reshape(5, 4) - 7) / 4,
        "fc1.bias": np.arange(5, dtype=np.float32) / 8,
        "fc2.weight": (np.arange(15, dtype=np.float32).reshape(3, 5) - 5) / 2,
        "fc2.bias": np.arange(3, dtype=np.float32),
    }


def write_all(folder):
    plain = weights()
    at = lambda name: os.path.join(folder, name)
    write(at("f32.safetensors"), plain)
    write(at("f64.safetensors"), {n: v.astype(np.float64) for n, v in plain.items()})
    write(at("f16.safetensors"), {n: v.astype(np.float16) for n, v in plain.items()})
    upper = {n: (v.view(np.uint32) >> 16).astype("<u2") for n, v in plain.items()}
    write(at("bf16.safetensors"), upper, bf16=set(upper))
    write(at("module.safetensors"), {"module." + n: v for n, v in plain.items()})
    os.mkdir(at("shards"))
    parts = {"model-00001-of-00002.safetensors": ["fc1.weight", "fc2.bias"], "model-00002-of-00002.safetensors": ["fc1.bias", "fc2.weight"]}
    for part, names in parts.items():
        write(at(os.path.join("shards", part)), {n: plain[n] for n in names})
    index = {"metadata": {"total_size": sum(v.nbytes for v in plain.values())}, "weight_map": {n: part for part, names in parts.items() for n in names}}
    with open(at("shards/model.safetensors.index.json"), "w") as file:
        json.dump(index, file)


def onnx(path, out):
    import torch

    net = torch.nn.Sequential()
    net.add_module("fc1", torch.nn.Linear(4, 5))
    net.add_module("act", torch.nn.ReLU())
    net.add_module("fc2", torch.nn.Linear(5, 3))
    tensors, _ = read(path)
    net.load_state_dict({n: torch.from_numpy(v.copy()) for n, v in tensors.items() if not n.startswith("dsd/")})
    net.eval()
    inputs = torch.arange(8, dtype=torch.float32).reshape(2, 4) / 4
    torch.onnx.export(net, inputs, out, input_names=["inputs"], output_names=["scores"])
    result = {"torch": net(inputs).flatten().tolist()}
    try:
        import onnx as package_onnx

        model = package_onnx.load(out)
        package_onnx.checker.check_model(model)
        result["initializers"] = sorted(i.name for i in model.graph.initializer)
    except ImportError:
        pass
    try:
        import onnxruntime

        run = onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"]).run(None, {"inputs": inputs.numpy()})
        result["onnx"] = run[0].flatten().tolist()
    except ImportError:
        pass
    print(json.dumps(result))


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "read":
        found, texts = read(arguments[0])
        print(json.dumps({"metadata": texts, "tensors": {n: {"type": str(v.dtype), "shape": list(v.shape), "values": v.flatten().tolist()} for n, v in found.items()}}))
    elif command == "write":
        write_all(arguments[0])
    else:
        onnx(*arguments)
