"""What the meta tests share: where the project is, and how to load a script as a module."""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def load_script(name):
    """A script of scripts/ as a module; leaves no compiled copy beside it."""
    path = ROOT / "scripts" / name
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader(name.replace(".", "_"), str(path))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[loader.name] = module
    loader.exec_module(module)
    return module


def sources(*folders, suffixes=(".h", ".cpp")):
    """Every file with one of the suffixes below the folders; captured trees of machines are data."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if "sysroots" in path.parts or path.is_symlink():
                continue
            if path.is_file() and (path.suffix in suffixes or not suffixes):
                yield path
