"""Milliseconds of a ResNet-20 step in PyTorch on a GPU, eager and as a CUDA graph, with channels first and last: what a recorded step is compared with.

    python3 graph.py
"""

import time

import torch
from torch import nn
from torch.nn import functional

BATCH = 128
EAGER_STEPS = 30
GRAPH_STEPS = 100


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.stride, self.added = stride, outputs - inputs

    def forward(self, x):
        y = self.norm2(self.conv2(functional.relu(self.norm1(self.conv1(x)))))
        if self.stride > 1 or self.added:
            x = functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added))
        return functional.relu(x + y)


def network():
    layers, inputs = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for outputs, stride in [(16, 1)] * 3 + [(32, 2)] + [(32, 1)] * 2 + [(64, 2)] + [(64, 1)] * 2:
        layers.append(Block(inputs, outputs, stride))
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)).cuda()


def timed(work, steps):
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(steps):
        work()
    torch.cuda.synchronize()
    return 1e3 * (time.perf_counter() - start) / steps


def measure(memory_format):
    model = network().to(memory_format=memory_format)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, weight_decay=5e-4)
    images = torch.randn(BATCH, 3, 32, 32, device="cuda").contiguous(memory_format=memory_format)
    labels = torch.randint(10, (BATCH,), device="cuda")

    def step():
        optimizer.zero_grad(set_to_none=True)
        functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(5):
            step()
    torch.cuda.current_stream().wait_stream(side)
    eager = timed(step, EAGER_STEPS)
    graph = torch.cuda.CUDAGraph()
    optimizer.zero_grad(set_to_none=True)
    with torch.cuda.graph(graph):
        step()
    timed(graph.replay, 5)
    return eager, timed(graph.replay, GRAPH_STEPS)


if __name__ == "__main__":
    for name, memory_format in [("first", torch.contiguous_format), ("last", torch.channels_last)]:
        print("PyTorch %s, channels %s: eager %.2f ms, graph %.2f ms" % (torch.__version__, name, *measure(memory_format)))
