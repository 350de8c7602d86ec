"""What the serving process and a worker hand each other: a task's words go in, bytes come out."""

import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a request may be: bytes after decompression, columns, rows, and levels of a factor."""

    bytes: int
    columns: int
    rows: int
    levels: int = 5_000_000


@dataclass(frozen=True, slots=True)
class Submission:
    """A request as it arrived: the body lies in the file `path`, nothing of it has been read.

    `content_type`, `content_encoding` and `query` (still percent-encoded) are the request's own, unchecked. `owner` is
    the key of who asks, "" where no keys are used. `digest` stands for all that was sent, byte for byte, by whom.
    """

    path: str
    content_type: str
    content_encoding: str
    query: str
    limits: Limits
    owner: str = ""
    digest: str = ""

    @property
    def words(self) -> bytes:
        """What was sent beside the body, as JSON, to be kept with it."""
        return json.dumps([self.content_type, self.content_encoding, self.query]).encode()

    @classmethod
    def kept(cls, path: str, words: bytes, limits: Limits, owner: str = "", digest: str = "") -> "Submission":
        """The request that was kept: its body, now at `path`, and its `words`."""
        content_type, content_encoding, query = json.loads(words)
        return cls(path, content_type, content_encoding, query, limits, owner, digest)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker made of a task.

    `body` is the document's bytes, or, where `failed`, a `Failure` as JSON. `id` names a document to keep; `members`
    says where in it there are documents to keep under ids of their own. `seconds` says how long each stage took. `next`
    is the cursor of the page after this one.
    """

    body: bytes
    failed: bool = False
    id: str | None = None
    members: dict[str, slice] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    next: str | None = None
