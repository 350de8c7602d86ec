"""A part of an answer."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a document or of another answer. A number that does not exist is null."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")
