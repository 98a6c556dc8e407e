"""Run by the interpreter that is to be examined: probe.py python|torch|mlx|mlx_lm SECONDS

Prints one line, "m1opt-probe: " and a JSON object. A package is really used: it multiplies two matrices.
Older interpreters than any package wants are asked too, so nothing here is newer than Python 3.0.
"""

import sys

sys.path[:] = [place for place in sys.path if place]  # not the current directory: anything may lie there

import json
import os
import platform
import signal

LEFT, RIGHT = [[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]


def flat(rows):
    return [float(number) for row in rows for number in row]


def version_of(name, module):
    try:
        from importlib.metadata import version
        return version(name)
    except Exception:
        return str(getattr(module, "__version__", ""))


def interpreter():
    return {"executable": sys.executable, "implementation": platform.python_implementation(),
            "version": platform.python_version(), "machine": platform.machine(), "system": platform.system(),
            "macos": platform.mac_ver()[0], "prefix": sys.prefix, "base_prefix": getattr(sys, "base_prefix", sys.prefix)}


def torch(told):
    import torch
    told["version"] = str(torch.__version__)
    mps = getattr(torch.backends, "mps", None)
    told["mps_built"] = bool(mps and mps.is_built())
    told["mps_available"] = bool(mps and mps.is_available())
    told["cuda"], told["hip"] = torch.version.cuda, getattr(torch.version, "hip", None)
    told["gpu_available"] = bool(torch.cuda.is_available())
    told["device"] = "mps" if told["mps_available"] else "cuda" if told["gpu_available"] else "cpu"
    if told["gpu_available"]:
        told["device_name"] = torch.cuda.get_device_name(0)
    product = torch.tensor(LEFT, device=told["device"]) @ torch.tensor(RIGHT, device=told["device"])
    told["product"] = flat(product.cpu().tolist())


def mlx(told):
    import mlx.core as mx
    told["version"] = version_of("mlx", mx)
    told["device"] = "gpu" if "gpu" in str(mx.default_device()) else "cpu"
    told["metal"] = bool(mx.metal.is_available())
    product = mx.array(LEFT) @ mx.array(RIGHT)
    mx.eval(product)
    told["product"] = flat(product.tolist())
    info = (getattr(mx, "device_info", None) or mx.metal.device_info)()
    told["device_name"] = str(info.get("device_name", ""))
    if "max_recommended_working_set_size" in info:
        told["recommended_bytes"] = int(info["max_recommended_working_set_size"])


def mlx_lm(told):
    import mlx.core as mx
    import mlx_lm
    told["version"] = version_of("mlx-lm", mlx_lm)
    told["loads"] = callable(mlx_lm.load) and callable(mlx_lm.generate)
    from mlx_lm.sample_utils import make_sampler
    told["sampled"] = int(make_sampler(temp=0.0)(mx.array([[0.0, 0.5, 1.0, 0.25]])).item())


def package(name):
    from importlib.util import find_spec
    told = {"package": name, "installed": find_spec(name) is not None}
    if told["installed"]:
        try:
            {"torch": torch, "mlx": mlx, "mlx_lm": mlx_lm}[name](told)
        except BaseException as error:  # whatever a package does, it is told
            told["error"] = (type(error).__name__ + ": " + str(error))[:600]
    return told


def main():
    name, seconds = sys.argv[-2:]
    signal.alarm(int(seconds))
    told = interpreter() if name == "python" else package(name)
    sys.stdout.flush()
    os.write(1, ("\nm1opt-probe: " + json.dumps(told) + "\n").encode())
    os._exit(0)  # what packages do at the end of a program is not examined


if __name__ == "__main__":
    main()
