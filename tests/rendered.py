"""The shipped programs' mixtures and data, by the name of the program."""

from __future__ import annotations

import importlib.util

from stanmix.program.files import models_folder

COPIES = models_folder() / "programs"

_spec = importlib.util.spec_from_file_location("render", models_folder() / "render.py")
render = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(render)

EXAMPLES = {render.shipped_name(model): (model, frame) for model, frame in render.examples()}
