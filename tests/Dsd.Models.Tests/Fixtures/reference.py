"""Writes what torchvision computes, for Dsd.Models.Tests: one JSON file a network, beside this script.

    OMP_NUM_THREADS=1 python3 tests/Dsd.Models.Tests/Fixtures/reference.py [NAME ...]

Needs torchvision 0.14 and NumPy (Debian 12: python3-torchvision). Weights of 138 million numbers cannot be kept, so every number is a
hash of its tensor's place in state_dict() and its own place in the tensor; Formula.cs computes the same bits. torchvision then
computes in 64 bits, so what is written is exact as far as 32-bit floats can tell.
"""
import json
import math
import pathlib
import sys

import numpy
import torch
import torchvision

NETWORKS = {
    "alexnet": lambda: torchvision.models.alexnet(),
    "squeezenet": lambda: torchvision.models.squeezenet1_0(),
    "vgg16": lambda: torchvision.models.vgg16(),
    "vgg16-bn": lambda: torchvision.models.vgg16_bn(),
    "resnet-18": lambda: torchvision.models.resnet18(),
    "resnet-50": lambda: torchvision.models.resnet50(),
    "googlenet": lambda: torchvision.models.googlenet(aux_logits=True, init_weights=False),
}
IMAGES = 65535  # the place of the input, after every tensor of a network
TARGETS = [1, 998]


def uniform(place, count):
    """Numbers in [-0.5, 0.5), all of them 24-bit fractions."""
    with numpy.errstate(over="ignore"):
        h = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(0x85EBCA77)
        h += numpy.uint32(place) * numpy.uint32(0x9E3779B1) + numpy.uint32(0x27220A95)
        h ^= h >> numpy.uint32(16)
        h *= numpy.uint32(0x7FEB352D)
        h ^= h >> numpy.uint32(15)
        h *= numpy.uint32(0x846CA68B)
        h ^= h >> numpy.uint32(16)
    return (h >> numpy.uint32(8)).astype(numpy.float32) * numpy.float32(2**-24) - numpy.float32(0.5)


def filled(place, shape, offset, scale):
    values = numpy.float32(offset) + numpy.float32(scale) * uniform(place, math.prod(shape))
    assert values.dtype == numpy.float32
    return torch.from_numpy(values.reshape(shape))


def fill(model):
    for place, (name, tensor) in enumerate(model.state_dict().items()):
        own = name.rsplit(".", 1)[-1]
        if own == "num_batches_tracked":
            tensor.fill_(place)
        elif own == "running_var":
            tensor.copy_(filled(place, tensor.shape, 1, 1))
        elif own == "running_mean":
            tensor.copy_(filled(place, tensor.shape, 0.1, 0.4))
        elif tensor.dim() > 1:
            tensor.copy_(filled(place, tensor.shape, 0, math.sqrt(24 / math.prod(tensor.shape[1:]))))
        elif own == "weight":
            tensor.copy_(filled(place, tensor.shape, 1, 0.5))
        else:
            tensor.copy_(filled(place, tensor.shape, 0, 0.2))


def images(side):
    return filled(IMAGES, (2, 3, side, side), 0, math.sqrt(12)).double()


def short(value):
    return float(f"{float(value):.9g}")


def summary(scores):
    flat = scores.detach().flatten()
    return {"sum": short(flat.sum()), "squares": short((flat * flat).sum()), "every125th": [short(v) for v in flat[::125]]}


def run(model, side, training):
    model.train(training)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.eval()
    with torch.set_grad_enabled(training):
        outputs = model(images(side))
    # torchvision 0.14 returns what aux1 gives as aux_logits2 and the other way round.
    heads = [outputs] if torch.is_tensor(outputs) else [outputs.logits, outputs.aux_logits2, outputs.aux_logits1]
    result = {"side": side, "training": training, "scores": [summary(h) for h in heads]}
    if training:
        losses = [torch.nn.functional.cross_entropy(h, torch.tensor(TARGETS)) for h in heads]
        loss = losses[0] + 0.3 * sum(losses[1:])
        loss.backward()
        result["loss"] = short(loss)
        parameters = list(model.named_parameters())
        chosen = parameters[:: max(1, len(parameters) // 9)] + parameters[-2:]
        result["gradients"] = {n: [short(p.grad.sum()), short(p.grad.norm())] for n, p in chosen}
        norms = [(n, b) for n, b in model.named_buffers() if n.endswith(("running_mean", "running_var"))]
        result["buffers"] = {n: short(b.sum()) for n, b in norms[:2] + norms[-2:]}
    return result


def write(name):
    model = NETWORKS[name]()
    state = [f"{n} {'x'.join(map(str, t.shape))}".strip() for n, t in model.state_dict().items()]
    fill(model)
    model.double()
    text = json.dumps(
        {
            "source": f"torchvision {torchvision.__version__}, torch {torch.__version__}, computed in 64 bits",
            "smallest": torchvision.models.get_model_weights(model_name(name)).DEFAULT.meta["min_size"][0],
            "parameters": sum(p.numel() for p in model.parameters()),
            "runs": [run(model, 224, False), run(model, 90, True)],
            "state": state,
        }
    )
    text = text.replace(', "', ',\n"')
    (pathlib.Path(__file__).parent / f"{name}.json").write_text(text + "\n")
    print(name, len(text))


def model_name(name):
    return {"squeezenet": "squeezenet1_0"}.get(name, name.replace("-bn", "_bn").replace("resnet-", "resnet"))


if __name__ == "__main__":
    for wanted in sys.argv[1:] or NETWORKS:
        write(wanted)
