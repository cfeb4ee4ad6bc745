"""Page objects: what customers and operators can do and see, in their words. One file for each page or tab."""
