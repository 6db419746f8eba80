#!/usr/bin/env python3
"""Times training epochs of the built-in recipes in PyTorch: the peer of `Edge.Benchmarks -- train`.

Debian: apt-get install python3-torch python3-numpy libopenblas0-pthread
usage: pytorch_train.py {mnist-mlp-128|mnist-mlp-512|mnist-cnn} DATA_DIR THREADS EPOCHS
prints one line per epoch: seconds
"""
import gzip, os, sys, time

name, data, threads, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
import numpy as np
import torch
from torch import nn

torch.set_num_threads(threads)
torch.manual_seed(1)


def idx(stem, header):
    for folder in (data, os.path.join(data, "mnist")):
        for suffix, opener in ((".gz", gzip.open), ("", open)):
            path = os.path.join(folder, stem + suffix)
            if os.path.exists(path):
                with opener(path, "rb") as file:
                    return np.frombuffer(file.read(), np.uint8, offset=header)
    sys.exit(f"{stem} not found in {data}")


images = torch.from_numpy(idx("train-images-idx3-ubyte", 16).reshape(-1, 784).astype(np.float32) / 255)
labels = torch.from_numpy(idx("train-labels-idx1-ubyte", 8).astype(np.int64))
if name == "mnist-mlp-512":
    model, batch = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10)), 128
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001, alpha=0.9, eps=1e-7)
elif name == "mnist-mlp-128":
    model, batch = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)), 64
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
else:
    images = images.reshape(-1, 1, 28, 28)
    model, batch = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
                                 nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10)), 128
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
loss_of = nn.CrossEntropyLoss()
model.train()
for epoch in range(epochs):
    order = torch.randperm(len(images))
    start = time.perf_counter()
    for i in range(0, len(order), batch):
        index = order[i:i + batch]
        optimizer.zero_grad()
        loss = loss_of(model(images[index]), labels[index])
        loss.backward()
        optimizer.step()
    print(f"{time.perf_counter() - start:.4f}", flush=True)
