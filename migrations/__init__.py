"""Changes of stored shapes, one file each: `YYYYMMDDHHMMSS_name.py` with `async def up(db) -> None`.

They run once, in the order of their names, before the server answers. A file declares the old and the new
shape itself and imports nothing from the server (live code moves on), is safe to run again after a crash
half way, and leaves data that the previous release can still read. Names starting with `_` are not run.
"""
