"""Trains the study of export.fsx again with NumPy alone, and compares what Dsd recorded; exit code 1 if more than rounding differs.
   python3 notebooks/evidence/independent/check.py [FOLDER OF EXPORT.FSX] [--float32]"""
import csv, gzip, json, math, sys
from pathlib import Path
import numpy as np

# The study: phase, epochs, rate of its first step and that after its last, fraction of each layer's weights that is pruned.
PHASES = [("dense", 2, 0.05, 0.0005, 0.0), ("sparse", 1, 0.05, 0.0005, 0.5), ("redense", 1, 0.005, 0.00005, 0.0)]
LAYERS, BATCH, MOMENTUM, DECAY = ("fc1", "fc2", "fc3"), 64, 0.9, 0.0005
REAL = np.float32 if "--float32" in sys.argv else np.float64  # by default 64 bits: what differs is the rounding of Dsd's 32
FOLDER = Path(*[a for a in sys.argv[1:] if a != "--float32"] or ["runs/independent"])
# The most that counts as rounding: of losses and rates relative, of weights absolute, of images that are right and of a mask's places in number.
MOST = {"difference": 1e-5, "images": 2, "steps": 1e-5, "rates": 1e-12, "weights": 1e-5, "mask": 0, "rule": 0}


def tensors(path):
    """Reads a .safetensors file: eight bytes with the length of the header, the header, the numbers."""
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    entries = [(n, e["dtype"], e["shape"], e["data_offsets"]) for n, e in json.loads(raw[8:start]).items() if n != "__metadata__"]
    return {n: np.frombuffer(raw[start + a:start + b], {"F32": "<f4", "BOOL": "?"}[t]).reshape(shape) for n, t, shape, (a, b) in entries}


def forward(net, x, y):
    """Returns the input of each layer, the probabilities of the classes, and the cross entropy of each example."""
    inputs = [x]
    for layer in LAYERS:
        z = inputs[-1] @ net[layer + ".weight"].T + net[layer + ".bias"]
        inputs.append(np.maximum(z, 0))
    exponents = np.exp(z - z.max(1, keepdims=True))
    p = exponents / exponents.sum(1, keepdims=True)
    return inputs, p, -np.log(p[np.arange(len(y)), y])


def backward(net, x, y):
    """Returns the mean cross entropy of a batch, and the gradient of each parameter."""
    inputs, p, each = forward(net, x, y)
    slope, gradients = (p - np.eye(10, dtype=REAL)[y]) / len(y), {}
    for layer, values in reversed(list(zip(LAYERS, inputs))):
        gradients[layer + ".weight"], gradients[layer + ".bias"] = slope.T @ values, slope.sum(0)
        slope = slope @ net[layer + ".weight"] * (values > 0)
    return each.mean(), gradients


def chosen(weight, sparsity):
    """Returns a mask that keeps an exact number of a layer's weights: the largest magnitudes, of equal ones the first."""
    kept = np.argsort(-np.abs(weight), axis=None, kind="stable")[:weight.size - round(weight.size * sparsity)]
    return np.isin(np.arange(weight.size), kept).reshape(weight.shape)


def train(net, x, y, batches, is_pruned):
    """Yields at the end of each phase its name, the weights, the masks, and the loss and rate of each step."""
    momentum, epoch, batches = {n: np.zeros(w.shape, REAL) for n, w in net.items()}, len(x) // BATCH, iter(batches)
    for phase, epochs, high, low, sparsity in PHASES:
        masks = {n: chosen(w, sparsity) for n, w in net.items() if n.endswith("weight")} if is_pruned and sparsity else {}
        net, steps = {n: (w * masks.get(n, 1)).astype(REAL) for n, w in net.items()}, []
        for step in range(epochs * epoch):
            batch, rate = next(batches), low + (high - low) * (1 + math.cos(math.pi * step / (epochs * epoch))) / 2
            loss, gradients = backward(net, x[batch], y[batch])
            for n, g in gradients.items():  # SGD as PyTorch defines it; biases decay too, and masked weights have no gradient
                momentum[n] = MOMENTUM * momentum[n] + (g * masks.get(n, 1) + DECAY * net[n])
                net[n] = (net[n] - rate * momentum[n]) * masks.get(n, 1)
            steps.append((loss, rate))
        yield phase, net, masks, np.array(steps)
        momentum = {n: m * masks.get(n, 1) for n, m in momentum.items()}  # the pruned start again from 0, without momentum


