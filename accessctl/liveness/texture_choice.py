"""Load the texture network that the configuration names."""

import logging

from accessctl.config.liveness import LivenessConfig
from accessctl.liveness.texture_network import TextureNetwork

log = logging.getLogger(__name__)


def load_texture(config: LivenessConfig) -> TextureNetwork | None:
    """The network in `config.texture`, None where that is off.

    None, with a warning, also where nobody named a folder and the usual one is not there: the
    other cues go on without it. Raises ModelError for a folder that was named and is not there,
    and for any that holds something unfit.
    """
    if config.texture == "off":
        return None
    if "texture" not in config.model_fields_set and not config.texture.exists():
        log.warning(
            "There is no texture network in %s: life is shown by moving alone; restore that "
            "folder, or set liveness.texture to off.",
            config.texture,
        )
        return None
    return TextureNetwork.open(config.texture)
