"""What the service shows over HTTP: health and metrics."""
