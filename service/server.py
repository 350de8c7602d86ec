"""The server: it begins nothing new when it is told to stop, and has room for its connections."""

import logging
import resource
import socket

import uvicorn

from service.api.resources import Resources

OTHER_FILES = 512
"""What a process may have open beside its connections: bodies, workers' pipes, the database."""


class Server(uvicorn.Server):
    """A server that, told to stop, begins nothing new while what runs has its grace."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections and no more jobs, let end what runs, then close the application."""
        resources: Resources = self.lifespan.state["resources"]
        resources.runner.rest()
        await super().shutdown(sockets)


def make_room(connections: int) -> None:
    """Let this process have so many connections open at once, or log how many it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + OTHER_FILES
    if hard != resource.RLIM_INFINITY and hard < wanted:
        logging.warning("the system lets this process open %d files only, and so fewer connections than it may", hard)
        wanted = hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
