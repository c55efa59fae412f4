"""What door and hub say of model files; beside `wire.py`, whose conventions hold here.

`GET /models` is what the hub has, `GET /models/{digest}?offset=N` the bytes of one file from there
on. A door asks for what its own release and its own encoder's card name by digest, and for nothing
else: what a hub lists is only compared with that.
"""

from pydantic import BaseModel, ConfigDict, Field

from accessctl.sync.wire import Digest

MODELS = "/models"
MAX_MODELS = 200
MAX_MODEL_BYTES = 256 << 20


class OfferedModel(BaseModel):
    """A file by its name below the models' cache, or as an encoder's card calls it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(max_length=300)
    bytes: int = Field(gt=0, le=MAX_MODEL_BYTES)
    sha256: Digest


class OfferedModels(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    models: tuple[OfferedModel, ...] = Field(max_length=MAX_MODELS)
