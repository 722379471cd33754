"""The sample city: fictional people, companies and units, and the loader that files their records as units do."""
