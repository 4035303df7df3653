"""Which sites of a network make noise, and what a site without any can still show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ExplorerError, unknown_name
from .groups import activation_title

if TYPE_CHECKING:
    from torch import nn

    from .noise_kind import NoiseKind


@dataclass(frozen=True, kw_only=True)
class SiteNoise:
    """What noise there is at `site`: whether its activation makes some, and which sites before it do, in forward order.

    `everywhere`: all sites of the network that make noise.
    """

    site: str
    activation: str
    own: bool
    before: tuple[str, ...]
    everywhere: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Whether the features at the site differ between noisy passes."""
        return self.own or bool(self.before)

    def sentence(self) -> str:
        """Return what somebody who chose this site should know; "" where the activation makes noise itself."""
        title = activation_title(self.activation)
        if self.own:
            return ""
        if self.before:
            count = len(self.before)
            where = self.before[0] if count == 1 else f"{count} sites from {self.before[0]} to {self.before[-1]}"
            return f"{title} at {self.site} makes no noise of its own; what is seen here arrives from {where}."
        if self.everywhere:
            return (
                f"{title} at {self.site} makes no noise, and no site before it does: an image has one place here."
                f" The first site with noise is {self.everywhere[0]}."
            )
        return f"{title} at {self.site} makes no noise, and no other site of this network does: an image has one place."


def site_noise(model: "nn.Module", site: str) -> SiteNoise:
    """Return what noise there is at a site of `model`. UnknownNameError: there is no such site."""
    from ..models import sites

    found = sites(model)
    paths = [s.path for s in found]
    check_site(site, paths)
    noisy = [s.path for s in found if getattr(s.module, "stochastic", False)]
    here = paths.index(site)
    return SiteNoise(
        site=site,
        activation=found[here].activation,
        own=site in noisy,
        before=tuple(p for p in noisy if paths.index(p) < here),
        everywhere=tuple(noisy),
    )


def check_site(site: str, paths: Sequence[str]) -> None:
    """Raise UnknownNameError if `site` is none of `paths`."""
    if site not in paths:
        raise unknown_name("site", site, paths)


def chosen_noisy(model: "nn.Module", kind: "NoiseKind", chosen: Sequence[str] | None) -> tuple[str, ...]:
    """Return the sites that are to make noise of this kind, in forward order; `chosen` None: all that can.

    ExplorerError: none, an unknown one, or one that has no noise of its own.
    """
    from ..models import sites
    from .passes import noisy_sites

    paths = [s.path for s in sites(model)]
    able = noisy_sites(model) if kind.kind == "own" else paths
    if chosen is None:
        return tuple(able)
    for path in chosen:
        check_site(path, paths)
        if path not in able:
            raise ExplorerError(f"Site '{path}' makes no noise; sites with noise: {', '.join(able) or 'none'}.")
    if not chosen:
        raise ExplorerError(f"Noise needs at least one site; received none. Sites that can make it: {', '.join(able)}.")
    return tuple(path for path in able if path in chosen)
