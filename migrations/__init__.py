"""Alembic migrations. Shipped as a package, so that an installed program finds them beside itself."""
