"""What Deep Speech and Deep Speech 2 must give, computed from their definitions alone, in 64 bits, one utterance at a time.

Needs PyTorch 1.13 or later; writes speech.json beside itself. Nothing here is batched or padded, convolutions and the recurrence are
written out as sums over positions and steps, and norms as means and variances, so that no layer of the C# side is used in another guise.
"""
import json
import math
import os

import torch

BINS, CLASSES, FRAMES, LENGTHS = 9, 5, 13, [13, 7, 10]


def noise(count, stream):
    """Numbers in [-1, 1) that any language computes alike."""
    i = torch.arange(count, dtype=torch.int64)
    x = (i * 7919 + stream * 104729 + 12345) % 65521
    x = (x * x + 31 * x + stream) % 65521
    return (x.double() / 65521) * 2 - 1


class Parameters:
    """Parameters in order, filled by a rule from their place and shape."""

    def __init__(self):
        self.all = {}

    def __call__(self, name, *shape):
        count = math.prod(shape)
        values = noise(count, len(self.all) + 1)
        if name.endswith("norm.weight"):
            values = 6 + 4 * values
        elif len(shape) == 1:
            values = values / 2
        else:
            values = values * (1.2 if "_hh" in name else 2.4) / math.sqrt(count / shape[0])
        self.all[name] = values.reshape(shape).requires_grad_()
        return self.all[name]


def clip(x):
    return x.clamp(0, 20)


def bidirectional(rows, forwards, backwards):
    """rows: what the input gives, one row a step; returns the sum of both directions' states."""
    ahead, behind, state = [], [None] * len(rows), 0
    for row in rows:
        state = clip(row + (forwards @ state if isinstance(state, torch.Tensor) else 0))
        ahead.append(state)
    state = 0
    for t in reversed(range(len(rows))):
        state = clip(rows[t] + (backwards @ state if isinstance(state, torch.Tensor) else 0))
        behind[t] = state
    return torch.stack([a + b for a, b in zip(ahead, behind)])


def deep_speech(utterances, units, stride):
    p = Parameters()
    w = [p("fc1.weight", units, 11 * BINS), p("fc1.bias", units), p("fc2.weight", units, units), p("fc2.bias", units), p("fc3.weight", units, units), p("fc3.bias", units)]
    wih, whh, whr, bias = p("rnn4.weight_ih", units, units), p("rnn4.weight_hh", units, units), p("rnn4.weight_hh_reverse", units, units), p("rnn4.bias", units)
    w5, b5, w6, b6 = p("fc5.weight", units, units), p("fc5.bias", units), p("fc6.weight", CLASSES, units), p("fc6.bias", CLASSES)
    outputs, low, high = [], 0, 0
    for x in utterances:
        rows = []
        for centre in range(0, len(x), stride):
            seen = torch.cat([x[t] if 0 <= t < len(x) else torch.zeros(BINS).double() for t in range(centre - 5, centre + 6)])
            h = clip(w[0] @ seen + w[1])
            h = clip(w[2] @ h + w[3])
            h = clip(w[4] @ h + w[5])
            rows.append(wih @ h + bias)
        h = bidirectional(rows, whh, whr)
        low, high = low + int((h == 0).sum()), high + int((h >= 20).sum())
        outputs.append(torch.stack([w6 @ clip(w5 @ row + b5) + b6 for row in h]))
    assert low > 0 and high > 0, f"both bounds must be met, {low} {high}"
    return p, outputs


def convolve(x, weight, stride_bins, stride_frames):
    """x: channels × bins × frames, zeros beyond; one output position at a time."""
    _, _, kb, kf = weight.shape
    bins, frames = (x.shape[1] - 1) // stride_bins + 1, (x.shape[2] - 1) // stride_frames + 1
    columns = []
    for f in range(frames):
        column = []
        for b in range(bins):
            total = 0
            for i in range(kb):
                for j in range(kf):
                    at_bin, at_frame = b * stride_bins + i - kb // 2, f * stride_frames + j - kf // 2
                    if 0 <= at_bin < x.shape[1] and 0 <= at_frame < x.shape[2]:
                        total = total + weight[:, :, i, j] @ x[:, at_bin, at_frame]
            column.append(total)
        columns.append(torch.stack(column, 1))
    return torch.stack(columns, 2)


