"""ONNX Runtime over its C API, from the library inside npm's onnxruntime-node: Debian has no Python package of it.

ORT_LIB names libonnxruntime.so.1. Numbers are places in the table of functions `OrtApi`.
"""
import ctypes as C
import os

import numpy as np


class _Base(C.Structure):
    _fields_ = [
        ("GetApi", C.CFUNCTYPE(C.c_void_p, C.c_uint32)),
        ("GetVersionString", C.CFUNCTYPE(C.c_char_p)),
    ]


_library = C.CDLL(os.environ["ORT_LIB"])
_library.OrtGetApiBase.restype = C.POINTER(_Base)
_api = C.cast(_library.OrtGetApiBase().contents.GetApi(13), C.POINTER(C.c_void_p))
P = C.c_void_p


def _function(number, *arguments, result=P):
    return C.CFUNCTYPE(result, *arguments)(_api[number])


_message = _function(2, P, result=C.c_char_p)
_create_env = _function(3, C.c_int, C.c_char_p, P)
_create_session = _function(7, P, C.c_char_p, P, P)
_run = _function(9, P, P, P, P, C.c_size_t, P, C.c_size_t, P)
_create_options = _function(10, P)
_set_optimisation = _function(23, P, C.c_int)
_set_threads = _function(24, P, C.c_int)
_create_tensor = _function(49, P, P, C.c_size_t, P, C.c_size_t, C.c_int, P)
_get_data = _function(51, P, P)
_cpu_memory = _function(69, C.c_int, C.c_int, P)
_release_value = _function(96, P, result=None)
_TYPES = {"float32": 1, "uint8": 2, "int32": 6}


def _check(status):
    if status:
        raise RuntimeError(_message(status).decode())


_env, _memory = P(), P()
_check(_create_env(3, b"peer", C.byref(_env)))
_check(_cpu_memory(0, 0, C.byref(_memory)))


class Session:
    """One thread, all optimisations."""

    def __init__(self, path):
        options, self._session = P(), P()
        _check(_create_options(C.byref(options)))
        _check(_set_optimisation(options, 99))
        _check(_set_threads(options, 1))
        _check(_create_session(_env, path.encode(), options, C.byref(self._session)))

    def run(self, feeds, output, shape):
        """The floats of `output`, of `shape`."""
        count = len(feeds)
        names = (C.c_char_p * count)(*[name.encode() for name in feeds])
        values, kept = (P * count)(), []
        for i, array in enumerate(feeds.values()):
            array = np.ascontiguousarray(array)
            dims, value = (C.c_int64 * array.ndim)(*array.shape), P()
            kind = _TYPES[str(array.dtype)]
            _check(_create_tensor(
                _memory, array.ctypes.data, array.nbytes, dims, array.ndim, kind, C.byref(value)))
            values[i] = value.value
            kept += [array, dims]
        wanted, found = (C.c_char_p * 1)(output.encode()), (P * 1)()
        _check(_run(self._session, None, names, values, count, wanted, 1, found))
        data = P()
        _check(_get_data(found[0], C.byref(data)))
        floats = np.ctypeslib.as_array(C.cast(data, C.POINTER(C.c_float)), shape).copy()
        for value in list(values) + [found[0]]:
            _release_value(value)
        return floats
