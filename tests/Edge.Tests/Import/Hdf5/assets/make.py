"""Makes the HDF5 files that Hdf5FileTests reads, with h5py. Every number follows from its position, so the tests can compute what must be there.

Run: python3 make.py. The files are packed with gzip: they are mostly zeros.
"""
import glob
import gzip
import os

import h5py
import numpy as np


def ramp(shape, dtype):
    """0, 1, 2, ... modulo 251, minus 100 where the type has a sign."""
    values = np.arange(np.prod(shape, dtype=int)) % 251
    return (values - (0 if np.dtype(dtype).kind == "u" else 100)).astype(dtype).reshape(shape)


def types(name, libver, **options):
    """Every number type in both byte orders, text attributes of each kind."""
    with h5py.File(name, "w", libver=libver, **options) as f:
        for code in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"):
            for order in "<>":
                f.create_dataset(f"types/{'little' if order == '<' else 'big'}/{code}", data=ramp((3, 5), order + code))
        f.create_dataset("scalar", data=np.float32(2.5))
        f.create_dataset("flags", data=np.array([True, False, True]))
        f.create_dataset("bfloat16", data=np.array([0x3F80, 0xC020], "<u2").view("V2"))
        f["bfloat16"].attrs["dtype"] = "bfloat16"
        f.create_dataset("unwritten", shape=(4,), dtype="f4", fillvalue=1.5)
        f.create_dataset("texts", data=["one", "deux", "три"], dtype=h5py.string_dtype())
        f.attrs["variable"] = "text of any length: é"
        f.attrs["fixed"] = np.bytes_("fixed text")
        f.attrs["list"] = np.array([b"kernel:0", b"a/longer/name:0"])
        f.attrs["variable list"] = np.array(["alpha", "beta"], dtype=h5py.string_dtype())
        f.attrs["empty"] = np.array([])
        f["hard"] = f["types/little/f4"]
        f["soft"] = h5py.SoftLink("/types/little/f4")
        f["circle"] = h5py.SoftLink("/circle")
        f["external"] = h5py.ExternalLink("/etc/passwd", "/data")


types("earliest.h5", "earliest")
types("latest.h5", "latest")
types("userblock.h5", "earliest", userblock_size=512)

# Superblock 3 and every chunk index of layout 4: single, implicit, fixed array, extensible array, B-tree version 2; and the B-tree of version 1.
for libver in ("earliest", "latest"):
    with h5py.File(f"chunked-{libver}.h5", "w", libver=libver) as f:
        data = ramp((13, 10), "f4")
        f.create_dataset("single", data=data, chunks=(13, 10))
        f.create_dataset("single-gzip", data=data, chunks=(13, 10), compression="gzip")
        f.create_dataset("plain", data=data, chunks=(4, 3))
        f.create_dataset("gzip", data=data, chunks=(4, 3), compression="gzip", compression_opts=9)
        f.create_dataset("shuffle", data=data, chunks=(4, 3), compression="gzip", shuffle=True)
        f.create_dataset("fletcher", data=data, chunks=(4, 3), compression="gzip", shuffle=True, fletcher32=True)
        if libver == "latest":
            f.create_dataset("many", data=ramp((1500,), "i2"), chunks=(1,))
        f.create_dataset("growing", data=data, chunks=(4, 3), maxshape=(None, 10))
        f.create_dataset("growing-gzip", data=data, chunks=(4, 3), maxshape=(13, None), compression="gzip")
        if libver == "latest":
            f.create_dataset("growing-long", data=ramp((700,), "u1"), chunks=(1,), maxshape=(None,))
        f.create_dataset("both", data=data, chunks=(4, 3), maxshape=(None, None))
        f.create_dataset("both-gzip", data=data, chunks=(4, 3), maxshape=(None, None), compression="gzip")
        f.create_dataset("limited", data=data, chunks=(4, 3), maxshape=(20, 30))
        holes = f.create_dataset("holes", shape=(9, 9), chunks=(3, 3), dtype="i4", fillvalue=-7)
        holes[3:6, 6:9] = ramp((3, 3), "i4")
        early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        early.set_chunk((4, 3))
        early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        space = h5py.h5s.create_simple((13, 10))
        h5py.h5d.create(f.id, b"implicit", h5py.h5t.IEEE_F32LE, space, dcpl=early).write(h5py.h5s.ALL, h5py.h5s.ALL, data)
        f.create_dataset("lzf", data=data, chunks=(4, 3), compression="lzf")
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        h5py.h5d.create(f.id, b"compact", h5py.h5t.IEEE_F32LE, space, dcpl=compact).write(h5py.h5s.ALL, h5py.h5s.ALL, data)

# Groups with many links, and objects with many or large attributes: B-trees of several levels, dense storage, huge objects.
for libver in ("earliest", "latest"):
    with h5py.File(f"dense-{libver}.h5", "w", libver=libver) as f:
        many = f.create_group("many")
        for i in range(300):
            many[f"link {i}"] = h5py.SoftLink(f"/target{i % 2}")
        f["target0"] = np.float32(0)
        f["target1"] = np.float32(1)
        for i in range(40):
            many.attrs[f"attribute {i}"] = f"value {i}"
        if libver == "latest":
            many.attrs["large"] = np.array([b"x" * 700] * 100)

# Data outside of the file.
with h5py.File("external-storage.h5", "w") as f:
    f.create_dataset("stolen", shape=(8,), dtype="u1", external=[("/etc/passwd", 0, 8)])

for name in glob.glob("*.h5"):
    with open(name, "rb") as f, open(name + ".gz", "wb") as packed:
        packed.write(gzip.compress(f.read(), 9, mtime=0))
    os.remove(name)
