"""The PyTorch twin of cnn_fashion.ts: the same network, optimizer, schedule and variation, as long, on the same pixels.

  python3 tests/parity/cnn_torch.py FOLDER [epochs=20] [stop=20] [batchSize=64] [rate=0.006] [shift=1] [seed=1]
      [labelSmoothing=0.1] [emaDecay=0.99]

FOLDER is what fashion_pixels.ts left. `stop` ends after so many of the epochs, as the pipeline's second network does.
"""
import math, sys, time
import numpy as np, torch
import torch.nn as nn, torch.nn.functional as F

folder, given = sys.argv[1], dict(word.split("=") for word in sys.argv[2:])
number = lambda key, default: float(given.get(key, default))
epochs, batch, rate = int(number("epochs", 20)), int(number("batchSize", 64)), number("rate", 0.006)
stop, shift, seed = int(number("stop", epochs)), int(number("shift", 1)), int(number("seed", 1))
smoothing, decay = number("labelSmoothing", 0.1), number("emaDecay", 0.99)
size, classes = 64, 27
torch.set_num_threads(1)
torch.manual_seed(seed)


def read(part):
    pixels = np.fromfile(f"{folder}/{part}_{size}.u8", np.uint8).reshape(-1, size, size, 3)
    labels = np.fromfile(f"{folder}/{part}.i32", np.int32)
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels).long()


x, y = read("train")
layers, channels = [], 3
for width, stride in ((24, 2), (48, 2), (96, 2), (96, 1)):
    layers += [nn.Conv2d(channels, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    nn.init.normal_(layers[-3].weight, 0, math.sqrt(2 / (channels * 9)))
    channels = width
head = nn.Linear(channels, classes)
nn.init.normal_(head.weight, 0, math.sqrt(2 / channels))
nn.init.zeros_(head.bias)
model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
vectors = [p for p in model.parameters() if p.dim() == 1]
others = [p for p in model.parameters() if p.dim() > 1]
optimizer = torch.optim.AdamW([{"params": others, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0}])
levels = lambda pixels: (pixels.float() - 127.5) / 64


def varied(pixels):
    wide = F.pad(pixels.float(), (shift,) * 4, mode="replicate")
    moves = torch.randint(0, 2 * shift + 1, (len(pixels), 2)).tolist()
    return torch.stack([p[:, a:a + size, b:b + size] for p, (a, b) in zip(wide, moves)])


# As the engine's: early means move faster, BatchNorm's statistics are those of the last steps
means = [p.detach().clone() for p in model.parameters()]


def move_means(step):
    keep = min(decay, (1 + step) / (10 + step))
    with torch.no_grad():
        for mean, p in zip(means, model.parameters()):
            mean.lerp_(p, 1 - keep)


per_epoch, step, start = len(y) // batch, 0, time.process_time()
steps, warmup = epochs * per_epoch, per_epoch
for epoch in range(stop):
    model.train()
    order, total = torch.randperm(len(y)), 0.0
    for k in range(per_epoch):
        step += 1
        wave = 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))
        for group in optimizer.param_groups:
            group["lr"] = rate * (step / warmup if step <= warmup else wave)
        rows = order[k * batch:(k + 1) * batch]
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(levels(varied(x[rows]))), y[rows], label_smoothing=smoothing)
        loss.backward()
        optimizer.step()
        move_means(step)
        total += loss.item()
    print(f"epoch {epoch + 1}: loss {total / per_epoch:.3f}, {time.process_time() - start:.1f} CPU seconds", flush=True)
model.eval()
with torch.no_grad():
    if decay > 0:
        for mean, p in zip(means, model.parameters()):
            p.copy_(mean)
    x, y = read("test")
    guesses = torch.cat([model(levels(part)).argmax(1) for part in x.split(100)])
print(f"test {100 * (guesses == y).float().mean():.2f}; {time.process_time() - start:.1f} CPU seconds")
