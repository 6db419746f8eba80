"""Makes layers.zip.gz: Keras models of one or a few layers, each with an input and the output it must give.

The files are written as Keras 2 (.h5, inbound_nodes of lists), Keras 3 (.h5 and .keras, inbound_nodes of args) write them; the group "test" holds inputs and
outputs. The outputs are computed here in float64, by loops over the definitions in the documentation of Keras, without Keras.

Run: python3 make.py
"""
import gzip
import io
import json
import re
import zipfile

import h5py
import numpy as np

rng = np.random.default_rng(5)
packed = io.BytesIO()
archive = zipfile.ZipFile(packed, "w")


def data(*shape, low=-1.0, high=1.0):
    return rng.uniform(low, high, shape).astype("f4")


def snake(name):
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


class Layer:
    """cls, name, config; weights: list of (place, [(name, array)]); inbound: list of calls, a call is a list of (layer, call, output)."""

    def __init__(self, cls, name, config=None, weights=(), inbound=(), options=None, model=None, frozen=()):
        self.cls, self.name, self.config, self.inbound = cls, name, dict(config or {}), [list(call) for call in inbound]
        self.weights = [(place, list(ws)) for place, ws in weights]
        self.options, self.model, self.frozen = options or {}, model, set(frozen)


class Model:
    def __init__(self, name, layers, inputs, outputs):
        self.name, self.layers, self.inputs, self.outputs = name, layers, inputs, outputs

    def config2(self):
        layers = []
        for l in self.layers:
            nodes = [[[r[0], r[1], r[2], l.options if i == 0 else {}] for i, r in enumerate(call)] for call in l.inbound]
            if l.model is not None:
                layers.append({"class_name": "Functional", "config": l.model.config2(), "name": l.name, "inbound_nodes": nodes})
            else:
                layers.append({"class_name": l.cls, "config": dict(l.config, name=l.name, trainable=True, dtype="float32"), "name": l.name, "inbound_nodes": nodes})
                if l.cls == "InputLayer":
                    layers[-1]["config"]["dtype"] = l.config.get("dtype", "float32")
        return {"name": self.name, "layers": layers, "input_layers": [list(r) for r in self.inputs], "output_layers": [list(r) for r in self.outputs]}

    def config3(self):
        def tensor(r):
            return {"class_name": "__keras_tensor__", "config": {"shape": [None], "dtype": "float32", "keras_history": list(r)}}

        layers = []
        for l in self.layers:
            several = l.cls in ("CustomScaleLayer", "Add", "Concatenate", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Dot", "Attention", "AdditiveAttention")
            nodes = []
            for call in l.inbound:
                if call:
                    nodes.append({"args": [[tensor(r) for r in call]] if several else [tensor(r) for r in call], "kwargs": l.options})
            config = l.model.config3() if l.model is not None else dict(l.config, name=l.name, trainable=True, dtype={"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None})
            if l.cls == "InputLayer":
                config = {"batch_shape": config.get("batch_input_shape"), "dtype": l.config.get("dtype", "float32"), "sparse": False, "name": l.name}
            layers.append({"module": "keras.layers", "class_name": "Functional" if l.model is not None else l.cls, "config": config, "registered_name": None, "name": l.name, "inbound_nodes": nodes})
        return {"name": self.name, "trainable": True, "layers": layers, "input_layers": [list(r) for r in self.inputs], "output_layers": [list(r) for r in self.outputs]}

    def flat(self):
        """Trainable weights of all layers, then the others: the order in a .h5 file."""
        first, rest = [], []
        for l in self.layers:
            a, b = l.model.flat() if l.model is not None else ([], [])
            for place, ws in l.weights:
                for n, v in ws:
                    (b if n in l.frozen else a).append((l.name + "/" + n, v))
            first += a
            rest += b
        return first, rest


def text(names):
    return np.array([n.encode() for n in names]) if names else np.array([])


def write_h5(f, model, config, version, suffix):
    f.attrs["backend"] = "tensorflow"
    f.attrs["keras_version"] = version
    f.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": config}).encode()
    f.attrs["training_config"] = json.dumps({"loss": "mse"}).encode()
    g = f.create_group("model_weights")
    g.attrs["layer_names"] = text([l.name for l in model.layers])
    for l in model.layers:
        part = g.create_group(l.name)
        first, rest = l.model.flat() if l.model is not None else Model("", [l], [], []).flat()
        part.attrs["weight_names"] = text([n + suffix for n, _ in first + rest])
        for n, v in first + rest:
            part[n + suffix] = v


def write_vars(group, model):
    used = {}
    for l in model.layers:
        name = snake("Functional" if l.model is not None else l.cls)
        number = used.get(name, -1) + 1
        used[name] = number
        own = group.create_group("layers/" + name + (f"_{number}" if number else ""))
        own.create_group("vars")
        if l.model is not None:
            write_vars(own, l.model)
        for place, ws in l.weights:
            place = own.require_group((place + "/" if place else "") + "vars")
            order = [w for w in ws if w[0] not in l.frozen] + [w for w in ws if w[0] in l.frozen]
            for i, (_, v) in enumerate(order):
                place[str(i)] = v


def save(name, model, inputs, outputs, styles=("2", "3", "keras")):
    def tests(f):
        for i, x in enumerate(inputs):
            f[f"test/input_{i}"] = x
        for i, y in enumerate(outputs):
            f[f"test/output_{i}"] = np.asarray(y, "f4")

    for style in styles:
        bytes_ = io.BytesIO()
        with h5py.File(bytes_, "w", libver="latest" if style == "3" else "earliest") as f:
            if style == "2":
                write_h5(f, model, model.config2(), "2.9.0", ":0")
            elif style == "3":
                write_h5(f, model, model.config3(), "3.4.1", "")
            else:
                f.create_group("vars")
                write_vars(f, model)
            tests(f)
        content = bytes_.getvalue()
        if style == "keras":
            config = {"module": "keras", "class_name": "Functional", "config": model.config3(), "registered_name": "Functional", "build_config": {"input_shape": None},
                      "compile_config": {"loss": "mse"}}
            bytes_ = io.BytesIO()
            with zipfile.ZipFile(bytes_, "w") as z:
                for entry, body in (("metadata.json", json.dumps({"keras_version": "3.4.1", "date_saved": "2024-07-01@12:00:00"})), ("config.json", json.dumps(config)), ("model.weights.h5", content)):
                    z.writestr(zipfile.ZipInfo(entry, (2024, 1, 1, 0, 0, 0)), body)
            content = bytes_.getvalue()
        info = zipfile.ZipInfo(f"{name}.{'keras' if style == 'keras' else f'k{style}.h5'}", (2024, 1, 1, 0, 0, 0))
        archive.writestr(info, content)


def one(name, cls, config, inputs, outputs, weights=(), styles=("2", "3", "keras"), options=None, dtypes=None, frozen=()):
    """A model of one layer with one or several inputs."""
    ins = [Layer("InputLayer", f"input_{i + 1}", {"batch_input_shape": [None, *x.shape[1:]], "dtype": (dtypes or {}).get(i, "float32"), "sparse": False}, inbound=[[]]) for i, x in enumerate(inputs)]
    for l in ins:
        l.inbound = []
    layer = Layer(cls, "layer", config, weights, [[(l.name, 0, 0) for l in ins]], options, frozen=frozen)
    model = Model("model", ins + [layer], [(l.name, 0, 0) for l in ins], [("layer", 0, i) for i in range(len(outputs))])
    save(name, model, inputs, outputs, styles)


def act(x, kind):
    x = np.asarray(x, "f8")
    return {"linear": lambda: x, "relu": lambda: np.maximum(x, 0), "tanh": lambda: np.tanh(x), "sigmoid": lambda: 1 / (1 + np.exp(-x)),
            "hard_sigmoid2": lambda: np.clip(0.2 * x + 0.5, 0, 1), "hard_sigmoid3": lambda: np.clip(x + 3, 0, 6) / 6}[kind]()


def same(n, k, s, d):
    e = (k - 1) * d + 1
    total = max((-(-n // s) - 1) * s + e - n, 0)
    return total // 2, total - total // 2


def conv2d(x, w, b, strides=(1, 1), padding="valid", dilation=(1, 1), groups=1):
    """x [N, H, W, C], w [kh, kw, C / groups, O]"""
    x, w = np.asarray(x, "f8"), np.asarray(w, "f8")
    kh, kw, cg, o = w.shape
    pads = [same(x.shape[1 + i], w.shape[i], strides[i], dilation[i]) if padding == "same" else (0, 0) for i in range(2)]
    if padding == "causal":
        pads = [(0, 0), ((kw - 1) * dilation[1], 0)]
    x = np.pad(x, [(0, 0), *pads, (0, 0)])
    oh = (x.shape[1] - (kh - 1) * dilation[0] - 1) // strides[0] + 1
    ow = (x.shape[2] - (kw - 1) * dilation[1] - 1) // strides[1] + 1
    y = np.zeros((x.shape[0], oh, ow, o))
    for i in range(oh):
        for j in range(ow):
            for c in range(o):
                g = c // (o // groups)
                patch = x[:, i * strides[0]:i * strides[0] + (kh - 1) * dilation[0] + 1:dilation[0], j * strides[1]:j * strides[1] + (kw - 1) * dilation[1] + 1:dilation[1], g * cg:(g + 1) * cg]
                y[:, i, j, c] = (patch * w[:, :, :, c]).sum((1, 2, 3))
    return y + (0 if b is None else b)


def depthwise(x, w, b, **options):
    """w [kh, kw, C, m]"""
    kh, kw, c, m = w.shape
    return conv2d(x, np.asarray(w).reshape(kh, kw, 1, c * m), b, groups=c, **options)


def pool(x, size, strides, padding, kind):
    x = np.asarray(x, "f8")
    pads = [same(x.shape[1 + i], size[i], strides[i], 1) if padding == "same" else (0, 0) for i in range(2)]
    x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=np.nan)
    oh, ow = [(x.shape[1 + i] - size[i]) // strides[i] + 1 for i in range(2)]
    y = np.zeros((x.shape[0], oh, ow, x.shape[3]))
    for i in range(oh):
        for j in range(ow):
            patch = x[:, i * strides[0]:i * strides[0] + size[0], j * strides[1]:j * strides[1] + size[1]]
            y[:, i, j] = np.nanmax(patch, (1, 2)) if kind == "max" else np.nanmean(patch, (1, 2))
    return y


def first(x):
    """channels first"""
    return np.moveaxis(x, -1, 1)


# Dense and convolutions
x = data(1, 6)
k, b = data(6, 4), data(4)
one("dense", "Dense", {"units": 4, "activation": "tanh", "use_bias": True}, [x], [np.tanh(x.astype("f8") @ k + b)], [("", [("kernel", k), ("bias", b)])])
x = data(1, 3, 5)
k = data(5, 2)
one("dense-3d", "Dense", {"units": 2, "activation": "linear", "use_bias": False}, [x], [x.astype("f8") @ k], [("", [("kernel", k)])])

x = data(1, 7, 6, 3)
k, b = data(3, 2, 3, 4), data(4)
for padding, strides, dilation in (("same", (2, 1), (1, 1)), ("valid", (1, 2), (2, 1)), ("same", (1, 1), (2, 2))):
    config = {"filters": 4, "kernel_size": [3, 2], "strides": list(strides), "padding": padding, "data_format": "channels_last", "dilation_rate": list(dilation), "groups": 1, "activation": "relu", "use_bias": True}
    y = act(conv2d(x, k, b, strides, padding, dilation), "relu")
    tag = f"{padding}-{strides[0]}{strides[1]}-{dilation[0]}{dilation[1]}"
    one(f"conv2d-{tag}", "Conv2D", config, [x], [y], [("", [("kernel", k), ("bias", b)])], styles=("2", "keras"))
    one(f"conv2d-first-{tag}", "Conv2D", dict(config, data_format="channels_first"), [first(x)], [first(y)], [("", [("kernel", k), ("bias", b)])], styles=("2",))
x = data(1, 5, 5, 4)
k = data(3, 3, 2, 6)
one("conv2d-groups", "Conv2D", {"filters": 6, "kernel_size": [3, 3], "strides": [1, 1], "padding": "valid", "data_format": "channels_last", "dilation_rate": [1, 1], "groups": 2, "activation": "linear", "use_bias": False},
    [x], [conv2d(x, k, None, groups=2)], [("", [("kernel", k)])], styles=("2", "keras"))
x = data(1, 9, 3)
k, b = data(3, 3, 5), data(5)
for padding, stride, dilation in (("same", 2, 1), ("causal", 1, 2), ("valid", 1, 1)):
    config = {"filters": 5, "kernel_size": [3], "strides": [stride], "padding": padding, "data_format": "channels_last", "dilation_rate": [dilation], "groups": 1, "activation": "linear", "use_bias": True}
    y = conv2d(x[:, None], k[None], b, (1, stride), padding, (1, dilation))[:, 0]
    one(f"conv1d-{padding}", "Conv1D", config, [x], [y], [("", [("kernel", k), ("bias", b)])], styles=("2", "keras"))
x = data(1, 6, 5, 3)
k, b = data(3, 3, 3, 2), data(6)
config = {"kernel_size": [3, 3], "strides": [2, 2], "padding": "same", "depth_multiplier": 2, "data_format": "channels_last", "dilation_rate": [1, 1], "activation": "linear", "use_bias": True}
one("depthwise2d", "DepthwiseConv2D", config, [x], [depthwise(x, k, b, strides=(2, 2), padding="same")], [("", [("depthwise_kernel", k), ("bias", b)])])
p = data(1, 1, 6, 4)
b4 = data(4)
one("separable2d", "SeparableConv2D", dict(config, filters=4), [x], [conv2d(depthwise(x, k, None, strides=(2, 2), padding="same"), p, b4)], [("", [("depthwise_kernel", k), ("pointwise_kernel", p), ("bias", b4)])])
x = data(1, 8, 3)
k, b = data(3, 3, 2), data(6)
config = {"kernel_size": [3], "strides": [1], "padding": "same", "depth_multiplier": 2, "data_format": "channels_last", "dilation_rate": [1], "activation": "linear", "use_bias": True}
one("depthwise1d", "DepthwiseConv1D", config, [x], [depthwise(x[:, None], k[None], b, padding="same")[:, 0]], [("", [("depthwise_kernel", k), ("bias", b)])], styles=("2", "keras"))
p = data(1, 6, 4)
one("separable1d", "SeparableConv1D", dict(config, filters=4, use_bias=False), [x], [conv2d(depthwise(x[:, None], k[None], None, padding="same"), p[None], None)[:, 0]], [("", [("depthwise_kernel", k), ("pointwise_kernel", p)])], styles=("2", "keras"))


def transpose2d(x, w, b, strides, padding, output_padding=None, dilation=(1, 1)):
    """x [N, H, W, C], w [kh, kw, O, C]: scatters each input over its window, then cuts as the convolution pads that it reverses."""
    x, w = np.asarray(x, "f8"), np.asarray(w, "f8")
    kh, kw, o, _ = w.shape
    n = [x.shape[1], x.shape[2]]
    ext = [(kh - 1) * dilation[0] + 1, (kw - 1) * dilation[1] + 1]
    out = []
    for i in range(2):
        if output_padding is None:
            out.append(n[i] * strides[i] + (max(ext[i] - strides[i], 0) if padding == "valid" else 0))
        else:
            out.append((n[i] - 1) * strides[i] + ext[i] - (2 * (ext[i] // 2) if padding == "same" else 0) + output_padding[i])
    full = np.zeros((x.shape[0], max((n[0] - 1) * strides[0] + ext[0], 0) + 20, (n[1] - 1) * strides[1] + ext[1] + 20, o))
    for i in range(n[0]):
        for j in range(n[1]):
            for p in range(kh):
                for q in range(kw):
                    full[:, i * strides[0] + p * dilation[0], j * strides[1] + q * dilation[1]] += x[:, i, j] @ w[p, q].T
    cut = [max((n[i] - 1) * strides[i] + ext[i] - out[i], 0) // 2 if padding == "same" else 0 for i in range(2)]
    return full[:, cut[0]:cut[0] + out[0], cut[1]:cut[1] + out[1]] + (0 if b is None else b)


x = data(1, 4, 5, 3)
for tag, kernel, strides, padding, extra in (("same", (3, 3), (2, 2), "same", None), ("valid", (3, 2), (2, 3), "valid", None), ("small", (2, 2), (3, 3), "same", None), ("extra", (3, 3), (2, 2), "same", (1, 1)), ("one", (4, 4), (1, 1), "valid", None)):
    k, b = data(*kernel, 2, 3), data(2)
    config = {"filters": 2, "kernel_size": list(kernel), "strides": list(strides), "padding": padding, "output_padding": extra, "data_format": "channels_last", "dilation_rate": [1, 1], "activation": "linear", "use_bias": True}
    one(f"conv2dtranspose-{tag}", "Conv2DTranspose", config, [x], [transpose2d(x, k, b, strides, padding, extra)], [("", [("kernel", k), ("bias", b)])], styles=("2", "keras"))
x = data(1, 6, 3)
k, b = data(4, 2, 3), data(2)
one("conv1dtranspose", "Conv1DTranspose", {"filters": 2, "kernel_size": [4], "strides": [2], "padding": "same", "output_padding": None, "data_format": "channels_last", "dilation_rate": [1], "activation": "linear", "use_bias": True},
    [x], [transpose2d(x[:, None], k[None], b, (1, 2), "same")[:, 0]], [("", [("kernel", k), ("bias", b)])], styles=("2", "keras"))

# Pooling
x = data(1, 7, 6, 3)
for kind, cls in (("max", "MaxPooling"), ("mean", "AveragePooling")):
    for padding in ("same", "valid"):
        config = {"pool_size": [3, 2], "padding": padding, "strides": [2, 2], "data_format": "channels_last"}
        y = pool(x, (3, 2), (2, 2), padding, kind)
        one(f"{snake(cls)}2d-{padding}", cls + "2D", config, [x], [y], styles=("2",))
        one(f"{snake(cls)}2d-first-{padding}", cls + "2D", dict(config, data_format="channels_first"), [first(x)], [first(y)], styles=("keras",))
    one(f"{snake(cls)}1d", cls + "1D", {"pool_size": [2], "padding": "valid", "strides": [2], "data_format": "channels_last"}, [x[:, :, 0]], [pool(x[:, None, :, 0], (1, 2), (1, 2), "valid", kind)[:, 0]], styles=("2", "keras"))
    f = np.max if kind == "max" else np.mean
    word = "Global" + ("Max" if kind == "max" else "Average") + "Pooling"
    for keep in (False, True):
        one(f"{snake(word)}2d-{keep}", word + "2D", {"data_format": "channels_last", "keepdims": keep}, [x], [f(x.astype("f8"), (1, 2), keepdims=keep)], styles=("2",))
        one(f"{snake(word)}2d-first-{keep}", word + "2D", {"data_format": "channels_first", "keepdims": keep}, [first(x)], [f(first(x).astype("f8"), (2, 3), keepdims=keep)], styles=("2",))
        one(f"{snake(word)}1d-{keep}", word + "1D", {"data_format": "channels_last", "keepdims": keep}, [x[:, :, 0]], [f(x[:, :, 0].astype("f8"), 1, keepdims=keep)], styles=("2",))

# Activations
import math
x = np.concatenate([data(1, 20, low=-4, high=4), [[-3, -1, 0, 1, 3, 6, 7, -0.5, 0.5, 2]]], 1).astype("f4")
v = x.astype("f8")
sig = 1 / (1 + np.exp(-v))
erf = np.vectorize(math.erf)
softplus = np.log1p(np.exp(v))
softmax = np.exp(v) / np.exp(v).sum(-1, keepdims=True)
functions = {
    "linear": v, "relu": np.maximum(v, 0), "relu6": np.clip(v, 0, 6), "sigmoid": sig, "tanh": np.tanh(v), "softmax": softmax, "softplus": softplus, "softsign": v / (1 + np.abs(v)), "swish": v * sig,
    "silu": v * sig, "gelu": v * 0.5 * (1 + erf(v / np.sqrt(2))), "elu": np.where(v > 0, v, np.exp(v) - 1), "selu": 1.05070098 * np.where(v > 0, v, 1.67326324 * (np.exp(v) - 1)), "exponential": np.exp(v),
    "leaky_relu": np.where(v > 0, v, 0.2 * v), "mish": v * np.tanh(softplus), "hard_swish": v * np.clip(v + 3, 0, 6) / 6, "hard_silu": v * np.clip(v + 3, 0, 6) / 6, "log_softmax": np.log(softmax),
    "hard_tanh": np.clip(v, -1, 1), "celu": np.where(v > 0, v, np.exp(v) - 1), "log_sigmoid": np.log(sig), "tanh_shrink": v - np.tanh(v),
    "hard_shrink": np.where(np.abs(v) > 0.5, v, 0), "soft_shrink": np.sign(v) * np.maximum(np.abs(v) - 0.5, 0),
}
for name, y in functions.items():
    one(f"activation-{name}", "Activation", {"activation": name}, [x], [y], styles=("3",))
one("activation-hard_sigmoid", "Activation", {"activation": "hard_sigmoid"}, [x], [np.clip(v + 3, 0, 6) / 6], styles=("3", "keras"))
one("activation-hard_sigmoid-old", "Activation", {"activation": "hard_sigmoid"}, [x], [np.clip(0.2 * v + 0.5, 0, 1)], styles=("2",))
one("activation-layer", "Activation", {"activation": {"module": "keras.layers", "class_name": "LeakyReLU", "config": {"name": "leaky_re_lu", "negative_slope": 0.125}, "registered_name": None}}, [x], [np.where(v > 0, v, 0.125 * v)], styles=("keras",))
one("activation-function", "Activation", {"activation": {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}}, [x], [np.maximum(v, 0)], styles=("keras",))


def relu(v, most, slope, threshold):
    y = np.where(v >= threshold, v, slope * (v - threshold))
    return y if most is None else np.where(v >= most, most, y)


for i, (most, slope, threshold) in enumerate(((None, 0, 0), (6.0, 0, 0), (2.5, 0, 0), (None, 0.25, 0), (2.5, 0.25, 0), (2.5, 0.25, 0.75), (None, 0, 0.75), (None, 0.5, 0.75))):
    one(f"relu-{i}", "ReLU", {"max_value": most, "negative_slope": slope, "threshold": threshold}, [x], [relu(v, most, slope, threshold)], styles=("2",))
one("leaky-old", "LeakyReLU", {"alpha": 0.1}, [x], [np.where(v > 0, v, 0.1 * v)], styles=("2",))
one("leaky-new", "LeakyReLU", {"negative_slope": 0.1}, [x], [np.where(v > 0, v, 0.1 * v)], styles=("keras",))
one("elu", "ELU", {"alpha": 0.7}, [x], [np.where(v > 0, v, 0.7 * (np.exp(v) - 1))], styles=("2", "keras"))
one("thresholded", "ThresholdedReLU", {"theta": 0.75}, [x], [np.where(v > 0.75, v, 0)], styles=("2",))
s = data(1, 3, 4, 2)
e = np.exp(s.astype("f8"))
one("softmax-axis", "Softmax", {"axis": 1}, [s], [e / e.sum(1, keepdims=True)], styles=("2", "keras"))
a = data(1, 1, 2)
one("prelu-shared", "PReLU", {"shared_axes": [1, 2]}, [s], [np.where(s > 0, s, s.astype("f8") * a)], [("", [("alpha", a)])])
a = data(3, 4, 2)
one("prelu", "PReLU", {"shared_axes": None}, [s], [np.where(s > 0, s, s.astype("f8") * a)], [("", [("alpha", a)])], styles=("2",))

# Normalization
x = data(1, 4, 3, 5)
g, b, m, var = data(5), data(5), data(5), data(5, low=0.5, high=2)
config = {"axis": [3], "momentum": 0.9, "epsilon": 0.002, "center": True, "scale": True}
y = (x.astype("f8") - m) / np.sqrt(var.astype("f8") + 0.002) * g + b
weights = [("", [("gamma", g), ("beta", b), ("moving_mean", m), ("moving_variance", var)])]
frozen = ("moving_mean", "moving_variance")
one("batchnorm", "BatchNormalization", config, [x], [y], weights, frozen=frozen)
one("batchnorm-first", "BatchNormalization", dict(config, axis=1), [first(x)], [first(y)], weights, frozen=frozen)
one("batchnorm-bare", "BatchNormalization", dict(config, axis=-1, center=False, scale=False), [x], [(x.astype("f8") - m) / np.sqrt(var.astype("f8") + 0.002)], [("", weights[0][1][2:])], frozen=frozen)


def norm(x, axes, eps):
    x = x.astype("f8")
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


one("layernorm", "LayerNormalization", {"axis": [3], "epsilon": 0.001, "center": True, "scale": True}, [x], [norm(x, (3,), 0.001) * g + b], [("", [("gamma", g), ("beta", b)])])
g2, b2 = data(3, 5), data(3, 5)
one("layernorm-two", "LayerNormalization", {"axis": [2, 3], "epsilon": 0.01, "center": True, "scale": True}, [x], [norm(x, (2, 3), 0.01) * g2 + b2], [("", [("gamma", g2), ("beta", b2)])], styles=("2", "keras"))
x6 = data(1, 4, 3, 6)
g6, b6 = data(6), data(6)
grouped = norm(x6.reshape(1, 12, 3, 2), (1, 3), 0.001).reshape(x6.shape) * g6 + b6
one("groupnorm", "GroupNormalization", {"groups": 3, "axis": -1, "epsilon": 0.001, "center": True, "scale": True}, [x6], [grouped], [("", [("gamma", g6), ("beta", b6)])], styles=("2", "keras"))
one("rmsnorm", "RMSNormalization", {"axis": -1, "epsilon": 1e-6}, [x], [x / np.sqrt((x.astype("f8") ** 2).mean(-1, keepdims=True) + 1e-6) * g], [("", [("scale", g)])], styles=("keras",))
one("unitnorm", "UnitNormalization", {"axis": -1}, [x], [x / np.sqrt((x.astype("f8") ** 2).sum(-1, keepdims=True))], styles=("2", "keras"))
one("rescaling", "Rescaling", {"scale": 0.125, "offset": -1.0}, [x], [x.astype("f8") * 0.125 - 1], styles=("2", "keras"))
one("rescaling-list", "Rescaling", {"scale": [1.0, 2.0, 3.0, 4.0, 5.0], "offset": [0.5, 0.25, 0.0, 0.0, -1.0]}, [x], [x.astype("f8") * [1, 2, 3, 4, 5] + [0.5, 0.25, 0, 0, -1]], styles=("2",))
one("normalization", "Normalization", {"axis": [-1]}, [x], [(x.astype("f8") - m) / np.sqrt(var.astype("f8"))], [("", [("mean", m), ("variance", var), ("count", np.int64(7))])], frozen=("mean", "variance", "count"))
one("normalization-stated", "Normalization", {"axis": None, "mean": 0.5, "variance": 4.0}, [x], [(x.astype("f8") - 0.5) / 2], styles=("2",))

# Merging and moving
p, q, r = data(1, 3, 4), data(1, 3, 4), data(1, 3, 4)
three = [t.astype("f8") for t in (p, q, r)]
for cls, y in (("Add", sum(three)), ("Multiply", three[0] * three[1] * three[2]), ("Average", sum(three) / 3), ("Maximum", np.maximum(np.maximum(*three[:2]), three[2])), ("Minimum", np.minimum(np.minimum(*three[:2]), three[2]))):
    one(snake(cls), cls, {}, [p, q, r], [y], styles=("2", "keras"))
one("subtract", "Subtract", {}, [p, q], [three[0] - three[1]], styles=("2", "keras"))
one("concatenate", "Concatenate", {"axis": 1}, [p, q, r], [np.concatenate([p, q, r], 1)], styles=("2", "keras"))
one("add-broadcast", "Add", {}, [p, data(1, 4) * 0 + np.arange(4, dtype="f4")], [three[0] + np.arange(4)], styles=("2",))
one("dot", "Dot", {"axes": 2, "normalize": False}, [p, q], [np.einsum("nia,nja->nij", *three[:2])], styles=("2", "keras"))
u = [t / np.sqrt((t ** 2).sum(1, keepdims=True)) for t in three[:2]]
one("dot-normalized", "Dot", {"axes": [1, 1], "normalize": True}, [p, q], [np.einsum("nai,naj->nij", *u)], styles=("2",))
x = data(1, 5, 6, 3)
one("flatten", "Flatten", {"data_format": "channels_last"}, [x], [x.reshape(1, -1)], styles=("2", "keras"))
one("flatten-first", "Flatten", {"data_format": "channels_first"}, [first(x)], [x.reshape(1, -1)], styles=("2",))
one("reshape", "Reshape", {"target_shape": [-1, 9]}, [x], [x.reshape(1, 10, 9)], styles=("2", "keras"))
one("permute", "Permute", {"dims": [3, 1, 2]}, [x], [x.transpose(0, 3, 1, 2)], styles=("2",))
one("repeat", "RepeatVector", {"n": 4}, [x[:, 0, 0]], [np.repeat(x[:, :1, 0], 4, 1)], styles=("2", "keras"))
one("zeropad2d", "ZeroPadding2D", {"padding": [[1, 2], [0, 3]], "data_format": "channels_last"}, [x], [np.pad(x, [(0, 0), (1, 2), (0, 3), (0, 0)])], styles=("2", "keras"))
one("zeropad2d-first", "ZeroPadding2D", {"padding": [1, 2], "data_format": "channels_first"}, [first(x)], [np.pad(first(x), [(0, 0), (0, 0), (1, 1), (2, 2)])], styles=("2",))
one("zeropad1d", "ZeroPadding1D", {"padding": [2, 1]}, [x[:, :, 0]], [np.pad(x[:, :, 0], [(0, 0), (2, 1), (0, 0)])], styles=("2",))
one("crop2d", "Cropping2D", {"cropping": [[1, 2], [0, 3]], "data_format": "channels_last"}, [x], [x[:, 1:3, :3]], styles=("2", "keras"))
volume = data(1, 4, 5, 6, 2)
one("zeropad3d", "ZeroPadding3D", {"padding": [[1, 0], [2, 1], [0, 3]], "data_format": "channels_last"}, [volume], [np.pad(volume, [(0, 0), (1, 0), (2, 1), (0, 3), (0, 0)])], styles=("2",))
one("crop3d", "Cropping3D", {"cropping": [[1, 0], [2, 1], [0, 3]], "data_format": "channels_last"}, [volume], [volume[:, 1:, 2:4, :3]], styles=("2",))
one("crop1d", "Cropping1D", {"cropping": [1, 2]}, [x[:, :, 0]], [x[:, 1:3, 0]], styles=("2",))
one("upsampling2d", "UpSampling2D", {"size": [2, 3], "data_format": "channels_last", "interpolation": "nearest"}, [x], [x.repeat(2, 1).repeat(3, 2)], styles=("2", "keras"))
one("upsampling2d-first", "UpSampling2D", {"size": [2, 3], "data_format": "channels_first", "interpolation": "nearest"}, [first(x)], [first(x.repeat(2, 1).repeat(3, 2))], styles=("2",))
one("upsampling1d", "UpSampling1D", {"size": 2}, [x[:, :, 0]], [x[:, :, 0].repeat(2, 1)], styles=("2", "keras"))


def bilinear(x, h, w):
    """Half-pixel centres, edges repeated."""
    x = x.astype("f8")
    for axis, size in ((1, h), (2, w)):
        n = x.shape[axis]
        at = np.clip((np.arange(size) + 0.5) * n / size - 0.5, 0, n - 1)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, n - 1)
        f = (at - low).reshape([-1 if i == axis else 1 for i in range(4)])
        x = x.take(low, axis) * (1 - f) + x.take(high, axis) * f
    return x


one("upsampling2d-bilinear", "UpSampling2D", {"size": [2, 3], "data_format": "channels_last", "interpolation": "bilinear"}, [x], [bilinear(x, 10, 18)], styles=("2", "keras"))
one("resizing", "Resizing", {"height": 8, "width": 4, "interpolation": "bilinear", "crop_to_aspect_ratio": False, "data_format": "channels_last"}, [x], [bilinear(x, 8, 4)], styles=("2", "keras"))
nearest = x.take(np.floor((np.arange(8) + 0.5) * 5 / 8).astype(int), 1).take(np.floor((np.arange(4) + 0.5) * 6 / 4).astype(int), 2)
one("resizing-nearest", "Resizing", {"height": 8, "width": 4, "interpolation": "nearest", "crop_to_aspect_ratio": False, "data_format": "channels_last"}, [x], [nearest], styles=("2", "keras"))
table = data(7, 3)
ids = np.array([[1, 0, 6, 3]], "i4")
one("embedding", "Embedding", {"input_dim": 7, "output_dim": 3, "mask_zero": False}, [ids], [table[ids]], [("", [("embeddings", table)])], dtypes={0: "int32"})
one("embedding-float", "Embedding", {"input_dim": 7, "output_dim": 3, "mask_zero": False}, [ids.astype("f4")], [table[ids]], [("", [("embeddings", table)])], styles=("2",))
one("dropout", "Dropout", {"rate": 0.5}, [x], [x], styles=("2",))

# Recurrent layers
x = data(1, 5, 3)
units = 4


def rnn(kind, x, ws, bias=True, gate="sigmoid", activation="tanh", reset_after=True, reverse=False, h=None, c=None):
    x = x.astype("f8")
    n = x.shape[0]
    h = np.zeros((n, units)) if h is None else h.astype("f8")
    c = np.zeros((n, units)) if c is None else c.astype("f8")
    w, r = ws[0].astype("f8"), ws[1].astype("f8")
    b = ws[2].astype("f8") if bias else None
    outs = []
    for t in (range(x.shape[1])[::-1] if reverse else range(x.shape[1])):
        if kind == "SimpleRNN":
            h = act(x[:, t] @ w + (b if bias else 0) + h @ r, activation)
        elif kind == "LSTM":
            i, f, g, o = np.split(x[:, t] @ w + h @ r + (b if bias else 0), 4, 1)
            c = act(f, gate) * c + act(i, gate) * act(g, activation)
            h = act(o, gate) * act(c, activation)
        else:
            bi, br = (b if reset_after else (b, np.zeros(3 * units))) if bias else (0, np.zeros(3 * units))
            xz, xr, xh = np.split(x[:, t] @ w + bi, 3, 1)
            rz, rr, rh = np.split(h @ r + br, 3, 1)
            z, rg = act(xz + rz, gate), act(xr + rr, gate)
            cand = act(xh + (rg * rh if reset_after else (rg * h) @ r[:, 2 * units:]), activation)
            h = z * h + (1 - z) * cand
        outs.append(h)
    return np.stack(outs, 1), h, c


def cell(kind, bias=True, reset_after=True, features=3):
    gates = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}[kind]
    ws = [data(features, gates * units), data(units, gates * units)]
    if bias:
        ws.append(data(2, gates * units) if kind == "GRU" and reset_after else data(gates * units))
    return ws


def named(ws):
    return list(zip(("kernel", "recurrent_kernel", "bias"), ws))


def config_of(kind, **more):
    return dict({"units": units, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True, "return_sequences": False, "return_state": False, "go_backwards": False, "stateful": False, "unroll": False, "time_major": False, "reset_after": True}, **more)


for kind in ("SimpleRNN", "LSTM", "GRU"):
    ws = cell(kind)
    seq, h, c = rnn(kind, x, ws)
    one(f"{snake(kind)}-last", kind, config_of(kind), [x], [h], [("cell", named(ws))])
    states = [h, c] if kind == "LSTM" else [h]
    one(f"{snake(kind)}-sequence", kind, config_of(kind, return_sequences=True, return_state=True), [x], [seq, *states], [("cell", named(ws))], styles=("2", "keras"))
    back, hb, cb = rnn(kind, x, ws, reverse=True)
    one(f"{snake(kind)}-backwards", kind, config_of(kind, return_sequences=True, go_backwards=True), [x], [back], [("cell", named(ws))], styles=("2",))
    one(f"{snake(kind)}-backwards-last", kind, config_of(kind, go_backwards=True), [x], [hb], [("cell", named(ws))], styles=("2",))
    bare = cell(kind, bias=False)
    one(f"{snake(kind)}-hard", kind, config_of(kind, use_bias=False, activation="relu", recurrent_activation="hard_sigmoid"), [x],
        [rnn(kind, x, bare, bias=False, gate="hard_sigmoid2", activation="relu")[1]], [("cell", named(bare))], styles=("2",))
    h0, c0 = data(1, units), data(1, units)
    first_states = [h0, c0] if kind == "LSTM" else [h0]
    one(f"{snake(kind)}-initial", kind, config_of(kind), [x, *first_states], [rnn(kind, x, ws, h=h0, c=c0)[1]], [("cell", named(ws))], styles=("2", "keras"))
    other = cell(kind)
    s2, h2, c2 = rnn(kind, x, other, reverse=True)
    for mode, f in (("concat", lambda p, q: np.concatenate([p, q], -1)), ("sum", lambda p, q: p + q), ("mul", lambda p, q: p * q), ("ave", lambda p, q: (p + q) / 2)):
        for sequences in (False, True):
            if mode in ("mul", "ave") and sequences:
                continue
            inner = {"class_name": kind, "config": dict(config_of(kind, return_sequences=sequences), name="inner")}
            weights = [("forward_layer/cell", [("forward/" + n, v) for n, v in named(ws)]), ("backward_layer/cell", [("backward/" + n, v) for n, v in named(other)])]
            y = f(seq, s2[:, ::-1]) if sequences else f(h, h2)
            one(f"bidirectional-{snake(kind)}-{mode}-{sequences}", "Bidirectional", {"merge_mode": mode, "layer": inner}, [x], [y], weights, styles=("2", "keras"))
ws = cell("GRU", reset_after=False)
one("gru-before", "GRU", config_of("GRU", reset_after=False), [x], [rnn("GRU", x, ws, reset_after=False)[1]], [("cell", named(ws))])
ws = cell("LSTM")
one("rnn-cell", "RNN", {"return_sequences": True, "return_state": False, "go_backwards": False, "stateful": False, "cell": {"class_name": "LSTMCell", "config": config_of("LSTM")}}, [x], [rnn("LSTM", x, ws)[0]], [("cell", named(ws))], styles=("2", "keras"))
one("lstm-hard-new", "LSTM", config_of("LSTM", recurrent_activation="hard_sigmoid"), [x], [rnn("LSTM", x, ws, gate="hard_sigmoid3")[1]], [("cell", named(ws))], styles=("3", "keras"))
one("lstm-merge-none", "Bidirectional", {"merge_mode": None, "layer": {"class_name": "LSTM", "config": dict(config_of("LSTM"), name="inner")}}, [x],
    [rnn("LSTM", x, ws)[1], rnn("LSTM", x, ws, reverse=True)[1]], [("forward_layer/cell", [("forward/" + n, v) for n, v in named(ws)]), ("backward_layer/cell", [("backward/" + n, v) for n, v in named(ws)])], styles=("2",))

# Wrappers
k, b = data(3, 4), data(4)
one("timedistributed-dense", "TimeDistributed", {"layer": {"class_name": "Dense", "config": {"name": "inner", "units": 4, "activation": "relu", "use_bias": True}}}, [x], [act(x.astype("f8") @ k + b, "relu")], [("layer", [("kernel", k), ("bias", b)])])
video = data(1, 3, 5, 4, 2)
k, b = data(3, 3, 2, 3), data(3)
one("timedistributed-conv", "TimeDistributed", {"layer": {"class_name": "Conv2D", "config": {"name": "inner", "filters": 3, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "activation": "linear", "use_bias": True}}},
    [video], [conv2d(video[0], k, b, padding="same")[None]], [("layer", [("kernel", k), ("bias", b)])], styles=("2", "keras"))

# Attention
q, v = data(1, 4, 6), data(1, 5, 6)


def softmax_of(s):
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


wq, wk, wv, wo = data(6, 2, 3), data(6, 2, 3), data(6, 2, 4), data(2, 4, 5)
bq, bk, bv, bo = data(2, 3), data(2, 3), data(2, 4), data(5)


def heads(q, v, causal=False):
    Q, K, V = [np.einsum("ntd,dhk->nhtk", t.astype("f8"), w) + b[None, :, None] for t, w, b in ((q, wq, bq), (v, wk, bk), (v, wv, bv))]
    s = np.einsum("nhtk,nhsk->nhts", Q, K) / np.sqrt(3)
    if causal:
        s = s - 1e9 * np.triu(np.ones(s.shape[-2:]), 1)
    a = softmax_of(s)
    return np.einsum("nhtk,hko->nto", np.einsum("nhts,nhsk->nhtk", a, V), wo) + bo, a


weights = [(f"{n}_dense", [(f"{n}/kernel", w), (f"{n}/bias", b)]) for n, w, b in (("query", wq, bq), ("key", wk, bk), ("value", wv, bv), ("output", wo, bo))]
config = {"num_heads": 2, "key_dim": 3, "value_dim": 4, "dropout": 0.0, "use_bias": True, "output_shape": 5, "attention_axes": None}
one("multihead", "MultiHeadAttention", config, [q, v], [heads(q, v)[0]], weights)
one("multihead-causal", "MultiHeadAttention", config, [q, q], [*heads(q, q, True)], weights, styles=("keras",), options={"use_causal_mask": True, "return_attention_scores": True})
s = np.einsum("nqd,nkd->nqk", q.astype("f8"), v)
one("attention", "Attention", {"use_scale": False, "score_mode": "dot", "dropout": 0.0}, [q, v], [softmax_of(s) @ v], styles=("2", "keras"))
one("attention-scale", "Attention", {"use_scale": True, "score_mode": "dot", "dropout": 0.0}, [q, v], [softmax_of(s * 0.75) @ v], [("", [("scale", np.float32(0.75))])], styles=("2", "keras"))
pairs = q.astype("f8")[:, :, None] + v[:, None]
scale = data(6)
one("attention-concat", "Attention", {"use_scale": False, "score_mode": "concat", "dropout": 0.0}, [q, v], [softmax_of(0.5 * np.tanh(pairs).sum(-1)) @ v], [("", [("concat_score_weight", np.float32(0.5))])], styles=("2", "keras"))
one("attention-additive", "AdditiveAttention", {"use_scale": True, "dropout": 0.0}, [q, v], [softmax_of((scale * np.tanh(pairs)).sum(-1)) @ v], [("", [("scale", scale)])], styles=("2", "keras"))

# Graphs: a shared layer, a nested model called twice, several inputs and outputs.
x, z = data(1, 4), data(1, 4)
k, b, k2, b2 = data(4, 4), data(4), data(4, 2), data(2)
g, be, mm, vv = data(4), data(4), data(4), data(4, low=0.5, high=1.5)


def inputs(*names):
    return [Layer("InputLayer", n, {"batch_input_shape": [None, 4], "sparse": False}) for n in names]


def dense(x, k, b):
    return x.astype("f8") @ k + b


shared = Layer("Dense", "shared", {"units": 4, "activation": "linear", "use_bias": True}, [("", [("kernel", k), ("bias", b)])], [[("left", 0, 0)], [("right", 0, 0)], [("shared", 0, 0)]])
total = Layer("Add", "total", {}, (), [[("shared", 2, 0), ("shared", 1, 0)]])
head = Layer("Dense", "head", {"units": 2, "activation": "linear", "use_bias": True}, [("", [("kernel", k2), ("bias", b2)])], [[("total", 0, 0)]])
model = Model("graph", inputs("left", "right") + [shared, total, head], [("left", 0, 0), ("right", 0, 0)], [("head", 0, 0), ("total", 0, 0)])
t = dense(dense(x, k, b), k, b) + dense(z, k, b)
save("graph-shared", model, [x, z], [dense(t, k2, b2), t])


def inner(first_call):
    norm_ = Layer("BatchNormalization", "norm", {"axis": [1], "epsilon": 0.001, "momentum": 0.99, "center": True, "scale": True},
                  [("", [("gamma", g), ("beta", be), ("moving_mean", mm), ("moving_variance", vv)])], [[("inside", 0, 0)]], frozen=("moving_mean", "moving_variance"))
    d = Layer("Dense", "dense", {"units": 4, "activation": "linear", "use_bias": True}, [("", [("kernel", k), ("bias", b)])], [[("norm", 0, 0)]])
    return Model("nested", inputs("inside") + [norm_, d], [("inside", 0, 0)], [("dense", 0, 0)])


def nested(x):
    return dense((x - mm) / np.sqrt(vv.astype("f8") + 0.001) * g + be, k, b)


part = Layer("Functional", "nested", {}, (), [[("left", 0, 0)], [("nested", 1, 0)]], model=inner(1))
head = Layer("Dense", "head", {"units": 2, "activation": "linear", "use_bias": True}, [("", [("kernel", k2), ("bias", b2)])], [[("nested", 2, 0)]])
model = Model("graph", inputs("left") + [part, head], [("left", 0, 0)], [("head", 0, 0)])
save("graph-nested", model, [x], [dense(nested(nested(x)), k2, b2)])


# Sequential: as Keras 2 and 3 write it, and as the first releases did; nested in another model and in a wrapper.
def sequential(name, config, model, version, xs, ys, suffix=":0", build=None):
    bytes_ = io.BytesIO()
    with h5py.File(bytes_, "w") as f:
        write_h5(f, model, {}, version, suffix)
        f.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": config, **(build or {})}).encode()
        for i, v in enumerate(xs):
            f[f"test/input_{i}"] = v
        for i, v in enumerate(ys):
            f[f"test/output_{i}"] = np.asarray(v, "f4")
    archive.writestr(zipfile.ZipInfo(f"{name}.h5", (2024, 1, 1, 0, 0, 0)), bytes_.getvalue())


def dense_config(name, **more):
    return {"class_name": "Dense", "config": dict({"name": name, "units": 4, "activation": "linear", "use_bias": True}, **more)}


one_layer = Layer("Dense", "one", {}, [("", [("kernel", k), ("bias", b)])])
two_layer = Layer("Dense", "two", {}, [("", [("kernel", k2), ("bias", b2)])])
model = Model("sequential", [one_layer, two_layer], [], [])
y = dense(dense(x, k, b), k2, b2)
sequential("sequential-first-layer", {"name": "sequential", "layers": [dense_config("one", batch_input_shape=[None, 4]), dense_config("two", units=2)]}, model, "2.2.4", [x], [y])
sequential("sequential-input-layer", {"name": "sequential", "layers": [{"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "dtype": "float32", "name": "one_input"}}, dense_config("one"), dense_config("two", units=2)]}, model, "2.9.0", [x], [y])
sequential("sequential-list", [dense_config("one", batch_input_shape=[None, 4]), dense_config("two", units=2)], model, "2.1.6", [x], [y])
sequential("sequential-built", {"name": "sequential", "layers": [dense_config("one"), dense_config("two", units=2)], "build_input_shape": [None, 4]}, model, "2.9.0", [x], [y])


def archive_of(name, config, write, xs, ys):
    bytes_ = io.BytesIO()
    with h5py.File(bytes_, "w") as f:
        write(f)
        for i, v in enumerate(xs):
            f[f"test/input_{i}"] = v
        for i, v in enumerate(ys):
            f[f"test/output_{i}"] = np.asarray(v, "f4")
    weights = bytes_.getvalue()
    bytes_ = io.BytesIO()
    with zipfile.ZipFile(bytes_, "w") as z:
        for entry, body in (("metadata.json", json.dumps({"keras_version": "3.6.0"})), ("config.json", json.dumps(dict(config, compile_config={"loss": {"module": "keras.losses", "class_name": "MeanSquaredError", "config": {}}}))), ("model.weights.h5", weights)):
            z.writestr(zipfile.ZipInfo(entry, (2024, 1, 1, 0, 0, 0)), body)
    archive.writestr(zipfile.ZipInfo(f"{name}.keras", (2024, 1, 1, 0, 0, 0)), bytes_.getvalue())


def keras3(cls, config):
    return {"module": "keras", "class_name": cls, "config": config, "registered_name": cls}


def layer3(cls, name, calls=None, **config):
    made = {"module": "keras.layers", "class_name": cls, "config": dict(config, name=name), "registered_name": None}
    return made if calls is None else dict(made, name=name, inbound_nodes=[{"args": [tensor3(r) for r in call], "kwargs": {}} for call in calls])


def tensor3(r):
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": list(r)}} if isinstance(r, tuple) else r


def variables(f, path, *arrays):
    for i, v in enumerate(arrays):
        f[f"{path}/vars/{i}"] = v


layers = [layer3("InputLayer", "input_layer", batch_shape=[None, 4], dtype="float32"), layer3("Dense", "one", units=4, activation="linear", use_bias=True), layer3("Dense", "two", units=2, activation="linear", use_bias=True)]
archive_of("sequential", keras3("Sequential", {"name": "sequential", "layers": layers}), lambda f: (variables(f, "layers/dense", k, b), variables(f, "layers/dense_1", k2, b2)), [x], [y])
inner3 = dict(keras3("Sequential", {"name": "part", "layers": [layer3("InputLayer", "inside", batch_shape=[None, 4]), layer3("Dense", "one", units=4, activation="linear", use_bias=True)]}),
              name="part", inbound_nodes=[{"args": [tensor3(("input_layer", 0, 0))], "kwargs": {}}, {"args": [tensor3(("part", 0, 0))], "kwargs": {}}])
archive_of("sequential-nested", keras3("Functional", {"name": "model", "layers": [layer3("InputLayer", "input_layer", [], batch_shape=[None, 4]), inner3, layer3("Dense", "two", [[("part", 1, 0)]], units=2, activation="linear", use_bias=True)],
                                                     "input_layers": [["input_layer", 0, 0]], "output_layers": ["two", 0, 0]}),
           lambda f: (variables(f, "layers/sequential/layers/dense", k, b), variables(f, "layers/dense", k2, b2)), [x], [dense(dense(dense(x, k, b), k, b), k2, b2)])
steps = data(1, 3, 4)
wrapped = {"class_name": "TimeDistributed", "config": {"name": "steps", "batch_input_shape": [None, 3, 4], "layer": {"class_name": "Sequential", "config": {"name": "part", "layers": [dense_config("one", batch_input_shape=[None, 4]), dense_config("two", units=2)]}}}}
sequential("timedistributed-model", {"name": "sequential", "layers": [wrapped]}, Model("m", [Layer("TimeDistributed", "steps", {}, [("", [("a", k), ("b", b), ("c", k2), ("d", b2)])])], [], []), "2.9.0", [steps], [dense(dense(steps, k, b), k2, b2)])
old = {"name": "outer", "layers": [{"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "name": "in"}, "name": "in", "inbound_nodes": []},
                                   {"class_name": "Sequential", "config": {"name": "part", "layers": [dense_config("one", batch_input_shape=[None, 4]), dense_config("two", units=2)]}, "name": "part", "inbound_nodes": [[["in", 0, 0, {}]]]}],
       "input_layers": [["in", 0, 0]], "output_layers": [["part", 1, 0]]}
bytes_ = io.BytesIO()
with h5py.File(bytes_, "w") as f:
    write_h5(f, Model("outer", [Layer("Sequential", "part", {}, (), (), model=model)], [], []), old, "2.9.0", ":0")
    f["test/input_0"], f["test/output_0"] = x, np.asarray(y, "f4")
archive.writestr(zipfile.ZipInfo("sequential-nested.k2.h5", (2024, 1, 1, 0, 0, 0)), bytes_.getvalue())

# Functions among the layers: (relu6(x + 3) / 6) * x, 1 - x, as Keras 3 and TensorFlow write them.
v = x.astype("f8")
functions3 = [
    layer3("InputLayer", "x", [], batch_shape=[None, 4]),
    dict(layer3("Add", "add", [[("x", 0, 0), 3.0]]), module="keras.src.ops.numpy"),
    layer3("ReLU", "relu", [[("add", 0, 0)]], max_value=6.0, negative_slope=0.0, threshold=0.0),
    dict(layer3("TrueDivide", "divide", [[("relu", 0, 0), 6.0]]), module="keras.src.ops.numpy"),
    dict(layer3("Multiply", "multiply", [[("divide", 0, 0), ("x", 0, 0)]]), module="keras.src.ops.numpy"),
    dict(layer3("Subtract", "subtract", [[1.0, ("multiply", 0, 0)]]), module="keras.src.ops.numpy"),
    dict(layer3("Sigmoid", "sigmoid", [[("subtract", 0, 0)]]), module="keras.src.ops.nn"),
]
y = 1 - v * np.clip(v + 3, 0, 6) / 6
archive_of("functions", keras3("Functional", {"name": "model", "layers": functions3, "input_layers": ["x", 0, 0], "output_layers": [["subtract", 0, 0], ["sigmoid", 0, 0]]}), lambda f: f.create_group("layers"), [x], [y, 1 / (1 + np.exp(-y))])


def lambda2(title, function, first, **options):
    return {"class_name": "TFOpLambda", "config": {"name": title, "trainable": True, "dtype": "float32", "function": function}, "name": title, "inbound_nodes": [[*first, options]]}


functions2 = [
    {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "name": "x"}, "name": "x", "inbound_nodes": []},
    lambda2("add", "__operators__.add", ["x", 0, 0], y=3.0, name=None),
    {"class_name": "ReLU", "config": {"name": "relu", "max_value": 6.0, "negative_slope": 0.0, "threshold": 0.0}, "name": "relu", "inbound_nodes": [[["add", 0, 0, {}]]]},
    lambda2("scale", "math.multiply", ["relu", 0, 0], y=1 / 6, name=None),
    lambda2("times", "math.multiply", ["scale", 0, 0], y=["x", 0, 0], name=None),
    lambda2("subtract", "math.subtract", ["_CONSTANT_VALUE", -1, 1.0], y=["times", 0, 0], name=None),
    lambda2("sigmoid", "math.sigmoid", ["subtract", 0, 0], name=None),
]
bytes_ = io.BytesIO()
with h5py.File(bytes_, "w") as f:
    write_h5(f, Model("m", [], [], []), {"name": "model", "layers": functions2, "input_layers": [["x", 0, 0]], "output_layers": [["subtract", 0, 0], ["sigmoid", 0, 0]]}, "2.9.0", ":0")
    f["test/input_0"], f["test/output_0"], f["test/output_1"] = x, np.asarray(y, "f4"), np.asarray(1 / (1 + np.exp(-y)), "f4")
archive.writestr(zipfile.ZipInfo("functions.k2.h5", (2024, 1, 1, 0, 0, 0)), bytes_.getvalue())

# Volumes, each computed from pictures: a convolution is the sum of those of the kernel's planes, pooling takes depth first.
def conv3d(x, w, b, strides, padding, dilation=(1, 1, 1), groups=1):
    x = np.asarray(x, "f8")
    if padding == "same":
        x = np.pad(x, [(0, 0), same(x.shape[1], w.shape[0], strides[0], dilation[0]), (0, 0), (0, 0), (0, 0)])
    depth = (x.shape[1] - (w.shape[0] - 1) * dilation[0] - 1) // strides[0] + 1
    planes = [sum(conv2d(x[:, i * strides[0] + p * dilation[0]], w[p], None, strides[1:], padding, dilation[1:], groups) for p in range(w.shape[0])) for i in range(depth)]
    return np.stack(planes, 1) + (0 if b is None else b)


def transpose3d(x, w, b, strides, padding, extra=None):
    """Along depth as transpose2d along height with one column; along the plane by transpose2d without bias."""
    planes = [[transpose2d(x[:, i], w[p], None, strides[1:], padding, extra and extra[1:]) for p in range(w.shape[0])] for i in range(x.shape[1])]
    n, kd, s = x.shape[1], w.shape[0], strides[0]
    out = n * s + (max(kd - s, 0) if padding == "valid" else 0) if extra is None else (n - 1) * s + kd - (2 * (kd // 2) if padding == "same" else 0) + extra[0]
    full = np.zeros((x.shape[0], (n - 1) * s + kd + 20, *planes[0][0].shape[1:]))
    for i in range(n):
        for p in range(kd):
            full[:, i * s + p] += planes[i][p]
    cut = max((n - 1) * s + kd - out, 0) // 2 if padding == "same" else 0
    return full[:, cut:cut + out] + b


x = data(1, 5, 4, 6, 3)
k, b = data(3, 2, 3, 3, 4), data(4)
for padding, strides, dilation in (("same", (2, 1, 2), (1, 1, 1)), ("valid", (1, 2, 1), (2, 1, 2))):
    config = {"filters": 4, "kernel_size": [3, 2, 3], "strides": list(strides), "padding": padding, "data_format": "channels_last", "dilation_rate": list(dilation), "groups": 1, "activation": "relu", "use_bias": True}
    y = act(conv3d(x, k, b, strides, padding, dilation), "relu")
    one(f"conv3d-{padding}", "Conv3D", config, [x], [y], [("", [("kernel", k), ("bias", b)])], styles=("2", "keras"))
    one(f"conv3d-first-{padding}", "Conv3D", dict(config, data_format="channels_first"), [first(x)], [first(y)], [("", [("kernel", k), ("bias", b)])], styles=("2",))
v = data(1, 3, 3, 3, 4)
k = data(2, 2, 2, 2, 6)
one("conv3d-groups", "Conv3D", {"filters": 6, "kernel_size": [2, 2, 2], "strides": [1, 1, 1], "padding": "valid", "data_format": "channels_last", "dilation_rate": [1, 1, 1], "groups": 2, "activation": "linear", "use_bias": False},
    [v], [conv3d(v, k, None, (1, 1, 1), "valid", groups=2)], [("", [("kernel", k)])], styles=("keras",))
for tag, kernel, strides, padding, extra in (("same", (3, 2, 3), (2, 2, 1), "same", None), ("valid", (2, 3, 2), (1, 2, 3), "valid", None), ("extra", (3, 3, 3), (2, 2, 2), "same", (1, 1, 1))):
    k, b = data(*kernel, 2, 4), data(2)
    config = {"filters": 2, "kernel_size": list(kernel), "strides": list(strides), "padding": padding, "output_padding": extra, "data_format": "channels_last", "dilation_rate": [1, 1, 1], "activation": "linear", "use_bias": True}
    one(f"conv3dtranspose-{tag}", "Conv3DTranspose", config, [v], [transpose3d(v, k, b, strides, padding, extra)], [("", [("kernel", k), ("bias", b)])], styles=("2", "keras"))
for kind, cls in (("max", "MaxPooling"), ("mean", "AveragePooling")):
    f = np.nanmax if kind == "max" else np.nanmean
    for padding in ("same", "valid"):
        wide = np.pad(x.astype("f8"), [(0, 0), *[same(x.shape[i + 1], (3, 2, 3)[i], 2, 1) if padding == "same" else (0, 0) for i in range(3)], (0, 0)], constant_values=np.nan)
        places = [range((wide.shape[i + 1] - (3, 2, 3)[i]) // 2 + 1) for i in range(3)]
        y = np.array([[[f(wide[0, 2 * d:2 * d + 3, 2 * h:2 * h + 2, 2 * w:2 * w + 3], (0, 1, 2)) for w in places[2]] for h in places[1]] for d in places[0]])[None]
        config = {"pool_size": [3, 2, 3], "padding": padding, "strides": [2, 2, 2], "data_format": "channels_last"}
        one(f"{snake(cls)}3d-{padding}", cls + "3D", config, [x], [y], styles=("2",))
        one(f"{snake(cls)}3d-first-{padding}", cls + "3D", dict(config, data_format="channels_first"), [first(x)], [first(y)], styles=("keras",))
    word = "Global" + ("Max" if kind == "max" else "Average") + "Pooling3D"
    for keep in (False, True):
        one(f"{snake(word)}-{keep}", word, {"data_format": "channels_last", "keepdims": keep}, [x], [f(x.astype("f8"), (1, 2, 3), keepdims=keep)], styles=("2",))
        one(f"{snake(word)}-first-{keep}", word, {"data_format": "channels_first", "keepdims": keep}, [first(x)], [f(first(x).astype("f8"), (2, 3, 4), keepdims=keep)], styles=("keras",))
one("upsampling3d", "UpSampling3D", {"size": [2, 1, 3], "data_format": "channels_last"}, [x], [x.repeat(2, 1).repeat(3, 3)], styles=("2", "keras"))

# Layers of keras.applications, and numbers as Keras 3 wraps arrays.
x, z, g = data(1, 3, 2, 4), data(1, 3, 2, 4), data(4)
one("layerscale", "LayerScale", {"init_values": 1e-6, "projection_dim": 4}, [x], [x * g], [("", [("gamma", g)])], styles=("2", "keras"))
one("stochasticdepth", "StochasticDepth", {"drop_path_rate": 0.1}, [x], [x], styles=("2",))
one("customscale", "CustomScaleLayer", {"scale": 0.17}, [x, z], [x + 0.17 * z], styles=("2",))
one("rescaling-array", "Rescaling", {"scale": {"class_name": "__numpy__", "config": {"value": [1.0, 2.0, 3.0, 4.0], "dtype": "float32"}}, "offset": {"class_name": "__tensor__", "config": {"value": 0.5, "dtype": "float32"}}},
    [x], [x * np.array([1, 2, 3, 4]) + 0.5], styles=("keras",))


# Slices, as Keras 3 and tf.keras write them.
def slice3(a, b, c=None):
    return {"class_name": "__slice__", "config": {"start": a, "stop": b, "step": c}}


def slice2(a, b, c=None):
    return {"start": a, "stop": b, "step": c}


def keys(part):
    return {"first": [part(None, None), 0], "tail": [part(None, None), part(1, None), part(None, None, -1), None], "last": [{"class_name": "__ellipsis__", "config": {}}, -1], "step": [part(None, None), part(-3, 5, 2)], "all": part(None, None)}


x = data(1, 4, 3, 2)
taken = [x[:, 0], x[:, 1:, ::-1, None], x[..., -1], x[:, -3:5:2], x]
layers = [layer3("InputLayer", "x", [], batch_shape=[None, 4, 3, 2], dtype="float32")]
for title, key in keys(slice3).items():
    item = dict(layer3("GetItem", title, [[("x", 0, 0)]]), module="keras.src.ops.numpy")
    item["inbound_nodes"][0]["args"].append(key)
    layers.append(item)
archive_of("slices", keras3("Functional", {"name": "model", "layers": layers, "input_layers": ["x", 0, 0], "output_layers": [[title, 0, 0] for title in keys(slice3)]}), lambda f: f.create_group("layers"), [x], taken)
layers = [{"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4, 3, 2], "name": "x"}, "name": "x", "inbound_nodes": []}]
for title, key in keys(slice2).items():
    layers.append(dict(lambda2(title, "__operators__.getitem", ["x", 0, 0], slice_spec={"class_name": "__tuple__", "items": key} if title == "step" else key), class_name="SlicingOpLambda"))
bytes_ = io.BytesIO()
with h5py.File(bytes_, "w") as f:
    write_h5(f, Model("m", [], [], []), {"name": "model", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [[title, 0, 0] for title in keys(slice2)]}, "2.9.0", ":0")
    f["test/input_0"] = x
    for i, y in enumerate(taken):
        f[f"test/output_{i}"] = np.asarray(y, "f4")
archive.writestr(zipfile.ZipInfo("slices.k2.h5", (2024, 1, 1, 0, 0, 0)), bytes_.getvalue())

# Functions that move elements, and lists in place of tensors: EfficientNet of TensorFlow 2.9 divides by one number for each channel.
x = data(1, 3, 2, 4)
by = [0.5, 2.0, 4.0, 0.25]
moved3 = [
    layer3("InputLayer", "x", [], batch_shape=[None, 3, 2, 4], dtype="float32"),
    dict(layer3("Reshape", "reshape", [[("x", 0, 0)]], newshape=[-1, 6, 4]), module="keras.src.ops.numpy"),
    dict(layer3("Transpose", "transpose", [[("reshape", 0, 0)]], axes=[0, 2, 1]), module="keras.src.ops.numpy"),
    dict(layer3("ExpandDims", "expand_dims", [[("transpose", 0, 0)]], axis=1), module="keras.src.ops.numpy"),
    dict(layer3("Squeeze", "squeeze", [[("expand_dims", 0, 0)]], axis=None), module="keras.src.ops.numpy"),
    dict(layer3("Concatenate", "concatenate", [], axis=-1), module="keras.src.ops.numpy", inbound_nodes=[{"args": [[tensor3(("x", 0, 0)), tensor3(("x", 0, 0))]], "kwargs": {}}]),
]
flat = x.reshape(1, 6, 4).transpose(0, 2, 1)
archive_of("movement", keras3("Functional", {"name": "model", "layers": moved3, "input_layers": ["x", 0, 0], "output_layers": [["expand_dims", 0, 0], ["squeeze", 0, 0], ["concatenate", 0, 0]]}), lambda f: f.create_group("layers"),
           [x], [flat[:, None], flat, np.concatenate([x, x], -1)])
moved2 = [
    {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 3, 2, 4], "name": "x"}, "name": "x", "inbound_nodes": []},
    lambda2("divide", "math.truediv", ["x", 0, 0], y=by, name=None),
    lambda2("reshape", "reshape", ["divide", 0, 0], shape=[-1, 6, 4]),
    lambda2("transpose", "transpose", ["reshape", 0, 0], perm=[0, 2, 1]),
    lambda2("expand", "expand_dims", ["transpose", 0, 0], axis=-1),
    lambda2("squeeze", "compat.v1.squeeze", ["expand", 0, 0], axis=[3], name=None),
    dict(lambda2("concat", "concat", ["x", 0, 0]), inbound_nodes=[[["x", 0, 0, {"axis": 1}], ["x", 0, 0, {"axis": 1}]]]),
]
flat = (x / np.array(by)).reshape(1, 6, 4).transpose(0, 2, 1)
bytes_ = io.BytesIO()
with h5py.File(bytes_, "w") as f:
    write_h5(f, Model("m", [], [], []), {"name": "model", "layers": moved2, "input_layers": [["x", 0, 0]], "output_layers": [["expand", 0, 0], ["squeeze", 0, 0], ["concat", 0, 0]]}, "2.9.0", ":0")
    f["test/input_0"] = x
    for i, y in enumerate([flat[..., None], flat, np.concatenate([x, x], 1)]):
        f[f"test/output_{i}"] = np.asarray(y, "f4")
archive.writestr(zipfile.ZipInfo("movement.k2.h5", (2024, 1, 1, 0, 0, 0)), bytes_.getvalue())

# Files made to do harm: a dense layer of 6 x 4 whose kernel is not what it seems.
def hostile(name, spoil):
    """spoil: makes the kernel in a group, under a name."""
    layer = Layer("Dense", "layer", {"units": 4, "activation": "linear", "use_bias": False}, [("", [("kernel", data(6, 4))])], [[("input_1", 0, 0)]])
    model = Model("model", [Layer("InputLayer", "input_1", {"batch_input_shape": [None, 6]}), layer], [("input_1", 0, 0)], [("layer", 0, 0)])
    for style in ("h5", "keras"):
        bytes_ = io.BytesIO()
        with h5py.File(bytes_, "w") as f:
            if style == "h5":
                write_h5(f, model, model.config2(), "2.9.0", ":0")
                group, key = f["model_weights/layer/layer"], "kernel:0"
            else:
                write_vars(f, model)
                group, key = f["layers/dense/vars"], "0"
            del group[key]
            spoil(group, key)
        content = bytes_.getvalue()
        if style == "keras":
            bytes_ = io.BytesIO()
            with zipfile.ZipFile(bytes_, "w") as z:
                for entry, body in (("metadata.json", json.dumps({"keras_version": "3.4.1"})), ("config.json", json.dumps({"module": "keras", "class_name": "Functional", "config": model.config3()})), ("model.weights.h5", content)):
                    z.writestr(zipfile.ZipInfo(entry, (2024, 1, 1, 0, 0, 0)), body)
            content = bytes_.getvalue()
        archive.writestr(zipfile.ZipInfo(f"hostile/{name}.{style}", (2024, 1, 1, 0, 0, 0)), content)


def virtual(group, key):
    layout = h5py.VirtualLayout((6, 4), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "data", (6, 4))
    group.create_virtual_dataset(key, layout)


def bomb(group, key):
    import zlib
    d = group.create_dataset(key, shape=(6, 4), dtype="f4", chunks=(6, 4), compression="gzip")
    d.id.write_direct_chunk((0, 0), zlib.compress(b"\0" * (20 << 20), 9))


def link(group, key):
    group[key] = h5py.ExternalLink("/etc/passwd", "/data")


def circle(group, key):
    group[key] = h5py.SoftLink("a")
    group["a"] = h5py.SoftLink("b")
    group["b"] = h5py.SoftLink("a")


hostile("external-storage", lambda group, key: group.create_dataset(key, shape=(6, 4), dtype="f4", external=[("/etc/passwd", 0, 96)]))
hostile("external-link", link)
hostile("virtual", virtual)
hostile("deflate-bomb", bomb)
hostile("huge-chunked", lambda group, key: group.create_dataset(key, shape=(6, 100_000_000), dtype="f4", chunks=(1, 1000)))
hostile("huge-elements", lambda group, key: group.create_dataset(key, shape=(1 << 40, 1 << 20), dtype="f4", chunks=(1, 1000)))
hostile("soft-circle", circle)
bytes_ = io.BytesIO()
with h5py.File(bytes_, "w") as f:
    f["model_weights/layer/kernel:0"] = data(6, 4)
archive.writestr(zipfile.ZipInfo("hostile/weights-only.h5", (2024, 1, 1, 0, 0, 0)), bytes_.getvalue())
archive.close()
with open("layers.zip.gz", "wb") as f:
    f.write(gzip.compress(packed.getvalue(), 9, mtime=0))  # as a whole: the files have much in common