# The images of the published files that Dsd trains and measures on, normalised by mean and deviation of those to train on.
start = json.loads((FOLDER / "seed-1/start.json").read_text())
read = lambda name: np.frombuffer(gzip.open(f"{start['Files']}/{name}-ubyte.gz").read(), np.uint8)
sets = {s: (read(f + "-images-idx3")[16:].reshape(-1, 784)[at] / 255, read(f + "-labels-idx1")[8:][at].astype(int)) for s, f, at in
        (("train", "train", start["Train"]), ("validation", "train", start["Validation"]), ("test", "t10k", slice(None)))}
mean, deviation = sets["train"][0].mean(), sets["train"][0].std()
sets = {s: (((x - mean) / deviation).astype(REAL), y) for s, (x, y) in sets.items()}
rows, rounding = ["seed,arm,end of,on,loss Dsd,loss NumPy,difference,right Dsd,right NumPy,steps,weights,mask,rule".split(",")], []
for run in (FOLDER / f"seed-{seed}" / arm for seed in (1, 2, 3) for arm in ("dsd", "control")):
    batches = np.searchsorted(start["Train"], json.loads((run / "../start.json").read_text())["Batches"])
    events, step, before = [json.loads(line) for line in open(run / "events.jsonl")], 0, tensors(run / "../initial.safetensors")
    recorded = np.array([(e["loss"], e["rate"]) for e in events if e["event"] == "stepSampled"])
    for phase, net, masks, steps in train(before, *sets["train"], batches, run.name == "dsd"):
        now = tensors(run / {"dense": "1-dense.safetensors", "sparse": "2-sparse.safetensors", "redense": "weights.safetensors"}[phase])
        loss, rate = np.abs(recorded[step:step + len(steps)] / steps - 1).max(0)
        step += len(steps)
        theirs = {n: now["dsd/mask/" + n] for n in masks}
        # The rule by itself, on Dsd's weights before the phase: every place is to agree, and what is pruned to be 0 at the end.
        rule = sum((mask != chosen(before[n], 0.5)).sum() + np.count_nonzero(now[n][~mask]) for n, mask in theirs.items())
        places = sum((theirs[n] != mask).sum() for n, mask in masks.items())
        before, weight = now, max(np.abs(now[n] - w).max() for n, w in net.items())
        for e in (e for e in events if e["event"] == "evaluated" and e["step"] == step):
            (x, y), theirs = sets[e["split"]], {m["name"]: m["value"] for m in e["metrics"]}
            _, p, each = forward(net, x, y)
            right = round(theirs["accuracy"] * len(y)), (p.argmax(1) == y).sum()
            found = [abs(theirs["loss"] / each.mean() - 1), abs(right[0] - right[1]), loss, rate, weight, places, rule]
            rounding.append(all(f <= most for f, most in zip(found, MOST.values())))
            rows.append([run.parent.name[-1], run.name, phase, e["split"], f"{theirs['loss']:.7f}", f"{each.mean():.7f}",
                         f"{found[0]:.0e}", *right, f"{loss:.0e}", f"{weight:.0e}", places, rule])
csv.writer(open(FOLDER / "results.csv", "w", newline=""), lineterminator="\n").writerows(rows)
print(*("| " + " | ".join(map(str, row)) + " |" for row in rows), sep="\n")
sys.exit(0 if rounding == [True] * 24 else "More than rounding differs.")
