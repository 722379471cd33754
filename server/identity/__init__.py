"""Who is asking: a request's `Authorization` header becomes a verified `Viewer` (RFC 9068) or a refusal."""
