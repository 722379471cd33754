"""For any ASGI server: `uvicorn server.asgi:app`."""

from server.app import create_app
from server.settings import Settings

app = create_app(Settings.from_env())
