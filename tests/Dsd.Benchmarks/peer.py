"""Masked training with PyTorch and torch.nn.utils.prune, timed beside this library.

Says first with which library it multiplies matrices; with the reference BLAS it is no fair peer. Then it reads
one request a line, {"work": NAME, "times": N}, does the work so many times and answers {"seconds": S}.
The networks, batches and optimiser are those of Workloads.cs.
"""
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import prune

QUICK = "--quick" in sys.argv
DEVICE = sys.argv[sys.argv.index("--device") + 1] if "--device" in sys.argv else "cpu"
SPARSITY = 0.5


def pick(full, quick):
    return quick if QUICK else full


def perceptron(width, layers):
    modules = [nn.Flatten()]
    for i in range(layers):
        modules.append(nn.Linear(width, width))
        if i < layers - 1:
            modules.append(nn.ReLU())
    return nn.Sequential(*modules)


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 5)
        self.conv2 = nn.Conv2d(20, 50, 5)
        self.fc1 = nn.Linear(800, 500)
        self.fc2 = nn.Linear(500, 10)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x), 2)
        x = F.max_pool2d(self.conv2(x), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1)), inplace=True))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.added, self.stride = outputs - inputs, stride
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        if self.stride > 1:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added))
        return F.relu(y + x, inplace=True)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        blocks, width = [], 16
        for stage in (16, 32, 64):
            for _ in range(3):
                blocks.append(Block(width, stage, 2 if stage > width else 1))
                width = stage
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return self.fc(self.blocks(x).mean((2, 3)))


class Lstm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.lstm = nn.LSTM(width, width, 2, batch_first=True)
        self.fc = nn.Linear(width, 10)

    def forward(self, x):
        return self.fc(self.lstm(x)[0][:, -1])


class Training:
    """One pruned network, or a dense one, with its optimiser and data in memory."""

    def __init__(self, model, shape, classes, examples, batch, pruned=True):
        self.model = model.to(DEVICE).train()
        for module in list(model.modules()) if pruned else []:
            if isinstance(module, (nn.Linear, nn.Conv2d)):
                prune.l1_unstructured(module, "weight", SPARSITY)
            elif isinstance(module, nn.LSTM):
                for name in [n for n, _ in module.named_parameters() if n.startswith("weight")]:
                    prune.l1_unstructured(module, name, SPARSITY)
        self.optimizer = torch.optim.SGD(model.parameters(), 0.001, momentum=0.9, weight_decay=5e-4)
        self.inputs = torch.randn(examples, *shape).to(DEVICE)
        self.labels = torch.randint(classes, (examples,)).to(DEVICE)
        self.batch, self.position, self.order = batch, examples, None

    def __call__(self):
        if self.position + self.batch > len(self.inputs):
            self.order, self.position = torch.randperm(len(self.inputs)).to(DEVICE), 0
        chosen = self.order[self.position : self.position + self.batch]
        self.position += self.batch
        self.optimizer.zero_grad()
        F.cross_entropy(self.model(self.inputs[chosen]), self.labels[chosen]).backward()
        self.optimizer.step()


def selection(count):
    """Chooses and applies a mask, each time on a fresh layer; making that is not timed."""
    weights = torch.randn(1000, count // 1000)

    def once():
        layer = nn.Linear(1, 1, bias=False)
        layer.weight = nn.Parameter(weights)
        prune.l1_unstructured(layer, "weight", SPARSITY)

    return once


side, layers = pick((16, 20), (8, 4))
wide = pick(3400, 256)
width, length = pick((256, 32), (32, 8))
NETWORKS = {
    "mlp": lambda pruned: Training(perceptron(side * side, layers), (1, side, side), side * side, pick(19200, 640), 32, pruned),
    "wide": lambda pruned: Training(perceptron(wide, 4), (wide,), wide, 256, 4, pruned),
    "lenet-5": lambda pruned: Training(LeNet5(), (1, 28, 28), 10, pick(12800, 640), pick(64, 16), pruned),
    "resnet-20": lambda pruned: Training(ResNet20(), (3, 32, 32), 10, pick(7680, 80), pick(128, 4), pruned),
    "lstm": lambda pruned: Training(Lstm(width), (length, width), 10, 640, 32, pruned),
}
WORKS = {name: lambda make=make: make(True) for name, make in NETWORKS.items()}
WORKS.update({f"{name} dense": lambda make=make: make(False) for name, make in NETWORKS.items()})
WORKS["l1_unstructured"] = lambda: selection(pick(25_000_000, 1_000_000))


def blas():
    """The library that multiplies matrices."""
    if torch.backends.mkl.is_available():
        return "MKL"
    try:
        with open("/proc/self/maps") as maps:
            return "OpenBLAS" if "openblas" in maps.read() else "reference BLAS"
    except OSError:
        return "unknown BLAS"


def synchronize():
    """Waits for a GPU, which works on after the program has asked it to."""
    if DEVICE != "cpu":
        torch.cuda.synchronize()


def main():
    threads = int(sys.argv[1])
    torch.set_num_threads(threads)
    torch.ones(2, 2) @ torch.ones(2, 2)
    found = blas()
    ready = {"version": torch.__version__, "threads": torch.get_num_threads(), "blas": found, "fair": DEVICE != "cpu" or found != "reference BLAS"}
    print(json.dumps(ready), flush=True)
    made = {}
    for line in sys.stdin:
        request = json.loads(line)
        name = request["work"]
        if name not in made:
            made.clear()
            made[name] = WORKS[name]()
        work = made[name]
        synchronize()
        start = time.perf_counter()
        for _ in range(request["times"]):
            work()
        synchronize()
        print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)


main()
