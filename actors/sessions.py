"""Opens small networks of ONNX on one thread of the CPU, so that the same input gives the same output."""

from pathlib import Path

import onnxruntime

from schemas.errors import GenerationError

_ERRORS_ONLY = 3


def open_session(path: Path, further: bytes = b"") -> onnxruntime.InferenceSession:
    """Open the network in *path*, with what *further* adds to its file.

    Raises GenerationError for a file that is none.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    try:
        network = path.read_bytes() + further if further else path
        return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base of their own
        raise GenerationError(f"{path.name}: cannot be loaded: {error}") from error
