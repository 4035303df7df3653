"""Notebook cells of the page *Open a file*: they name what a person has, never the temporary copy that the server works on."""

from dataclasses import dataclass, field, fields

from core.data.image_choice import ImageChoice
from core.runs import Run
from explorer import cells


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was made of a file: the network that somebody chose (None: recognised), and the images.

    `own_folder`: a browser sent the folder of images, so that only its owner knows where it is.
    """

    model: str | None = None
    activation: str | None = None
    images: ImageChoice = field(default_factory=ImageChoice)
    own_folder: bool = False


def curves_of_upload(name: str, made: Measured) -> str:
    """Return the lines that make the curve table of a file that a browser sent under `name`: its owner sets the path."""
    file = f"FILE = {name!r}  # set this to where the file lies on your computer"
    return _cell((), file, made)


def curves_of_run(run: Run, made: Measured) -> str:
    """Return the lines that make the curve table of a run's checkpoint on these images."""
    file = f"FILE = checkpoint_path(run.path, {run.find_checkpoint()})"
    return f"{cells.one_run(run)}\n\n{_cell(('from core.runs.checkpoints import checkpoint_path',), file, made)}"


def _cell(imports: tuple[str, ...], file: str, made: Measured) -> str:
    lines, arguments = [file], ["FILE"]
    if made.images.dataset:
        imports = ("from core.data.image_choice import ImageChoice", *imports)
        arguments.append(_images(made))
        if made.own_folder:
            lines.append("FOLDER = 'images'  # set this to your folder of images, one sub-folder per class")
    chosen = {"model": made.model, "activation": made.activation}
    arguments += [f"{key}={value!r}" for key, value in chosen.items() if value is not None]
    heads = [*imports, "from explorer.open_file_tables import file_curves"]
    return "\n".join([*heads, "", *lines, f"table = file_curves({', '.join(arguments)})"])


def _images(made: Measured) -> str:
    """Return the choice of images as Python, without what stands at its default."""
    given = {f.name: getattr(made.images, f.name) for f in fields(made.images)}
    said = {f.name: repr(given[f.name]) for f in fields(made.images) if given[f.name] != f.default}
    if made.own_folder:
        said["data_dir"] = "FOLDER"
    return f"ImageChoice({', '.join(f'{key}={value}' for key, value in said.items())})"
