"""The README's table of activations, made from the registry: `python -m tests.project.readme_table` writes it."""

import re

from core.activations import ActivationInfo, activation_names, describe

from .tools import ROOT

README = ROOT / "README.md"
BETWEEN = re.compile(r"(<!-- activations: begin .*? -->\n).*?(<!-- activations: end -->)", re.DOTALL)


def table() -> str:
    """Return the table as Markdown, one row per activation in the registry's order."""
    head = ["| name | formula | parameters at the start | default sharing | reference |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(row(describe(name)) for name in activation_names())]) + "\n"


def row(info: ActivationInfo) -> str:
    """Return one row. A bar in the formula becomes `\\vert`, which a Markdown table leaves alone."""
    formula = re.sub(r"\\?\|", r"\\vert ", " ".join(info.formula.split()))
    parameters = ", ".join(f"{name} = {value:g}" for name, value in info.parameters.items())
    sharing = info.default_sharing if info.parameters else "–"
    reference = info.reference.replace("|", "\\|")
    return f"| `{info.name}` | $`{formula}`$ | {parameters or '–'}{behaviour(info)} | {sharing} | {reference} |"


def behaviour(info: ActivationInfo) -> str:
    """Return what sets the activation apart in training, to follow its parameters."""
    if info.stochastic:
        return "; noise in training"
    return "; another derivative in training" if info.surrogate_gradient and not info.trainable else ""


def renewed(readme: str) -> str:
    """Return the README's text with the table of the present registry."""
    text, count = BETWEEN.subn(lambda match: match[1] + table() + match[2], readme)
    if count != 1:
        raise ValueError(f"README.md must hold the two marks of the activations table once; found {count}.")
    return text


if __name__ == "__main__":
    README.write_text(renewed(README.read_text()))
