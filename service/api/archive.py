"""The archive: what a worker made of a request is kept, with the request, until it is removed or its time is over."""

from dataclasses import dataclass
from pathlib import Path

from service.contract import Reply, Submission
from service.jobs.bodies import Bodies
from service.jobs.store import Store


@dataclass(frozen=True, slots=True)
class Filed:
    """A document that is kept: its id, its bytes, and whether it was not there before."""

    id: str
    document: bytes
    is_new: bool


@dataclass(frozen=True, slots=True)
class Archive:
    """The documents, and the bodies of the requests they answer. All methods block."""

    documents: Store
    bodies: Bodies

    def file(self, reply: Reply, submission: Submission) -> Filed:
        """The document of a reply, kept with all that stand in it and with what was asked.

        What was kept under its id before stays. Raises TypeError for a reply that has no id.
        """
        if reply.id is None:
            raise TypeError("A fit was answered with a document that has no id.")
        owner, body = submission.owner, reply.body
        members = {member: body[place] for member, place in reply.members.items()}
        is_new = reply.id in self.documents.put_all({reply.id: body} | members, owner)
        asked = None if is_new else self.documents.request(reply.id)
        if (asked is None or not self.bodies.has(asked[0])) and self.bodies.keep(reply.id, Path(submission.path)):
            # A fit is made of at most one collection's request: the first of the ids is the whole answer's.
            self.documents.put_request([reply.id, *members], submission.digest, reply.id, submission.words)
        kept = body if is_new else self.documents.get(reply.id, owner) or body
        return Filed(reply.id, kept, is_new)
