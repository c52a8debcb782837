"""The library targets and their symbol graphs, for .scripts/docs and .ci/symbols."""

import json
import os
import subprocess
import sys


def library_targets(root):
    """The Swift files of each target under Sources that isn't a program, by the target's name."""
    targets = {}
    for name in sorted(os.listdir(os.path.join(root, "Sources"))):
        files = swift_files(os.path.join(root, "Sources", name)) if name != "Foreign" else []
        if files and not any(is_program(file) for file in files):
            targets[name] = files
    return targets


def swift_files(folder):
    return sorted(
        os.path.join(path, name) for path, _, names in os.walk(folder) for name in names if name.endswith(".swift"))


def is_program(path):
    with open(path, encoding="utf-8") as file:
        return os.path.basename(path) == "main.swift" or "\n@main" in "\n" + file.read()


def build_folder(root, given=None):
    """The folder of a release build, with the compiled modules."""
    folder = given or os.path.join(root, ".build", "release")
    if not os.path.isdir(os.path.join(folder, "Modules")):
        sys.exit(f"there are no compiled modules in {folder}; build first: swift build -c release")
    return os.path.realpath(folder)


def extract(root, targets, build, folder, access="public"):
    """Writes the symbol graphs of the targets into the folder, one folder per target, and returns them by target."""
    triple = os.path.basename(os.path.dirname(build))
    flags = []
    foreign = os.path.join(root, "Sources", "Foreign")
    for name in sorted(os.listdir(foreign)):
        for path in [
            os.path.join(foreign, name, "module.modulemap"),
            os.path.join(foreign, name, "include", "module.modulemap"),
            os.path.join(build, name + ".build", "module.modulemap"),
        ]:
            if os.path.exists(path):
                flags += ["-Xcc", "-fmodule-map-file=" + path]
                break
    for package in ["cairo", "pangocairo", "sqlite3", "zlib"]:
        found = subprocess.run(["pkg-config", "--cflags-only-I", package], capture_output=True, text=True)
        for flag in found.stdout.split():
            flags += ["-Xcc", flag]
    graphs = {}
    for target in targets:
        output = os.path.join(folder, target)
        os.makedirs(output)
        done = subprocess.run(
            ["swift-symbolgraph-extract", "-module-name", target, "-I", os.path.join(build, "Modules"), "-target", triple,
             "-minimum-access-level", access, "-skip-synthesized-members", "-emit-extension-block-symbols",
             "-output-dir", output] + flags, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"can't read the compiled module {target}; build again: swift build -c release\n{done.stderr}")
        graphs[target] = []
        for file in sorted(os.listdir(output)):
            with open(os.path.join(output, file), encoding="utf-8") as text:
                graphs[target].append(json.load(text))
    return graphs
