"""Writes resize.json: what torchvision makes of a made-up image, to which ImageFolderTests compares.

python3 resize.py > resize.json      (written with torchvision 0.14.1, torch 1.13.0)
"""
import json

import torch
from torchvision.transforms import functional as f

MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def image(width, height):
    """Whole numbers that any program can make again: the pixel of channel c at (x, y)."""
    c = torch.arange(3).view(3, 1, 1)
    y = torch.arange(height).view(1, height, 1)
    x = torch.arange(width).view(1, 1, width)
    return ((7 * x * x + 13 * y * x + 5 * y + 31 * c * x + 3 * (c + 1) * y * y) % 256).to(torch.float32) / 255


def sample(tensor):
    flat = tensor.flatten()
    return [round(float(v), 6) for v in flat[:: max(1, flat.numel() // 300)]]


cases = []
for width, height, size in [(50, 37, 14), (37, 50, 14), (64, 64, 32), (20, 30, 28), (16, 33, 14)]:
    shorter = round(size * 256 / 224)
    resized = f.resize(image(width, height), shorter, antialias=True)
    centre = f.normalize(f.center_crop(resized, size), MEAN, DEVIATION)
    crops = torch.stack([f.normalize(crop, MEAN, DEVIATION) for crop in f.ten_crop(resized, size)])
    cases.append({"width": width, "height": height, "size": size, "centre": sample(centre), "tenCrops": sample(crops)})

parts = []
for width, height, x, y, w, h, size in [(50, 37, 3, 5, 20, 17, 14), (50, 37, 0, 0, 50, 37, 14), (40, 40, 30, 31, 10, 9, 16), (60, 45, 10, 1, 41, 44, 9)]:
    crop = f.resized_crop(image(width, height), y, x, h, w, [size, size], antialias=True)
    parts.append({"width": width, "height": height, "crop": [x, y, w, h], "size": size, "values": sample(crop)})

print(json.dumps({"whole": cases, "parts": parts}))