def deep_speech_2(utterances, kernels, units, training):
    p = Parameters()
    bins = [(BINS - 1) // 2 + 1]
    bins.append((bins[0] - 1) // 2 + 1)
    c1, n1 = p("conv1.weight", kernels, 1, 41, 11), (p("conv1_norm.weight", kernels * bins[0]), p("conv1_norm.bias", kernels * bins[0]))
    c2, n2 = p("conv2.weight", kernels, kernels, 21, 11), (p("conv2_norm.weight", kernels * bins[1]), p("conv2_norm.bias", kernels * bins[1]))
    layers = []
    for k in range(1, 8):
        inputs = kernels * bins[1] if k == 1 else units
        layers.append((p(f"rnn{k}.weight_ih", units, inputs), p(f"rnn{k}.weight_hh", units, units), p(f"rnn{k}.weight_hh_reverse", units, units),
                       (p(f"rnn{k}_norm.weight", units), p(f"rnn{k}_norm.bias", units))))
    f1, nf = p("fc1.weight", units, units), (p("fc1_norm.weight", units), p("fc1_norm.bias", units))
    f2, b2 = p("fc2.weight", CLASSES, units), p("fc2.bias", CLASSES)
    count = 0

    def norm(lists, scale):
        """lists: rows of each utterance; statistics over all rows of all utterances, or the running ones."""
        nonlocal count
        features = lists[0].shape[1]
        if training:
            everything = torch.cat(lists)
            mean = everything.mean(0)
            variance = ((everything - mean) ** 2).mean(0)
        else:
            mean, variance = noise(features, 500 + count) / 2, 60 + 30 * noise(features, 600 + count)
        count += 1
        return [(rows - mean) / torch.sqrt(variance + 1e-5) * scale[0] + scale[1] for rows in lists]

    def image(rows, channels):
        return rows.reshape(len(rows), channels, -1).permute(1, 2, 0)

    def flat(x):
        return x.permute(2, 0, 1).reshape(x.shape[2], -1)

    h = [flat(convolve(x.T.unsqueeze(0), c1, 2, 2)) for x in utterances]
    h = [image(clip(rows), kernels) for rows in norm(h, n1)]
    h = [clip(rows) for rows in norm([flat(convolve(x, c2, 2, 1)) for x in h], n2)]
    high = 0
    for wih, whh, whr, scale in layers:
        h = [bidirectional(list(rows), whh, whr) for rows in norm([rows @ wih.T for rows in h], scale)]
        high += sum(int((rows >= 20).sum()) for rows in h)
    assert high > 0, "the upper bound must be met"
    h = [clip(rows) for rows in norm([rows @ f1.T for rows in h], nf)]
    return p, [rows @ f2.T + b2 for rows in h]


def answer(p, outputs):
    loss = sum((out * noise(out.numel(), 900 + n).reshape(out.shape)).sum() for n, out in enumerate(outputs))
    loss.backward()
    gradients = {name: [float((q.grad.flatten() * noise(q.numel(), 800)).sum()), float(q.grad.norm())] for name, q in p.all.items()}
    return {"logits": [[round(v, 9) for v in out.detach().flatten().tolist()] for out in outputs], "gradients": gradients}


def main():
    padded = (noise(len(LENGTHS) * FRAMES * BINS, 700) * 12).reshape(len(LENGTHS), FRAMES, BINS)
    utterances = [padded[n, :length] for n, length in enumerate(LENGTHS)]
    result = {
        "deep-speech, every frame": answer(*deep_speech(utterances, 6, 1)),
        "deep-speech, every second frame": answer(*deep_speech(utterances, 6, 2)),
        "deep-speech-2, training": answer(*deep_speech_2(utterances, 2, 88, True)),
        "deep-speech-2, evaluation": answer(*deep_speech_2(utterances, 2, 88, False)),
    }
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "speech.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, indent=0)
        file.write("\n")


main()
