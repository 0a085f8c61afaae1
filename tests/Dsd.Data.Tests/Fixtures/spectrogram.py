"""The spectrogram of a made-up sound, by numpy in 64 bits; writes spectrogram.json beside itself."""
import json
import os

import numpy as np

n = np.arange(2000)
sound = 0.4 * np.sin(2 * np.pi * 440 * n / 16000) + 0.2 * np.sin(2 * np.pi * (500 + 0.5 * n) * n / 16000) + ((n * 7919 % 1009) / 1009 - 0.5) / 100
sound = sound.astype(np.float32).astype(np.float64)
window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(320) / 320)
frames = np.stack([sound[i:i + 320] * window for i in range(0, len(sound) - 319, 160)])
power = np.log(np.abs(np.fft.rfft(frames)) ** 2 + 1e-8)
power -= power.mean(0)
power /= np.sqrt((power ** 2).mean())
assert power.shape == (11, 161)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "spectrogram.json"), "w", encoding="utf-8") as file:
    json.dump([[round(v, 5) for v in row] for row in power.tolist()], file)
    file.write("\n")
