"""The model files that doors take from the hub; below `/api/v1`, as all of api.py."""

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse

from accessctl.hub.assembly import Hub
from accessctl.hub.callers import Caller, caller_by
from accessctl.sync.model_wire import MAX_MODEL_BYTES, MODELS, OfferedModels
from accessctl.sync.wire import Digest


def model_routes(hub: Hub) -> APIRouter:
    Admitted: TypeAlias = Annotated[Caller, Depends(caller_by(hub.doors))]
    routes = APIRouter()

    @routes.get(MODELS)
    def listed(_: Admitted) -> OfferedModels:
        """The files of the hub's own encoder and release."""
        return hub.models.listed()

    @routes.get(MODELS + "/{digest}", response_class=StreamingResponse)
    def read(
        _: Admitted,
        digest: Annotated[Digest, Path()],
        offset: Annotated[int, Query(ge=0, le=MAX_MODEL_BYTES)] = 0,
    ) -> StreamingResponse:
        """The bytes of the file with that SHA-256, from `offset` on."""
        length, parts = hub.models.read(digest, offset)
        return StreamingResponse(
            parts,
            media_type="application/octet-stream",
            headers={"content-length": str(length)},
        )

    return routes
