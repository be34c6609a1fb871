"""The peer of the picture figures: FastAPI, PIL and native ONNX Runtime on the bundle's own graphs and features.

    picture_peer.py PORT FOLDER

FOLDER has what the bench takes out of the bundle. The features are the bundle's (hashed n-grams, hand-made features of
the picture), written as a user of numpy would write them: no loop over characters or pixels. Every picture is looked at.
"""
import html
import io
import json
import re
import sys
import unicodedata

import numpy as np
import uvicorn
from fastapi import FastAPI, File, Form, UploadFile
from PIL import Image

from ort import Session

folder = sys.argv[2]
with open(f"{folder}/spec.json") as file:
    spec = json.load(file)
idf = np.fromfile(f"{folder}/idf.f32", np.float32)
row_of_bucket = np.fromfile(f"{folder}/rows.i32", np.int32)
text_graph, full_graph = Session(f"{folder}/text.onnx"), Session(f"{folder}/full.onnx")
classes, size = spec["classes"], spec["size"]

U = np.uint32
PRIME = U(0x01000193)
MASK = U((2 << spec["hashBits"]) - 1)
TAG, SPACES, WORD = re.compile(r"<[a-z/!?][^<>]*>", re.I), re.compile(r"\s+"), re.compile(r"\w+")


def normal(text):
    text = TAG.sub(" ", html.unescape(html.unescape(text)))
    return SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip().lower()


def avalanche(h):
    h = (h ^ (h >> U(16))) * U(0x85EBCA6B)
    h = (h ^ (h >> U(13))) * U(0xC2B2AE35)
    return h ^ (h >> U(16))


def units(text):
    return np.frombuffer(text.encode("utf-16-le"), np.uint16).astype(np.uint32)


def word_keys(text):
    words = WORD.findall(text)
    if not words:
        return np.zeros(0, np.uint32)
    lengths = np.array([len(word) for word in words])
    table = np.zeros((lengths.max(), len(words)), np.uint32)
    inside = np.arange(lengths.max())[:, None] < lengths
    table.T[inside.T] = units("".join(words))
    hashes = np.full(len(words), 0x811C9DC5, np.uint32)
    for column, valid in zip(table, inside):
        hashes = np.where(valid, (hashes ^ column) * PRIME, hashes)
    gram, keys = np.zeros(len(words), np.uint32), []
    for n in range(1, spec["words"][1] + 1):
        if n > len(words):
            break
        gram = gram[n > 1:] * U(31) + avalanche(hashes[:len(words) - n + 1] + U(n))
        if n >= spec["words"][0]:
            keys.append(avalanche(gram) & MASK)
    return np.concatenate(keys)


def char_keys(text):
    tokens = text.split()
    if not tokens:
        return np.zeros(0, np.uint32)
    padded = units("".join(f" {token} " for token in tokens))
    if spec["charDigitsToZero"]:
        padded[(padded >= 0x30) & (padded <= 0x39)] = 0x30
    lengths = np.array([len(token) + 2 for token in tokens])
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(padded))
    hashes, keys = np.full(len(padded), 0x2F0B4A27, np.uint32), []
    for n in range(1, spec["chars"][1] + 1):
        hashes = (hashes[:len(padded) - n + 1] ^ padded[n - 1:]) * PRIME
        if n >= spec["chars"][0]:
            keys.append(avalanche(hashes[left[:len(hashes)] >= n]) & MASK)
    return np.concatenate(keys)


def block(keys, length):
    keys, counts = np.unique(keys, return_counts=True)
    buckets = keys >> U(1)
    weights = (1 + np.log(np.minimum(counts, 255))) * idf[buckets]
    norm = np.sqrt((weights * weights).sum())
    weights *= (length / norm if norm > 0 else 0) * np.where(keys & U(1), -1, 1)
    rows = row_of_bucket[buckets]
    return rows[rows > 0], weights[rows > 0].astype(np.float32)


def text_scores(designation, description):
    title, rest = normal(designation), normal(description)
    text = f"{title} " * spec["titleRepeat"] + rest if title and rest else title or rest
    words, word_weights = block(word_keys(text), 1)
    chars, char_weights = block(char_keys(text), spec["charWeight"])
    ids = np.concatenate([words, chars])[None].astype(np.int32)
    values = np.concatenate([word_weights, char_weights])[None]
    return text_graph.run({"ids": ids, "values": values}, "scores", (1, len(classes)))


CELL = np.floor(np.arange(size) * 8 / size).astype(np.int64)
STARTS, CELLS = np.searchsorted(CELL, np.arange(8)), CELL[:, None] * 8 + CELL
COUNTS = np.bincount(CELLS.ravel(), minlength=64)
AXIS_X = np.array([4096, 3849, 3138, 2048, 711, -711, -2048, -3138, -3849, -4096])
AXIS_Y = np.array([0, 1401, 2633, 3547, 4034, 4034, 3547, 2633, 1401, 0])


def handmade(pixels):
    sums = np.add.reduceat(np.add.reduceat(pixels, STARTS, 0, np.int64), STARTS, 1)
    thumbnail = sums / (255 * COUNTS.reshape(8, 8, 1))
    levels = (pixels >> 6).astype(np.int64)
    codes = (levels[..., 0] << 4) + (levels[..., 1] << 2) + levels[..., 2]
    colours = np.sqrt(np.bincount(codes.ravel(), minlength=64) / (size * size))
    grey = pixels.sum(2, dtype=np.int32)
    gx, gy = grey[1:-1, 2:] - grey[1:-1, :-2], grey[2:, 1:-1] - grey[:-2, 1:-1]
    turned = (gy < 0) | ((gy == 0) & (gx < 0))
    gx, gy = np.where(turned, -gx, gx), np.where(turned, -gy, gy)
    k = np.minimum(np.arctan2(gy, gx) * (9 / np.pi), 8).astype(np.int64)
    base = CELLS[1:-1, 1:-1] * 9
    edges = np.bincount((base + k).ravel(), (gx * AXIS_Y[k + 1] - gy * AXIS_X[k + 1]).ravel(), 576)
    edges += np.bincount((base + (k + 1) % 9).ravel(), (gy * AXIS_X[k] - gx * AXIS_Y[k]).ravel(), 576)
    edges = edges.reshape(64, 9) / (3 * 1401 * COUNTS[:, None])
    edges /= np.sqrt(1 + (edges * edges).sum(1, keepdims=True))
    parts = [thumbnail.ravel(), colours, np.sqrt(np.maximum(edges, 0)).ravel()]
    return np.concatenate(parts).astype(np.float32)


app = FastAPI()


@app.get("/readyz")
async def ready():
    return {"ready": True}


# async: without it each request goes through a pool of threads, which costs more
@app.post("/v1/predict")
async def predict(designation: str = Form(""), description: str = Form(""), image: UploadFile = File(...)):
    picture = Image.open(io.BytesIO(await image.read())).convert("RGB")
    pixels = np.asarray(picture.resize((size, size), Image.BILINEAR))
    feeds = {"pixels": pixels[None], "scores": text_scores(designation, description)}
    if spec["handmade"]:
        feeds["handmade"] = handmade(pixels)[None]
    confidences = np.exp(full_graph.run(feeds, "fused", (1, len(classes)))[0])
    top = np.argsort(-confidences)[:5]
    return {
        "code": classes[top[0]],
        "confidence": float(confidences[top[0]]),
        "top": [{"code": classes[i], "confidence": float(confidences[i])} for i in top],
    }


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
