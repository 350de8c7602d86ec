"""The archive: what a worker made of a request is kept, with the request, until it is removed or its time is over."""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from service.contract import Reply, Submission
from service.jobs.bodies import Bodies
from service.jobs.store import Asked, Lot, Store


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

    def file(self, answers: Sequence[tuple[Reply, Submission]]) -> list[Filed]:
        """The document of each reply, kept with all that stand in it and with what was asked.

        What was kept under its id before stays. Raises TypeError for a reply that has no id.
        """
        lots = [self._lot(reply, submission) for reply, submission in answers]
        return [self._filed(lot, ids) for lot, ids in zip(lots, self.documents.put_all(lots), strict=True)]

    def known(self, submissions: Sequence[Submission]) -> list[Filed | None]:
        """The document that each request got before, if it is kept; its body is kept again if it no longer was."""
        found = self.documents.answers([(each.digest, each.owner) for each in submissions])
        for submission, answer in zip(submissions, found, strict=True):
            if answer is not None and answer.body is not None and not self.bodies.has(answer.body):
                self._keep_again(answer.body, submission)
        return [None if each is None else Filed(each.id, each.document, is_new=False) for each in found]

    def _lot(self, reply: Reply, submission: Submission) -> Lot:
        """What there is to keep of an answer."""
        if reply.id is None:
            raise TypeError("A fit was answered with a document that has no id.")
        # A fit is made of at most one collection's request: the first of the ids is the whole answer's.
        members = {member: reply.body[place] for member, place in reply.members.items()}
        return Lot({reply.id: reply.body} | members, submission.owner, self._asked(submission))

    def _filed(self, lot: Lot, new: Set[str]) -> Filed:
        """The first document of a lot as it is kept, where these ids are new."""
        id, document = next(iter(lot.documents.items()))
        if id in new:
            return Filed(id, document, is_new=True)
        return Filed(id, self.documents.get(id, lot.owner) or document, is_new=False)

    def _asked(self, submission: Submission) -> Asked:
        """What was asked, its body kept."""
        body = self.bodies.keep(submission.digest, submission.body)
        return Asked(submission.digest, body, submission.words)

    def _keep_again(self, body: str, submission: Submission) -> None:
        """Keep the body of a request that had to make room, for all fits that it led to."""
        again = self.bodies.keep(submission.digest, submission.body)
        if again is not None and again != body:
            self.documents.move_body(body, again)
