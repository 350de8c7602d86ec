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
    """A request as it arrived; nothing of it has been read. `body` is its body, or the path of the file it lies in.

    `content_type`, `content_encoding` and `query` (still percent-encoded) are the request's own, unchecked. `owner` is
    the key of who asks, "" where no keys are used. `digest` stands for all that was sent, byte for byte, by whom. In
    `folder`, if it is not "", lies what memory is not to hold.
    """

    body: bytes | str
    content_type: str
    content_encoding: str
    query: str
    limits: Limits
    owner: str = ""
    digest: str = ""
    folder: str = ""

    @property
    def words(self) -> bytes:
        """What was sent beside the body, as JSON, to be kept with it."""
        return json.dumps([self.content_type, self.content_encoding, self.query]).encode()

    @classmethod
    def kept(
        cls, body: bytes | str, words: bytes, limits: Limits, *, owner: str = "", digest: str = "", folder: str = ""
    ) -> "Submission":
        """The request that was kept: its body, and its `words`."""
        content_type, content_encoding, query = json.loads(words)
        return cls(body, content_type, content_encoding, query, limits, owner, digest, folder)


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
