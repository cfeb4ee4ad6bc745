"""One transaction: everything in a unit of work happens, or nothing does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from assistant.errors import StoreError
from assistant.store.answered import Answered
from assistant.store.arms import Arms
from assistant.store.audit import Audit
from assistant.store.columns import Clock, utc_now
from assistant.store.conversations import Conversations
from assistant.store.drift import Drift
from assistant.store.engine import require_log
from assistant.store.erasing import LEFT_BEHIND, NOTHING, Erasing
from assistant.store.examples import Examples
from assistant.store.experiments import Experiments
from assistant.store.failures import store_errors
from assistant.store.inbox import Inbox
from assistant.store.instants import Instants
from assistant.store.intents import Intents
from assistant.store.labels import Labels
from assistant.store.locks import Locks
from assistant.store.operators import Operators
from assistant.store.opinions import Opinions
from assistant.store.people import People
from assistant.store.proposals import Proposals
from assistant.store.revisions import check_revision
from assistant.store.traffic import Traffic
from assistant.store.versions import Versions

# While a checkpoint waits for who reads, nobody can write: a customer waits no longer than this.
READERS_SECONDS = 5.0


class UnitOfWork:
    """The repositories, all in one transaction."""

    def __init__(self, session: Session, now: Clock) -> None:
        self.conversations = Conversations(session, now)
        self.inbox = Inbox(session, now)
        self.people = People(session)
        self.intents = Intents(session, now)
        self.examples = Examples(session, now)
        self.drift = Drift(session, now)
        self.instants = Instants(session)
        self.labels = Labels(session)
        self.versions = Versions(session, now)
        self.experiments = Experiments(session, now)
        self.arms = Arms(session)
        self.answered = Answered(session)
        self.operators = Operators(session, now)
        self.opinions = Opinions(session, now)
        self.locks = Locks(session, now)
        self.audit = Audit(session, now)
        self.proposals = Proposals(session, now)
        self.traffic = Traffic(session, now)
        self.erasing = Erasing(session, now)


class Store:
    """A migrated database. Safe to share between threads; each unit has a connection of its own."""

    def __init__(self, engine: Engine, now: Clock = utc_now) -> None:
        """Raises StoreError when the database is missing or not at the expected revision."""
        check_revision(engine)
        self._engine = engine
        self._reading = engine.execution_options(read_only=True)
        self._now = now

    def checkpoint(self, *, afresh: bool = False) -> None:
        """Brings what was written into the database file itself, and empties the log beside it.

        With `afresh` the file is written anew first, while which nobody else can write: secure_delete overwrites what
        is deleted where it lies, but not a copy that SQLite left behind when it moved the row to another place before.

        Raises StoreError when the disk refuses, or when others go on reading what was there before; what was written
        stays so.
        """
        with store_errors(self._engine), closing(self._engine.raw_connection()) as connection:
            require_log(connection, str(self._engine.url.database))
            connection.detach()  # with its shorter wait it is of no use to anybody else
            if afresh:
                connection.cursor().execute("PRAGMA query_only = 0")  # as its last unit may have left it
                connection.cursor().execute("VACUUM")
                connection.cursor().execute(f"PRAGMA {LEFT_BEHIND} = {NOTHING}")
            connection.cursor().execute(f"PRAGMA busy_timeout = {READERS_SECONDS * 1000:.0f}")
            (blocked, *_) = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if blocked:
            raise StoreError(
                f"others are reading or writing the database {self._engine.url.database}, such as for a backup; run"
                " this again when they have ended"
            )

    def may_hold_erased(self) -> bool:
        """Whether something was erased since the file was last written anew."""
        with store_errors(self._engine), self._reading.connect() as connection:
            return bool(connection.exec_driver_sql(f"PRAGMA {LEFT_BEHIND}").scalar() != NOTHING)

    def settle(self) -> None:
        """As `checkpoint`, where the disk and others allow it now."""
        with suppress(StoreError):
            self.checkpoint()

    @contextmanager
    def unit(self, *, read_only: bool = False) -> Iterator[UnitOfWork]:
        """Commits at the end, rolls back on an exception. Raises StoreError for any database failure.

        A unit holds the write lock from its start, so keep it short and never compute inside. With
        `read_only` it takes no lock, sees one consistent state, and a write in it is a StoreError.
        """
        with store_errors(self._engine), Session(self._reading if read_only else self._engine) as session:
            session.connection()
            yield UnitOfWork(session, self._now)
            session.commit()
