"""Every error the assistant raises on purpose: what happened, the value received, what to do."""


class AssistantError(Exception):
    """Base of all errors meant for a person to read. Commands print the message and exit with 1, or with 2
    for what is wrong in a setting or in what was asked."""


class SettingsError(AssistantError):
    """A setting is unknown, misspelt or out of range."""


class UnknownStrategyError(SettingsError):
    """A strategy name or option is not in its table."""


class EncoderError(AssistantError):
    """The encoder cannot be loaded, or is not the one that was expected."""


class CorruptVersionError(AssistantError):
    """A version folder is incomplete, altered or unreadable."""


class StoreError(AssistantError):
    """The database is missing, out of date, locked or unreadable."""


class LiveVersionChangedError(StoreError):
    """Compare-and-set failed: another process published meanwhile."""


class InputError(AssistantError):
    """Something a person typed or uploaded cannot be accepted."""


class AccessError(AssistantError):
    """The person is not signed in, or may not do this."""


class SlowedError(AccessError):
    """The same, where so much was tried that the answer is to come late."""


class LockedError(AssistantError):
    """Another run holds the lock."""


class BusyError(AssistantError):
    """More is asked at this moment than can be answered in time."""
