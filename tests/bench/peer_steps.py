"""Training steps of the same networks in PyTorch, on the CPU and one thread: steps a CPU second as a line of JSON.

Usage: peer_steps.py mlp|bag|cnn SECONDS
"""
import json, sys, time
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(0)
name, seconds = sys.argv[1], float(sys.argv[2])
CLASSES = 27


class Bag(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.EmbeddingBag(50_000, 128, mode="mean", sparse=True)
        self.head = nn.Linear(128, CLASSES)

    def forward(self, ids):
        return self.head(self.table(ids))


if name == "mlp":
    rows, x = 256, torch.randn(256, 1024)
    model = nn.Sequential(nn.Linear(1024, 512), nn.ReLU(), nn.Linear(512, CLASSES))
elif name == "bag":
    rows, x = 256, torch.distributions.Categorical(1 / torch.arange(1, 50_001).float()).sample((256, 64))
    model = Bag()
else:
    rows, x = 32, torch.randn(32, 3, 64, 64)
    layers, channels = [], [3, 32, 64, 128, 128]
    for before, after in zip(channels, channels[1:]):
        layers += [nn.Conv2d(before, after, 3, 2, 1), nn.ReLU()]
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, CLASSES))
y = torch.randint(0, CLASSES, (rows,))
if name == "bag":
    optimizers = [
        torch.optim.SparseAdam(list(model.table.parameters()), 1e-3),
        torch.optim.AdamW(model.head.parameters(), 1e-3),
    ]
else:
    optimizers = [torch.optim.AdamW(model.parameters(), 1e-3)]


def step():
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()
    return loss.item()


for _ in range(5):
    step()
steps, cpu, start = 0, time.process_time(), time.perf_counter()
while time.perf_counter() - start < seconds:
    step()
    steps += 1
print(json.dumps({"stepsPerCpuSecond": steps / (time.process_time() - cpu)}))
