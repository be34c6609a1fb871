"""Compares the gradients of MobileNetV2's last blocks with PyTorch's: reads what finetune_gradients.ts wrote.

  python3 tests/parity/finetune_torch.py FOLDER     exits with 1 where a gradient is off by more than 1e-3
"""
import json, sys
import numpy as np, torch
import torch.nn.functional as F

folder = sys.argv[1]
graph = json.load(open(f"{folder}/graph.json"))
read = lambda f: torch.from_numpy(np.fromfile(f"{folder}/{f['file']}", np.float32).reshape(f["shape"]))
values = {name: read(f) for name, f in graph["files"].items()}
for name in graph["trains"]:
    values[name].requires_grad_(True)
values[graph["cut"]] = values["features"]


def run(op, x, a):
    if op == "Conv":
        top, left, bottom, right = a.get("pads", [0, 0, 0, 0])
        return F.conv2d(F.pad(x[0], (left, right, top, bottom)), x[1], x[2], stride=a["strides"], groups=a["group"])
    if op == "Clip":
        # What torch's ReLU6 is. clamp's gradient on the bounds is 1 and not 0, and the network has dead channels
        return F.hardtanh(x[0], float(x[1]), float(x[2]))
    if op == "Add":
        return x[0] + x[1]
    if op == "GlobalAveragePool":
        return x[0].mean((2, 3), keepdim=True)
    if op == "Flatten":
        return x[0].flatten(1)
    raise ValueError(op)


for node in graph["nodes"]:
    values[node["outputs"][0]] = run(node["op"], [values[n] for n in node["inputs"]], node.get("attributes", {}))
logits = values["embedding"] @ values["head/weights"] + values["head/bias"]
loss = -(F.log_softmax(logits, 1) * values["targets"]).sum()
loss.backward()
worst = abs(loss.item() - values["ours:loss"].item()) / abs(loss.item())
print(f"loss {loss.item():.7f} here, {values['ours:loss'].item():.7f} ours")
for name in graph["trains"]:
    theirs, ours = values[name].grad, values[f"ours:d:{name}"]
    off = ((theirs - ours).abs().max() / theirs.abs().max()).item()
    worst = max(worst, off)
    print(f"{name:44s} largest gradient {theirs.abs().max():.3e}  off by {off:.1e} of it")
print(f"worst {worst:.1e} (at most 1e-3)")
sys.exit(worst > 1e-3)
