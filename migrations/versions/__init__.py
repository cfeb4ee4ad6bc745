"""One file per revision, each with its DDL written out: tables change, history does not."""
