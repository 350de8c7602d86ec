"""Jobs, keys and owners; documents that are found again by what was asked, and are not kept for ever."""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Add to the table of documents whose they are and how large, and make the other tables."""
    op.add_column("fits", sa.Column("owner", sa.String, nullable=False, server_default=""))
    op.add_column("fits", sa.Column("size", sa.Integer, nullable=False, server_default="0"))
    op.execute("UPDATE fits SET size = length(document)")
    op.create_index("fits_by_owner", "fits", ["owner", "created_at", "id"])
    op.create_index("fits_by_age", "fits", ["created_at"])
    op.create_table(
        "answers",
        sa.Column("request", sa.String, primary_key=True),
        sa.Column("fit", sa.String, nullable=False),
    )
    op.create_index("answers_by_fit", "answers", ["fit"])
    op.create_table(
        "removals",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("words", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("stage", sa.String),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("process", sa.String),
        sa.Column("cancelled", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("fit", sa.String),
        sa.Column("problem", sa.LargeBinary),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
    )
    op.create_index("jobs_by_state", "jobs", ["state", "created_at", "id"])
    op.create_index("jobs_by_owner", "jobs", ["owner", "created_at", "id"])
    op.create_table(
        "processes",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("beat", sa.Integer, nullable=False),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
    )
