"""Writes neural-talk.json: what NeuralTalk gives for weights and inputs made by a formula, computed apart from Dsd.

Needs PyTorch (1.13 was used), for its gradients alone: the network is written down here as NeuralTalk's authors describe it, one image
and one word at a time, with one matrix whose row 0 is the bias, then the input, then the state, and gates in the order input, forget,
output, value. All in 64 bits. Run it in this folder: python3 neural-talk.py
"""
import json
import torch

FEATURES, WORDS, UNITS = 5, 7, 4
IMAGES = [[0.5, -1.0, 2.0, 0.25, -0.75], [1.5, 0.0, -0.5, 1.0, 0.125], [-2.0, 0.75, 1.25, -0.25, 3.0]]
CAPTIONS = [[3, 5, 1, 6], [2, 2], [6, 4, 3]]


def made(number, *shape):
    """A weight in which each element is a small fraction that follows from its place and the weight's number."""
    count = 1
    for size in shape:
        count *= size
    values = [((place * place * 37 + place * 7919 + number * 104729 + 17) % 2001 - 1000) / 1250.0 for place in range(count)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape).requires_grad_(True)


# In the layouts of Dsd: a row an output.
names = ["image.weight", "image.bias", "words.weight", "lstm.weight_ih", "lstm.weight_hh", "lstm.bias", "decoder.weight", "decoder.bias"]
shapes = [(UNITS, FEATURES), (UNITS,), (WORDS, UNITS), (4 * UNITS, UNITS), (4 * UNITS, UNITS), (4 * UNITS,), (WORDS, UNITS), (WORDS,)]
weights = [made(i, *shape) for i, shape in enumerate(shapes)]
w_image, b_image, table, w_in, w_state, b_lstm, w_out, b_out = weights

# One matrix, as the original has it: bias, input, state.
joint = torch.cat([b_lstm.reshape(1, -1), w_in.t(), w_state.t()], 0)
scores, loss, predicted = [], torch.zeros((), dtype=torch.float64), 0
for image, caption in zip(IMAGES, CAPTIONS):
    vectors = [w_image @ torch.tensor(image, dtype=torch.float64) + b_image] + [table[word] for word in [0] + caption]
    state, cell = torch.zeros(UNITS, dtype=torch.float64), torch.zeros(UNITS, dtype=torch.float64)
    mine = []
    for time, vector in enumerate(vectors):
        sums = torch.cat([torch.ones(1, dtype=torch.float64), vector, state]) @ joint
        enter, forget, show, value = (sums[k * UNITS:(k + 1) * UNITS] for k in range(4))
        cell = torch.sigmoid(enter) * torch.tanh(value) + torch.sigmoid(forget) * cell
        state = torch.sigmoid(show) * cell
        if time > 0:
            mine.append(w_out @ state + b_out)
    for row, word in zip(mine, caption + [0]):
        loss = loss + torch.logsumexp(row, 0) - row[word]
        predicted += 1
    scores.append([[float(x) for x in row] for row in mine])
loss = loss / predicted
loss.backward()
with open("neural-talk.json", "w") as file:
    json.dump({
        "features": IMAGES, "captions": CAPTIONS, "words": WORDS, "units": UNITS,
        "scores": [[[round(x, 9) for x in row] for row in rows] for rows in scores],
        "loss": round(float(loss), 9),
        "gradients": {name: [round(float(x), 9) for x in weight.grad.reshape(-1)[:12]] for name, weight in zip(names, weights)},
    }, file)
    file.write("\n")
