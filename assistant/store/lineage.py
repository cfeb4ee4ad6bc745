"""A version and its ancestors, as one recursive query."""

from __future__ import annotations

from sqlalchemy import CTE, Select, func, literal, select

from assistant.store.version_tables import LiveRow, VersionRow


def lineage(start: Select[str]) -> CTE:
    """`id` and `depth` of the versions that `start` selects (depth 0) and of all their ancestors."""
    first = start.subquery()
    tree = (
        select(VersionRow.id, VersionRow.parent, literal(0).label("depth"))
        .join(first, first.c[0] == VersionRow.id)
        .cte("lineage", recursive=True)
    )
    older = select(VersionRow.id, VersionRow.parent, tree.c.depth + 1).join(tree, tree.c.parent == VersionRow.id)
    # Of a damaged table in which two versions are each other's parent, the line would never end.
    older = older.where(tree.c.depth < select(func.count()).select_from(VersionRow).scalar_subquery())
    return tree.union_all(older)


def live_lineage() -> Select[str]:
    """The ids of the live version and its ancestors."""
    return select(lineage(select(LiveRow.version_id)).c.id)
