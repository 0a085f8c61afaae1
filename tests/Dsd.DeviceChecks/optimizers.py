"""Steps of PyTorch's optimisers under masks, for the stage "optimizers" of the device checks.

Reads a problem from the folder that is given, and writes the weights of each rule there. Exits with 3 where there is no PyTorch.
The rules are those of OptimizerProblem.cs.
"""
import array
import json
import os
import sys

try:
    import torch
except ImportError:
    sys.exit(3)

RATE = 0.01
RULES = {
    "sgd": lambda p: torch.optim.SGD(p, RATE, momentum=0.9, dampening=0.1, weight_decay=0.0005),
    "nesterov": lambda p: torch.optim.SGD(p, RATE, momentum=0.9, weight_decay=0.01, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, RATE, weight_decay=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, RATE, weight_decay=0.1),
}


def main(folder):
    with open(os.path.join(folder, "problem.json")) as file:
        problem = json.load(file)
    shapes, device = problem["shapes"], problem["device"]
    counts = [torch.Size(s).numel() for s in shapes]

    def read(name):
        with open(os.path.join(folder, name), "rb") as file:
            return torch.frombuffer(bytearray(file.read()), dtype=torch.float32).to(device)

    def split(values):
        return [part.reshape(shape) for part, shape in zip(values.split(counts), shapes)]

    first, kept = read("first.bin"), split(read("kept.bin") != 0)
    gradients = read("gradients.bin").reshape(problem["steps"], -1)
    for rule in problem["rules"]:
        parameters = [torch.nn.Parameter(t.clone()) for t in split(first)]
        optimizer = RULES[rule](parameters)
        for step in gradients:
            for parameter, gradient, mask in zip(parameters, split(step), kept):
                parameter.grad = gradient.masked_fill(~mask, 0.0)
            optimizer.step()
            with torch.no_grad():
                for parameter, mask in zip(parameters, kept):
                    parameter.masked_fill_(~mask, 0.0)
        weights = torch.cat([p.detach().flatten() for p in parameters]).cpu()
        with open(os.path.join(folder, f"{rule}.bin"), "wb") as file:
            array.array("f", weights.tolist()).tofile(file)
    print(f"PyTorch {torch.__version__} on {device}")


main(sys.argv[1])
