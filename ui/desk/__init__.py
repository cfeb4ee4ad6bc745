"""The operators' page: a module for each tab, its functions and its HTML."""
