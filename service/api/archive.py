"""The archive: what a worker made of a request is kept, with the request, until it is removed or its time is over."""

from dataclasses import dataclass
from pathlib import Path

from service.contract import Reply, Submission
from service.jobs.bodies import Bodies
from service.jobs.store import Asked, Store


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
        # A fit is made of at most one collection's request: the first of the ids is the whole answer's.
        documents = {reply.id: body} | {member: body[place] for member, place in reply.members.items()}
        new = self.documents.put_all(documents, owner, self._asked(submission))
        if reply.id in new:
            return Filed(reply.id, body, is_new=True)
        return Filed(reply.id, self.documents.get(reply.id, owner) or body, is_new=False)

    def known(self, submission: Submission) -> Filed | None:
        """The document that the same request got before, if it is kept; its body is kept again if it no longer was."""
        found = self.documents.answer(submission.digest, submission.owner)
        if found is None:
            return None
        self._asked(submission)
        return Filed(*found, is_new=False)

    def _asked(self, submission: Submission) -> Asked:
        """What was asked, its body kept under its digest."""
        is_kept = self.bodies.keep(submission.digest, Path(submission.path))
        return Asked(submission.digest, submission.digest if is_kept else None, submission.words)
