"""The sensors that come with freefall, one module each; pyproject.toml registers them."""
